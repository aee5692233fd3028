/** What an attempt counts for beside its length, in milliseconds, so that empty ones are drawn too. */
const leastMs = 0.05

/**
 * Which attempts of so many are drawn: a number that is set for each interval, in proportion to how long they ran, since that is the room
 * that they take on the screen. Attempts are laid end to end, and one is drawn for each mark that it covers; the marks are as far apart as would
 * have given that number in the interval before. Nothing is drawn at random.
 */
export class BarSampler {
  readonly #wanted: number
  #spacingMs = 0
  #sinceMarkMs = 0
  #lengthMs = 0
  #seen = 0
  #taken = 0

  /** @param wanted how many for each interval; twice as many at most */
  constructor(wanted: number) {
    this.#wanted = wanted
  }

  /** Whether this one is drawn. */
  takes(durationMs: number): boolean {
    const lengthMs = Math.max(0, durationMs) + leastMs
    this.#seen += 1
    this.#lengthMs += lengthMs
    this.#sinceMarkMs += lengthMs
    if (this.#sinceMarkMs < this.#spacingMs || this.#taken >= 2 * this.#wanted) return false
    this.#sinceMarkMs = this.#spacingMs > 0 ? this.#sinceMarkMs % this.#spacingMs : 0
    this.#taken += 1
    return true
  }

  nextInterval(): void {
    this.#spacingMs = this.#seen <= this.#wanted ? 0 : this.#lengthMs / this.#wanted
    this.#lengthMs = 0
    this.#seen = 0
    this.#taken = 0
  }
}
