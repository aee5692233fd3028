/** What happened, with the milliseconds since the beginning; told when a run fails. */
export class Story {
  readonly #lines: string[] = []
  readonly #since = performance.now()

  tell(line: string): void {
    this.#lines.push(`${String(Math.round(performance.now() - this.#since)).padStart(7)} ${line}`)
  }

  toString(): string {
    return this.#lines.join('\n')
  }
}
