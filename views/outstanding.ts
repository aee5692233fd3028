import type { ClientWelcome } from '../core/admission-messages.ts'
import { LimitError } from '../core/errors.ts'
import { type LoadLimitName, overLimit } from '../core/limits.ts'

/**
 * What this client has submitted and has no reply to, held against what the controller lets it have. So a loop that submits without an end
 * fails where it is, instead of filling the memory of both sides.
 */
export class Outstanding {
  tasks = 0
  bytes = 0
  #tasksMax = Number.POSITIVE_INFINITY
  #bytesMax = Number.POSITIVE_INFINITY
  #waiting: (() => void)[] = []

  get hasRoom(): boolean {
    return this.tasks < this.#tasksMax && this.bytes < this.#bytesMax
  }

  get tasksMax(): number {
    return this.#tasksMax
  }

  limit({ tasksMax, bytesMax }: NonNullable<ClientWelcome['limits']> = {}): void {
    this.#tasksMax = tasksMax ?? Number.POSITIVE_INFINITY
    this.#bytesMax = bytesMax ?? Number.POSITIVE_INFINITY
    this.tell()
  }

  /**
   * `bytes`: what those of them take that come before the last one.
   * @throws LimitError where there is no room for so many more tasks
   */
  check(more: number, bytes = 0): void {
    if (this.tasks + more > this.#tasksMax) throw limitError('clientTasksMax', this.#tasksMax, this.tasks)
    if (this.bytes + bytes >= this.#bytesMax) throw limitError('clientBytesMax', this.#bytesMax, this.bytes)
  }

  add(bytes: number): void {
    this.tasks += 1
    this.bytes += bytes
  }

  remove(bytes: number): void {
    this.tasks -= 1
    this.bytes -= bytes
  }

  /** Calls once, when something has changed: there may be room, or an end. */
  whenChanged(callback: () => void): void {
    this.#waiting.push(callback)
  }

  /** Something has changed. */
  tell(): void {
    if (this.#waiting.length === 0) return
    const waiting = this.#waiting
    this.#waiting = []
    for (const callback of waiting) callback()
  }
}

function limitError(limit: LoadLimitName, max: number, used: number): LimitError {
  return new LimitError(overLimit(limit, max, used), { details: { limit, max, used } })
}
