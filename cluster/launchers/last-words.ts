import type { Readable } from 'node:stream'

const charactersMax = 2_000
const linesMax = 3

/** Passes on what a process writes to its stderr, and keeps the end of it: it may say why the process ended. */
export class LastWords {
  #text = ''

  constructor(from: Readable, to: NodeJS.WritableStream) {
    from.on('error', () => {})
    from.setEncoding('utf8').on('data', (text: string) => {
      this.#text = (this.#text + text).slice(-charactersMax)
      to.write(text)
    })
  }

  /** The last lines, as one, to be put behind a sentence; empty where it said nothing. */
  get behind(): string {
    return wordsBehind(this.#text)
  }
}

/** The same of a text. */
export function wordsBehind(text: string): string {
  const lines = text
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line !== '')
  return lines.length === 0 ? '' : `: ${lines.slice(-linesMax).join(' | ')}`
}
