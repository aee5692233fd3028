import { WorkloadError } from '../../core/errors.ts'
import type { SessionId, TaskId } from '../../core/ids.ts'
import { taskId } from '../../core/ids.ts'
import type { DependencySpec, TaskSpec } from '../../scheduler/events.ts'
import { type EngineSpec, fitsAlone } from './engine-spec.ts'
import type { Workload } from './workload.ts'

/** The one client that submits a workload. Its tasks' ids are short, so that they are made flat at once. */
const client = 'lab' as SessionId

/** The tasks of a workload as they are submitted, in batches: all that arrive at one instant are one. */
export class Arrivals {
  readonly #workload: Workload
  /** Tasks by their time of arrival. */
  readonly #order: Int32Array
  readonly #places: Places
  #next = 0

  constructor(workload: Workload, engines: readonly EngineSpec[]) {
    this.#workload = workload
    const { arrivalMs, size } = workload
    this.#order = Int32Array.from({ length: size }, (_, task) => task)
    if (!isAscending(arrivalMs)) {
      this.#order.sort((a, b) => (arrivalMs[a] as number) - (arrivalMs[b] as number) || a - b)
    }
    this.#places = new Places(engines)
    checkOrder(workload)
  }

  /** When the next batch arrives; Infinity: none does. */
  get nextMs(): number {
    const { arrivalMs, size } = this.#workload
    return this.#next < size ? (arrivalMs[this.#order[this.#next] as number] as number) : Number.POSITIVE_INFINITY
  }

  /** The next batch. There must be one. */
  take(): TaskSpec[] {
    const atMs = this.nextMs
    const batch: TaskSpec[] = []
    while (this.nextMs <= atMs) {
      batch.push(this.#spec(this.#order[this.#next] as number))
      this.#next += 1
    }
    return batch
  }

  #spec(task: number): TaskSpec {
    const after = this.#after(task)
    const { cores: widths, memoryBytes } = this.#workload
    const cores = widths[task] as number
    const targets = this.#places.of(cores, memoryBytes?.[task] ?? 0)
    return { id: labTaskId(task), client, after, targets, cores, body: task }
  }

  #after(task: number): readonly DependencySpec[] | undefined {
    const { data } = this.#workload
    if (data === undefined) return undefined
    const { firstInput, inputs, producer } = data
    const from = firstInput[task] as number
    const to = firstInput[task + 1] as number
    if (from === to) return undefined
    const ids = new Set<TaskId>()
    for (let i = from; i < to; i += 1) ids.add(labTaskId(producer[inputs[i] as number] as number))
    return [{ ids: [...ids], all: true, success: true, failure: false }]
  }
}

/** The name under which a task of a workload is submitted. */
export function labTaskId(task: number): TaskId {
  return taskId(client, task)
}

/** The scheduler does not ask whether a task fits an engine: of tasks that do not fit every one, it is told those that they do. */
class Places {
  readonly #engines: readonly EngineSpec[]
  /** What there is, ascending. */
  readonly #cores: readonly number[]
  readonly #bytes: readonly number[]
  readonly #known = new Map<number, readonly number[]>()

  constructor(engines: readonly EngineSpec[]) {
    this.#engines = engines
    this.#cores = ascending(engines.map(({ cores = 1 }) => cores))
    this.#bytes = ascending(engines.map(({ memoryBytes = Infinity }) => memoryBytes))
  }

  /** Undefined: all. */
  of(cores: number, bytes: number): readonly number[] | undefined {
    if (cores <= (this.#cores[0] as number) && bytes <= (this.#bytes[0] as number)) return undefined
    // Tasks for which the same sizes are too small have the same places.
    const size = this.#cores.findIndex((offered) => cores <= offered)
    const key = size * this.#bytes.length + this.#bytes.findIndex((offered) => bytes <= offered)
    const known = this.#known.get(key)
    if (known) return known
    const found = this.#engines.flatMap((spec, engine) => (fitsAlone(spec, cores, bytes) ? [engine] : []))
    this.#known.set(key, found)
    return found
  }
}

function ascending(values: readonly number[]): readonly number[] {
  return [...new Set(values)].sort((a, b) => a - b)
}

function isAscending(values: Float64Array): boolean {
  for (let i = 1; i < values.length; i += 1) if ((values[i] as number) < (values[i - 1] as number)) return false
  return true
}

/** The scheduler takes no task that needs one it has not heard of. */
function checkOrder({ data, arrivalMs, size }: Workload): void {
  if (data === undefined) return
  for (let task = 0; task < size; task += 1) {
    for (let i = data.firstInput[task] as number; i < (data.firstInput[task + 1] as number); i += 1) {
      const needed = data.producer[data.inputs[i] as number] as number
      if ((arrivalMs[needed] as number) <= (arrivalMs[task] as number)) continue
      const times = `arrives at ${arrivalMs[task]} ms and needs task ${needed}, which arrives at ${arrivalMs[needed]} ms`
      throw new WorkloadError(`task ${task}: arrivalMs: it ${times}`, { details: { task, field: 'arrivalMs' } })
    }
  }
}
