import type { TaskId } from '../core/ids.ts'
import type { TaskSpec } from '../scheduler/events.ts'

type Naming = Pick<TaskSpec, 'id' | 'after' | 'follow'>

/** Which tasks are named by others that have not ended: whoever takes these over asks how those ended. */
export class NamedTasks {
  readonly #counts = new Map<TaskId, number>()
  /** Live tasks that name others. */
  readonly #naming = new Set<TaskId>()

  has(id: TaskId): boolean {
    return this.#counts.has(id)
  }

  /** A live task. */
  add(task: Naming): void {
    for (const id of namesOf(task)) {
      this.#naming.add(task.id)
      this.#counts.set(id, (this.#counts.get(id) ?? 0) + 1)
    }
  }

  /** It has ended. Answers whom nobody names any more. */
  delete(task: Naming): TaskId[] {
    if (!this.#naming.delete(task.id)) return []
    const free: TaskId[] = []
    for (const id of namesOf(task)) {
      const count = (this.#counts.get(id) ?? 0) - 1
      if (count > 0) this.#counts.set(id, count)
      else if (this.#counts.delete(id)) free.push(id)
    }
    return free
  }
}

function* namesOf({ after = [], follow = [] }: Naming): Generator<TaskId> {
  for (const { ids } of after) yield* ids
  for (const { ids } of follow) yield* ids
}
