import cliProgress from 'cli-progress'

/**
 * How a map goes, on a terminal that does not show its results already; elsewhere nothing is shown. What is said
 * meanwhile stands above it.
 */
export class MapProgress {
  readonly #stream: NodeJS.WriteStream
  #bar: cliProgress.SingleBar | undefined
  #done = 0
  #failed = 0
  #read = 0
  #startedAt = performance.now()

  constructor(stream: NodeJS.WriteStream = process.stderr) {
    this.#stream = stream
  }

  start(): void {
    if (!this.#stream.isTTY || process.stdout.isTTY) return
    const format = '[{bar}] {value}/{total} items | {rate}/s | {failed} failed | {duration_formatted}'
    this.#bar = new cliProgress.SingleBar(
      { stream: this.#stream, format, hideCursor: true, clearOnComplete: false },
      cliProgress.Presets.shades_classic,
    )
    this.#startedAt = performance.now()
    this.#bar.start(1, 0, { rate: 0, failed: 0 })
  }

  /** Items known so far; the input may have more. */
  read(count: number): void {
    this.#read += count
    this.#draw()
  }

  advance(done: number, failed: number): void {
    this.#done += done
    this.#failed += failed
    this.#draw()
  }

  say(line: string): void {
    this.#stream.write(this.#bar ? `\r\u001b[K${line}\n` : `${line}\n`)
  }

  stop(): void {
    this.#bar?.stop()
    this.#bar = undefined
  }

  #draw(): void {
    if (!this.#bar) return
    const seconds = (performance.now() - this.#startedAt) / 1_000
    this.#bar.setTotal(Math.max(this.#read, 1))
    this.#bar.update(this.#done, { rate: Math.round(this.#done / Math.max(seconds, 0.001)), failed: this.#failed })
  }
}
