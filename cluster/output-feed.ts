import type { TaskId } from '../core/ids.ts'
import type { OutputNews } from '../core/task-news.ts'
import type { Printed } from './printed.ts'

interface Told {
  readonly printed: Printed
  /** How many of its pieces the client was sent. */
  count: number
}

/**
 * Which pieces of what tasks print a client was sent. What it cannot take yet is not queued: it stays with the task,
 * and is read from there when the link has room, or when the task ends.
 */
export class OutputFeed {
  readonly #told = new Map<TaskId, Told>()
  #grown = new Set<Told>()

  /** There is more of it than before. */
  grew(id: TaskId, printed: Printed): void {
    let told = this.#told.get(id)
    if (told?.printed !== printed) {
      told = { printed, count: 0 }
      this.#told.set(id, told)
    }
    this.#grown.add(told)
  }

  /** The pieces that are there now and were not sent. */
  next(): OutputNews[] {
    if (this.#grown.size === 0) return []
    const grown = this.#grown
    this.#grown = new Set()
    return [...grown].flatMap(untold)
  }

  /** The task has ended: the pieces that were not sent. */
  rest(id: TaskId, printed: Printed | undefined): OutputNews[] {
    const told = this.forget(id)
    if (printed === undefined) return []
    return told?.printed === printed ? untold(told) : printed.pieces
  }

  /** What was sent of it may be sent again: whoever has it passes it over. */
  forget(id: TaskId): Told | undefined {
    const told = this.#told.get(id)
    if (told === undefined) return undefined
    this.#told.delete(id)
    this.#grown.delete(told)
    return told
  }
}

function untold(told: Told): OutputNews[] {
  const pieces = told.printed.pieces.slice(told.count)
  told.count = told.printed.pieces.length
  return pieces
}
