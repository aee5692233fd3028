import type { MapProgress } from './map-progress.ts'
import type { ItemFailure, ItemOutcome } from './map-stream.ts'
import { oneLine } from './report-error.ts'
import { type ResultWriter, toJson } from './result-writer.ts'

/** So many failures are told one by one. */
const toldMax = 20

/**
 * What became of the items, for its readers: results as lines of JSON, failures in words. A failed item has its line
 * among the results too, `{"error":{…}}`, so that lines of input and output correspond.
 */
export class MapReport {
  readonly #writer: ResultWriter
  readonly #progress: MapProgress
  readonly #ordered: boolean
  #failed = 0

  constructor(writer: ResultWriter, progress: MapProgress, ordered: boolean) {
    this.#writer = writer
    this.#progress = progress
    this.#ordered = ordered
  }

  get failed(): number {
    return this.#failed
  }

  async write(outcomes: readonly ItemOutcome[]): Promise<void> {
    const failedBefore = this.#failed
    const lines = outcomes.map((outcome) => this.#lineOf(outcome))
    await this.#writer.write(lines)
    this.#progress.advance(outcomes.length, this.#failed - failedBefore)
  }

  /** Says what was not told one by one. */
  end(): void {
    const rest = this.#failed - toldMax
    if (rest > 0) this.#progress.say(`and ${rest} more; each is an {"error":…} line of the output`)
  }

  #lineOf(outcome: ItemOutcome): string {
    const { index } = outcome.item
    if (outcome.failure) return this.#failedLine(outcome, outcome.failure)
    try {
      return toJson(this.#ordered ? outcome.value : { index, value: outcome.value ?? null })
    } catch (error) {
      const message = `its result is not JSON: ${error instanceof Error ? error.message : String(error)}`
      return this.#failedLine(outcome, { name: 'TypeError', message, engine: undefined })
    }
  }

  #failedLine({ item: { index, line } }: ItemOutcome, { name, message, engine }: ItemFailure): string {
    this.#failed += 1
    if (this.#failed <= toldMax) {
      const where = engine === undefined ? '' : ` (engine ${engine})`
      this.#progress.say(`line ${line}: ${name}: ${oneLine(message)}${where}`)
    }
    const error = { name, message }
    return toJson(this.#ordered ? { error } : { index, error })
  }
}
