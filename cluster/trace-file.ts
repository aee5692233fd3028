import { createWriteStream, type WriteStream } from 'node:fs'
import { rm } from 'node:fs/promises'
import { ConfigurationError } from '../core/errors.ts'

/** Text is written when there is so much of it. In UTF-16 units, as the next. */
const textLengthMin = 64 * 1024
/** More than this is not kept for a slow disk. */
const waitingLengthMax = 64 * 2 ** 20

/** A new file that grows by whole lines, on the thread pool of the process, and never holds up whoever writes. */
export class TraceFile {
  readonly #path: string
  readonly #stream: WriteStream
  readonly #onFailure: (error: Error) => void
  #text = ''
  #hasFailed = false

  private constructor(path: string, stream: WriteStream, onFailure: (error: Error) => void) {
    this.#path = path
    this.#stream = stream
    this.#onFailure = onFailure
    stream.on('error', (error) => {
      if (this.#hasFailed) return
      this.#hasFailed = true
      this.#text = ''
      this.#onFailure(error)
    })
  }

  /**
   * @param onFailure what could not be written; nothing is, after that
   * @throws ConfigurationError where the file is there already, or cannot be
   */
  static async create(path: string, onFailure: (error: Error) => void): Promise<TraceFile> {
    // Tasks may come with secrets in their labels.
    const stream = createWriteStream(path, { flags: 'wx', mode: 0o600 })
    await new Promise<void>((resolve, reject) => {
      stream.once('open', () => resolve())
      stream.once('error', (error) => {
        const why = 'code' in error && error.code === 'EEXIST' ? 'it is there already; name a new file' : error.message
        reject(new ConfigurationError(`record: ${path} cannot be written: ${why}`, { cause: error }))
      })
    })
    return new TraceFile(path, stream, onFailure)
  }

  /** Whether the disk keeps up. */
  get hasRoom(): boolean {
    return this.#stream.writableLength <= waitingLengthMax
  }

  /** Answers whether something waits for `flush`. */
  write(line: string): boolean {
    if (this.#hasFailed) return false
    this.#text += line
    if (this.#text.length < textLengthMin) return true
    this.flush()
    return false
  }

  flush(): void {
    if (this.#text === '' || this.#hasFailed) return
    this.#stream.write(this.#text)
    this.#text = ''
  }

  /** Resolves when all is written, or cannot be. */
  async close(): Promise<void> {
    this.flush()
    if (this.#hasFailed) return
    await new Promise<void>((resolve) => {
      this.#stream.once('close', resolve)
      this.#stream.end()
    })
  }

  /** As if it had never been. */
  async discard(): Promise<void> {
    await this.close()
    await rm(this.#path, { force: true })
  }
}
