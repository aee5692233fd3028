import type { Timeline } from './timeline.ts'

interface Line {
  readonly at: number
  readonly text: string
}

/** What happened, in order, for whoever reads of a failure; of a long run, its end. */
export class Story {
  readonly #timeline: Timeline
  readonly #linesMax: number
  /** As they were noted: hardly any is ever read. */
  #lines: Line[] = []
  #dropped = 0

  constructor(timeline: Timeline, linesMax: number) {
    this.#timeline = timeline
    this.#linesMax = linesMax
  }

  note(text: string): void {
    this.#lines.push({ at: this.#timeline.now, text })
    if (this.#lines.length < 2 * this.#linesMax) return
    this.#dropped += this.#lines.length - this.#linesMax
    this.#lines = this.#lines.slice(-this.#linesMax)
  }

  get lines(): readonly string[] {
    const lines = this.#lines.map(({ at, text }) => `${(at / 1_000).toFixed(3).padStart(10)} s  ${text}`)
    return this.#dropped === 0 ? lines : [`… ${this.#dropped} lines before`, ...lines]
  }
}
