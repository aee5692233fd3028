import type { Clock } from '../core/clock.ts'
import type { LogFields } from '../core/log.ts'

/** So many lines in so long a time, then only how many more there were. */
const linesMax = 20
const periodMs = 10_000

/** Who was turned away, and why: a line each, unless they come in a flood. */
export class RefusalLog {
  readonly #clock: Clock
  readonly #log: (line: string, fields: LogFields) => void
  /** All that there ever were. */
  count = 0
  /** In this period. */
  #refused = 0
  #cancel: () => void = () => {}

  constructor(clock: Clock, log: (line: string, fields: LogFields) => void) {
    this.#clock = clock
    this.#log = log
  }

  note(peer: string, reason: string): void {
    if (this.#refused === 0) this.#cancel = this.#clock.after(periodMs, () => this.#sumUp())
    this.#refused += 1
    this.count += 1
    if (this.#refused <= linesMax) this.#log(`${peer} was refused: ${reason}`, { peer })
  }

  /** Nobody comes any more. */
  close(): void {
    this.#cancel()
    this.#sumUp()
  }

  #sumUp(): void {
    const more = this.#refused - linesMax
    this.#refused = 0
    if (more > 0) this.#log(`${more} more were refused within ${periodMs / 1_000} s`, { refused: more })
  }
}
