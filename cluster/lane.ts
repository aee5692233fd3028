import type { Assignment, FunctionMessage } from '../core/messages.ts'
import type { ClaimTable } from './executors/claims.ts'

/** One attempt at an engine. */
export interface Attempt {
  readonly assignment: Assignment
  readonly held: FunctionMessage
  /** Its place in the executor's claim table; -1 while it is not there. */
  sequence: number
  begunReported: boolean
  /** How many of the values that it emitted were left out. */
  emitsDropped: number
  /** On this engine's clock: when its function was called, as far as that was seen. */
  calledAt: number | undefined
  /** On this engine's clock: when a signalled attempt is ended by force. */
  forceAt: number | undefined
  /** It was told to stop, and so is not retried. */
  interrupted: boolean
}

/** Attempts of one kind, which begin in the order in which they came. Each lane has room of its own at the executor, so that neither fills it. */
export class Lane {
  readonly #room: number
  /** At the executor, by sequence number, in the order in which they were sent. */
  readonly sent = new Map<number, Attempt>()
  #backlog: Attempt[] = []

  constructor(room: number) {
    this.#room = room
  }

  push(attempt: Attempt): void {
    this.#backlog.push(attempt)
  }

  /** Takes those out for which there is room at the executor. */
  takeNext(): Attempt[] {
    const room = this.#room - this.sent.size
    const next = this.#backlog.length <= room ? this.#backlog : this.#backlog.slice(0, room)
    if (next.length > 0) this.#backlog = this.#backlog.slice(next.length)
    return next
  }

  /** Those that have begun, ended or not. */
  begun(claims: ClaimTable): Attempt[] {
    const begun: Attempt[] = []
    for (const attempt of this.sent.values()) {
      if (!claims.hasBegun(attempt.sequence)) break
      begun.push(attempt)
    }
    return begun
  }

  dropFromBacklog(attempts: ReadonlySet<Attempt>): void {
    this.#backlog = this.#backlog.filter((attempt) => !attempts.has(attempt))
  }

  /** The executor is gone: those that it had not begun wait here again, ahead of the others. Answers the others. */
  returnUnbegun(claims: ClaimTable): Attempt[] {
    const begun: Attempt[] = []
    const unbegun: Attempt[] = []
    for (const attempt of this.sent.values()) {
      if (claims.revoke(attempt.sequence)) unbegun.push(attempt)
      else begun.push(attempt)
    }
    this.sent.clear()
    for (const attempt of unbegun) attempt.sequence = -1
    this.#backlog = [...unbegun, ...this.#backlog]
    return begun
  }

  clear(): void {
    this.sent.clear()
    this.#backlog = []
  }
}
