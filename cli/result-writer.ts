import { once } from 'node:events'
import { ConfigurationError } from '../core/errors.ts'

/** Who reads the output is gone, as `head` is when it has enough. */
export class OutputClosed extends Error {}

/** Writes lines, no faster than they are read. */
export class ResultWriter {
  readonly #stream: NodeJS.WritableStream
  #failure: Error | undefined

  constructor(stream: NodeJS.WritableStream) {
    this.#stream = stream
    stream.on('error', (error: Error) => {
      this.#failure = isClosed(error)
        ? new OutputClosed()
        : new ConfigurationError(`the results cannot be written: ${error.message}`, { cause: error })
    })
  }

  /** Resolves when there is room for more. Rejects with `OutputClosed`, or with ConfigurationError where it cannot be written. */
  async write(lines: readonly string[]): Promise<void> {
    if (this.#failure) throw this.#failure
    if (lines.length === 0) return
    try {
      if (!this.#stream.write(`${lines.join('\n')}\n`)) await once(this.#stream, 'drain')
    } catch (error) {
      throw this.#failure ?? error
    }
  }
}

/** Whether nobody reads any more. */
export function isClosed(error: Error): boolean {
  return 'code' in error && (error.code === 'EPIPE' || error.code === 'ERR_STREAM_DESTROYED')
}

/** What JSON lacks becomes the nearest that it has. Throws a TypeError for a cycle. */
export function toJson(value: unknown): string {
  return JSON.stringify(value, replacer) ?? 'null'
}

function replacer(_key: string, value: unknown): unknown {
  if (typeof value === 'bigint') return value.toString()
  if (value instanceof Map || value instanceof Set) return [...value]
  if (ArrayBuffer.isView(value) && Symbol.iterator in value) return [...(value as Uint8Array)]
  if (value instanceof Error) return { ...value, name: value.name, message: value.message }
  return value
}
