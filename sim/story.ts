import type { Timeline } from './timeline.ts'

/** What happened, in order, for whoever reads of a failure; of a long run, its end. */
export class Story {
  readonly #timeline: Timeline
  readonly #linesMax: number
  #lines: string[] = []
  #dropped = 0

  constructor(timeline: Timeline, linesMax: number) {
    this.#timeline = timeline
    this.#linesMax = linesMax
  }

  note(line: string): void {
    this.#lines.push(`${(this.#timeline.now / 1_000).toFixed(3).padStart(10)} s  ${line}`)
    if (this.#lines.length < 2 * this.#linesMax) return
    this.#dropped += this.#lines.length - this.#linesMax
    this.#lines = this.#lines.slice(-this.#linesMax)
  }

  get lines(): readonly string[] {
    return this.#dropped === 0 ? this.#lines : [`… ${this.#dropped} lines before`, ...this.#lines]
  }
}
