import TinyQueue from 'tinyqueue'
import type { Clock } from '../core/clock.ts'

interface Timer {
  readonly at: number
  /** Timers of the same time fire in the order in which they were set. */
  readonly order: number
  readonly callback: () => void
  cancelled: boolean
}

/** Time that stands still until it is told to pass. Its epoch is 0, so wall time and monotonic time agree. */
export class VirtualClock implements Clock {
  #now = 0
  #order = 0
  readonly #timers = new TinyQueue<Timer>([], (a, b) => a.at - b.at || a.order - b.order)

  now(): number {
    return this.#now
  }

  wallTime(): number {
    return this.#now
  }

  after(delayMs: number, callback: () => void): () => void {
    this.#order += 1
    const timer: Timer = { at: this.#now + Math.max(0, delayMs), order: this.#order, callback, cancelled: false }
    this.#timers.push(timer)
    return () => {
      timer.cancelled = true
    }
  }

  /** When the next timer fires; undefined where none is set. */
  get next(): number | undefined {
    for (;;) {
      const timer = this.#timers.peek()
      if (timer === undefined) return undefined
      if (!timer.cancelled) return timer.at
      this.#timers.pop()
    }
  }

  /** Lets time pass, firing what falls due on the way, each at its own time. */
  advance(byMs: number): void {
    const until = this.#now + byMs
    for (let at = this.next; at !== undefined && at <= until; at = this.next) {
      this.#now = at
      this.#timers.pop()?.callback()
    }
    this.#now = until
  }
}
