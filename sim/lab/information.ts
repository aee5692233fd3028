import type { Estimates } from '../../scheduler/strategies/strategy.ts'
import { TaskRecord } from '../../scheduler/task.ts'
import type { Workload } from './workload.ts'

/**
 * What a strategy that declares `information: 'estimates'` may know of how long tasks run:
 * - `exact`: the truth.
 * - `user`: what the users say; where one says nothing, the mean of all true durations.
 * - `mean`: of every task the mean of all true durations.
 * - `blind`: nothing.
 */
export type InformationMode = 'exact' | 'user' | 'mean' | 'blind'

/** As much as a mode grants. Tasks carry their number in the workload as their body. */
export function estimatesOf(workload: Workload, mode: InformationMode): Estimates {
  const expected = expectedMs(workload, mode)
  return {
    durationMs(task) {
      return task instanceof TaskRecord && typeof task.body === 'number' ? expected?.[task.body] : undefined
    },
  }
}

/** By task, in milliseconds; undefined where nothing may be known. */
function expectedMs({ size, durationMs, estimateMs }: Workload, mode: InformationMode): Float64Array | undefined {
  switch (mode) {
    case 'exact':
      return durationMs
    case 'user': {
      const mean = meanOf(durationMs)
      return estimateMs.map((ms) => (Number.isNaN(ms) ? mean : ms))
    }
    case 'mean':
      return new Float64Array(size).fill(meanOf(durationMs))
    case 'blind':
      return undefined
  }
}

function meanOf(values: Float64Array): number {
  let sum = 0
  for (const value of values) sum += value
  return sum / values.length
}
