import type { Clock } from '../core/clock.ts'

/** Before the first look: what ends sooner is never said to have begun. */
const firstMs = 20
/** Between two looks, where something is expected and does not come. */
const longestMs = 100

export interface Prospect {
  /** Until it is known that something is to be seen, in milliseconds. */
  readonly knownInMs: number
  /** Whether something may be to be seen at any time. */
  readonly isOpen: boolean
}

/**
 * When to look at what other threads do without a word: soon after whatever makes a change likely, then after pauses that grow while one is possible,
 * and when one is known to be due. An engine with one long task sleeps.
 */
export class Lookout {
  readonly #clock: Clock
  readonly #look: () => Prospect
  #pauseMs = firstMs
  #next: { readonly at: number; readonly cancel: () => void } | undefined
  #isClosed = false

  constructor(clock: Clock, look: () => Prospect) {
    this.#clock = clock
    this.#look = look
  }

  /** Something has happened that others may follow up at once. */
  soon(): void {
    this.#pauseMs = firstMs
    this.#within(firstMs)
  }

  close(): void {
    this.#isClosed = true
    this.#next?.cancel()
  }

  #within(ms: number): void {
    const at = this.#clock.now() + ms
    if (this.#isClosed || (this.#next && this.#next.at <= at)) return
    this.#next?.cancel()
    const cancel = this.#clock.after(Math.min(ms, longestTimerMs), () => {
      this.#next = undefined
      const { knownInMs, isOpen } = this.#look()
      const againMs = isOpen ? Math.min(this.#pauseMs, knownInMs) : knownInMs
      this.#pauseMs = Math.min(2 * this.#pauseMs, longestMs)
      // A timer may be a little early.
      if (againMs < Number.POSITIVE_INFINITY) this.#within(Math.max(1, againMs))
    })
    this.#next = { at, cancel }
  }
}

/** What Node's timers can hold; looking too early does no harm. */
const longestTimerMs = 2 ** 31 - 1
