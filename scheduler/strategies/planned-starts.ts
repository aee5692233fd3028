import type { EngineId, TaskId } from '../../core/ids.ts'
import { isBound } from './is-bound.ts'
import { offered } from './offered.ts'
import type { RigidQueue } from './rigid-queue.ts'
import type { Deferral, Engines, EngineView, TaskView } from './strategy.ts'

/** Which tasks are to begin now, and where, as a plan says that is made when it is asked for and something has changed. */
export class PlannedStarts {
  readonly #plan: () => ReadonlyMap<TaskId, EngineId>
  readonly #queue: RigidQueue
  readonly #now: () => number
  #starts = new Map<TaskId, EngineId>()
  #plannedAt = Number.NaN
  /** Who was told to wait since: each is asked once a change, and not of all that changes is a strategy told (an aborted task gives its cores back when its attempt ends). */
  readonly #waiting = new Set<TaskId>()

  constructor(queue: RigidQueue, now: () => number, plan: () => ReadonlyMap<TaskId, EngineId>) {
    this.#plan = plan
    this.#queue = queue
    this.#now = now
  }

  /** What was planned holds no longer. */
  changed(): void {
    this.#plannedAt = Number.NaN
  }

  /** A bound task goes past the plan: to the first engine that has room. Else it is the engine planned or, where that is not offered (the task failed there, or was refused), the first that is and has room. */
  choose(task: TaskView, engines: Engines): EngineView | Deferral {
    if (isBound(task)) return firstWithRoom(task, engines) ?? 'pass'
    if (this.#plannedAt !== this.#now() || this.#waiting.has(task.id)) {
      this.#starts = new Map(this.#plan())
      this.#plannedAt = this.#now()
      this.#waiting.clear()
    }
    const planned = this.#starts.get(task.id)
    if (planned === undefined) {
      this.#waiting.add(task.id)
      return this.#starts.size === 0 && this.#queue.bound.size === 0 ? 'hold' : 'pass'
    }
    this.#starts.delete(task.id)
    const engine = offered(engines, planned)
    return engine !== undefined && engine.freeCores >= task.cores ? engine : (firstWithRoom(task, engines) ?? 'pass')
  }
}

function firstWithRoom({ cores }: TaskView, engines: Engines): EngineView | undefined {
  for (let i = 0; i < engines.size; i += 1) if (engines.at(i).freeCores >= cores) return engines.at(i)
  return undefined
}
