import cliProgress from 'cli-progress'

/** How many runs are done, on a terminal; elsewhere nothing is shown. */
export class SimulateProgress {
  readonly #bar: cliProgress.SingleBar | undefined

  constructor(total: number, done: number, stream: NodeJS.WriteStream = process.stderr) {
    if (!stream.isTTY) return
    const format = '[{bar}] {value}/{total} runs | {eta_formatted} left | {failed} failed'
    this.#bar = new cliProgress.SingleBar(
      { stream, format, hideCursor: true, etaBuffer: 50 },
      cliProgress.Presets.shades_classic,
    )
    this.#bar.start(total, done, { failed: 0 })
  }

  advance(failed: number): void {
    this.#bar?.increment(1, { failed })
  }

  stop(): void {
    this.#bar?.stop()
  }
}
