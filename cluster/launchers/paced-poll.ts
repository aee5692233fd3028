/** How soon after `hurry` it asks, in milliseconds. */
const soonMs = 250
const slowing = 1.6
/** It asks for at most this part of the time. */
const share = 1 / 5

/**
 * Asks again and again while there is something to ask for, at a bounded rate: soon after `hurry`, then less and less often, down to every
 * `longestMs`; and never more than a fifth of the time, so that a system that is slow to answer is asked less.
 */
export class PacedPoll {
  readonly #ask: () => Promise<boolean>
  readonly #longestMs: number
  #delayMs = soonMs
  #timer: NodeJS.Timeout | undefined
  /** When it asks next, unless it is asking. */
  #dueAt = Number.POSITIVE_INFINITY
  #isAsking = false
  #hasHurried = false
  #isStopped = false

  /** `ask` resolves to whether there is more to come; it never rejects. */
  constructor(ask: () => Promise<boolean>, longestMs: number) {
    this.#ask = ask
    this.#longestMs = longestMs
  }

  /** Something has changed, or soon will. */
  hurry(): void {
    this.#delayMs = Math.min(soonMs, this.#longestMs)
    if (this.#isAsking) this.#hasHurried = true
    // What is due sooner stays so: calls in a row are not to put it off.
    else if (performance.now() + this.#delayMs < this.#dueAt) this.#schedule(this.#delayMs)
  }

  /** Asks no more. */
  stop(): void {
    this.#isStopped = true
    clearTimeout(this.#timer)
  }

  #schedule(delayMs: number): void {
    clearTimeout(this.#timer)
    if (this.#isStopped) return
    this.#dueAt = performance.now() + delayMs
    this.#timer = setTimeout(() => void this.#turn(), delayMs)
  }

  async #turn(): Promise<void> {
    this.#isAsking = true
    const since = performance.now()
    const goesOn = await this.#ask()
    const tookMs = performance.now() - since
    this.#isAsking = false
    this.#dueAt = Number.POSITIVE_INFINITY
    if (!goesOn && !this.#hasHurried) return
    if (!this.#hasHurried) this.#delayMs = Math.min(this.#delayMs * slowing, this.#longestMs)
    this.#hasHurried = false
    this.#schedule(Math.max(this.#delayMs, tookMs / share - tookMs))
  }
}
