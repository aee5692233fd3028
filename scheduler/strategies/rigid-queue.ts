import type { EngineId, TaskId } from '../../core/ids.ts'
import { isBound } from './is-bound.ts'
import type { EngineView, TaskView } from './strategy.ts'

/** A task at an engine, as far as is known. */
export interface RunningJob {
  readonly engine: EngineId
  readonly cores: number
  /** When it is expected to have ended; Infinity where nothing is known. */
  readonly endMs: number
}

interface Place {
  readonly task: TaskView
  readonly sequence: number
}

/** What strategies know that plan ahead for rigid tasks: the engines, what runs where until when, and the ready tasks in order. */
export class RigidQueue {
  /** In order of arrival. */
  readonly engines = new Map<EngineId, EngineView>()
  readonly running = new Map<TaskId, RunningJob>()
  /** Ready tasks that are not planned for. */
  readonly bound = new Set<TaskId>()
  readonly #expectedMs: (task: TaskView) => number | undefined
  readonly #now: () => number
  readonly #sequences = new Map<TaskId, number>()
  readonly #ready: Place[] = []
  #submitted = 0

  constructor(expectedMs: (task: TaskView) => number | undefined, now: () => number) {
    this.#expectedMs = expectedMs
    this.#now = now
  }

  /** Ready tasks that are planned for: by priority, then in order of submission. */
  get ready(): readonly Place[] {
    return this.#ready
  }

  submitted(tasks: readonly TaskView[]): void {
    for (const { id } of tasks) this.#sequenceOf(id)
  }

  add(task: TaskView): void {
    if (isBound(task)) {
      this.bound.add(task.id)
      return
    }
    const place = { task, sequence: this.#sequenceOf(task.id) }
    let low = 0
    let high = this.#ready.length
    while (low < high) {
      const middle = (low + high) >> 1
      if (isBefore(place, this.#ready[middle] as Place)) high = middle
      else low = middle + 1
    }
    this.#ready.splice(low, 0, place)
  }

  assigned(task: TaskView, engine: EngineView): RunningJob {
    this.#remove(task)
    const { cores } = task
    const job = { engine: engine.id, cores, endMs: this.#now() + this.runMs(task, engine) }
    this.running.set(task.id, job)
    return job
  }

  /** What it was, unless it was sent before this strategy came into force. */
  finished({ id }: TaskView): RunningJob | undefined {
    const job = this.running.get(id)
    this.running.delete(id)
    return job
  }

  ended(task: TaskView): void {
    this.#remove(task)
    this.#sequences.delete(task.id)
  }

  /** How long it is expected to run there; Infinity where nothing is known. */
  runMs(task: TaskView, { speed }: EngineView): number {
    return (this.#expectedMs(task) ?? Number.POSITIVE_INFINITY) / speed
  }

  /** Where it could ever run, as far as is known. */
  suits({ targets, cores }: TaskView, engine: EngineView): boolean {
    return cores <= engine.cores && (targets.length === 0 || targets.includes(engine.id))
  }

  #remove({ id }: TaskView): void {
    if (this.bound.delete(id)) return
    const at = this.#ready.findIndex(({ task }) => task.id === id)
    if (at >= 0) this.#ready.splice(at, 1)
  }

  #sequenceOf(id: TaskId): number {
    const known = this.#sequences.get(id)
    if (known !== undefined) return known
    this.#submitted += 1
    this.#sequences.set(id, this.#submitted)
    return this.#submitted
  }
}

function isBefore(a: Place, b: Place): boolean {
  if (a.task.priority !== b.task.priority) return a.task.priority > b.task.priority
  return a.sequence < b.sequence
}
