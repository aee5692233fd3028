import type { EngineId } from '../../core/ids.ts'
import type { Estimates, ExpectedInput, TaskView } from '../../scheduler/strategies/strategy.ts'
import { TaskRecord } from '../../scheduler/task.ts'
import { labTaskId } from './arrivals.ts'
import type { Workload } from './workload.ts'

/**
 * What a strategy that declares `information: 'estimates'` may know of how long tasks run, and of how large the objects are that do not
 * exist yet:
 * - `exact`: the truth.
 * - `user`: what the users say; where one says nothing, the mean of all true durations, or sizes.
 * - `mean`: of every one the mean of the true ones.
 * - `blind`: nothing.
 *
 * What a task waits for without data is known to have no bytes, and how large an object is that exists, where it lies and how fast it
 * would travel, is known in all modes.
 */
export type InformationMode = 'exact' | 'user' | 'mean' | 'blind'

/** What is known in all modes. */
export interface DataFacts {
  readonly bytesPerSecond: number
  /** The engines where an object lies, the one that made it first; undefined: it does not exist. */
  holders(object: number): readonly EngineId[] | undefined
}

/** As much as a mode grants. Tasks carry their number in the workload as their body. */
export function estimatesOf(workload: Workload, mode: InformationMode, facts: DataFacts): Estimates {
  const { durationMs, estimateMs, data } = workload
  const ms = expected(mode, durationMs, estimateMs, meanOf(durationMs))
  const isEmpty = (object: number) => data?.bytes[object] === 0 && data.estimateBytes[object] === 0
  const bytes =
    data && expected(mode, data.bytes, data.estimateBytes, meanOf(data.bytes.filter((_, object) => !isEmpty(object))))
  return {
    bytesPerSecond: facts.bytesPerSecond,
    durationMs(task) {
      const number = numberOf(task)
      return number === undefined ? undefined : ms?.[number]
    },
    inputs(task) {
      const number = numberOf(task)
      if (data === undefined || number === undefined) return []
      const { firstInput, inputs, producer } = data
      return Array.from(inputs.subarray(firstInput[number], firstInput[number + 1]), (object): ExpectedInput => {
        const engines = facts.holders(object)
        return {
          object,
          producer: labTaskId(producer[object] as number),
          bytes: engines !== undefined || isEmpty(object) ? data.bytes[object] : bytes?.[object],
          engines: engines ?? [],
        }
      })
    },
  }
}

function numberOf(task: TaskView): number | undefined {
  return task instanceof TaskRecord && typeof task.body === 'number' ? task.body : undefined
}

/** Undefined where nothing may be known. */
function expected(
  mode: InformationMode,
  truth: Float64Array,
  users: Float64Array,
  mean: number,
): Float64Array | undefined {
  switch (mode) {
    case 'exact':
      return truth
    case 'user':
      return users.map((value) => (Number.isNaN(value) ? mean : value))
    case 'mean':
      return new Float64Array(truth.length).fill(mean)
    case 'blind':
      return undefined
  }
}

function meanOf(values: Float64Array): number {
  let sum = 0
  for (const value of values) sum += value
  return sum / values.length
}
