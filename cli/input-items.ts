import type { Readable } from 'node:stream'
import { ConfigurationError } from '../core/errors.ts'

export type InputFormat = 'json' | 'text'

/** One line of the input that counts: an item, or why it is none. Lines count from 1, `length` is in characters. */
export type InputItem = { readonly index: number; readonly line: number; readonly length: number } & (
  | { readonly value: unknown; readonly problem?: undefined }
  | { readonly problem: string }
)

/**
 * The items of an input, read no further than they are taken. Lines are JSON or plain text; unless it is said, the first
 * line that is not blank decides. Blank lines are passed over in JSON and are items in text.
 */
export class InputItems {
  readonly #chunks: AsyncIterator<string>
  #format: InputFormat | undefined
  #lines: string[] = []
  #next = 0
  /** The beginning of a line whose end has not been read. */
  #rest = ''
  #line = 0
  #index = 0
  #isOver = false

  constructor(stream: Readable, format?: InputFormat) {
    stream.setEncoding('utf8')
    this.#chunks = stream[Symbol.asyncIterator]() as AsyncIterator<string>
    this.#format = format
  }

  /** What is there, at least one item and at most `countMax`; none at the end. Rejects with ConfigurationError where the input cannot be read. */
  async take(countMax: number): Promise<InputItem[]> {
    const items: InputItem[] = []
    while (items.length < countMax) {
      const text = this.#lines[this.#next]
      if (text !== undefined) {
        this.#next += 1
        this.#line += 1
        this.#add(text, items)
      } else if (items.length > 0 || this.#isOver) break
      else await this.#read()
    }
    return items
  }

  async #read(): Promise<void> {
    const { value, done } = await this.#chunks.next().catch((error: Error) => {
      throw new ConfigurationError(`the input cannot be read: ${error.message}`, { cause: error })
    })
    this.#next = 0
    if (done) {
      this.#isOver = true
      // A file need not end with a line break.
      this.#lines = this.#rest === '' ? [] : [this.#rest]
      return
    }
    this.#lines = value.split('\n')
    this.#lines[0] = this.#rest + this.#lines[0]
    this.#rest = this.#lines.pop() as string
  }

  #add(raw: string, items: InputItem[]): void {
    const text = raw.replace(/\r$/, '').replace(/^\uFEFF/, '')
    const isBlank = text.trim() === ''
    if (isBlank && this.#format !== 'text') return
    this.#format ??= parse(text).isJson ? 'json' : 'text'
    const place = { index: this.#index, line: this.#line, length: text.length }
    this.#index += 1
    if (this.#format === 'text') items.push({ ...place, value: text })
    else {
      const parsed = parse(text)
      items.push(parsed.isJson ? { ...place, value: parsed.value } : { ...place, problem: parsed.problem })
    }
  }
}

function parse(text: string): { isJson: true; value: unknown } | { isJson: false; problem: string } {
  try {
    return { isJson: true, value: JSON.parse(text) }
  } catch (error) {
    return { isJson: false, problem: `not JSON: ${error instanceof Error ? error.message : String(error)}` }
  }
}
