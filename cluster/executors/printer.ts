import type { Capacity } from '../../core/capacity.ts'
import type { Clock } from '../../core/clock.ts'
import { outputCharsMax, outputPiecesMax, pieceCharsMax } from '../../core/output-bounds.ts'
import type { OutputNews } from '../../core/task-news.ts'
import type { TaskContext } from '../task-context.ts'
import type { OutputStream, OutputTaker } from './capture-output.ts'

/** What is printed waits so long for company, at most, where the event loop turns or the task prints on. */
const flushAfterMs = 20
const flushAtChars = 65_536

type Piece = { -readonly [Key in keyof OutputNews]: OutputNews[Key] }

/** One stream of one attempt. */
class Printing {
  /** Of bytes, whose last character may not be whole yet. */
  decoder: InstanceType<typeof TextDecoder> | undefined
  kept = 0
  dropped = 0
}

interface Attempt {
  readonly streams: Partial<Record<OutputStream, Printing>>
  pieces: number
}

export interface PrinterOptions {
  readonly clock: Clock
  readonly capacity: Capacity
  isRunning(task: TaskContext): boolean
  send(pieces: readonly OutputNews[]): void
}

/** What the tasks of one executor print: decoded, bounded, numbered, and sent in batches, at the latest with their end. */
export class Printer implements OutputTaker {
  readonly #options: PrinterOptions
  readonly #attempts = new Map<TaskContext, Attempt>()
  readonly #flushAtChars: number
  #pending: Piece[] = []
  #pendingChars = 0
  #flushedAt = Number.NEGATIVE_INFINITY
  #cancelFlush: (() => void) | undefined

  constructor(options: PrinterOptions) {
    this.#options = options
    this.#flushAtChars = Math.min(flushAtChars, options.capacity.bytesMax / 4)
  }

  take(task: TaskContext, stream: OutputStream, printed: string | Uint8Array): boolean {
    if (!this.#options.isRunning(task)) return false
    const attempt = this.#attemptOf(task)
    attempt.streams[stream] ??= new Printing()
    const printing = attempt.streams[stream]
    this.#keep(task, attempt, stream, printing, decoded(printing, printed))
    this.#flushInTime()
    return true
  }

  /** The task ends: what it printed must leave before that is told. */
  finish(task: TaskContext): void {
    const attempt = this.#attempts.get(task)
    if (attempt === undefined) return
    this.#attempts.delete(task)
    for (const stream of ['stdout', 'stderr'] as const) {
      const printing = attempt.streams[stream]
      if (printing === undefined) continue
      this.#keep(task, attempt, stream, printing, decoded(printing, ''))
      if (printing.dropped > 0)
        this.#append(task, attempt, stream, `[${stream}: ${printing.dropped} more characters were dropped]\n`)
    }
  }

  flush(): void {
    if (this.#pending.length === 0) return
    this.#cancelFlush?.()
    this.#cancelFlush = undefined
    this.#flushedAt = this.#options.clock.now()
    const pieces = this.#pending
    this.#pending = []
    this.#pendingChars = 0
    this.#options.send(pieces)
  }

  #attemptOf(task: TaskContext): Attempt {
    const known = this.#attempts.get(task)
    if (known) return known
    const attempt: Attempt = { streams: {}, pieces: 0 }
    this.#attempts.set(task, attempt)
    return attempt
  }

  #keep(task: TaskContext, attempt: Attempt, stream: OutputStream, printing: Printing, text: string): void {
    if (text === '') return
    const isOpen = printing.dropped === 0 && attempt.pieces < outputPiecesMax
    const kept = isOpen ? cut(text, outputCharsMax - printing.kept) : ''
    printing.kept += kept.length
    this.#append(task, attempt, stream, kept)
    if (kept.length === text.length) return
    // Told at once: the task may go on for long, or be ended by force.
    if (printing.dropped === 0)
      this.#append(task, attempt, stream, `\n[${stream}: what follows is dropped, after ${printing.kept} characters]\n`)
    printing.dropped += text.length - kept.length
  }

  #append(task: TaskContext, attempt: Attempt, stream: OutputStream, text: string): void {
    for (let rest = text; rest !== ''; ) {
      if (this.#pendingChars >= this.#flushAtChars) this.flush()
      const piece = this.#openPiece(task, attempt, stream)
      const part = cut(rest, pieceCharsMax - piece.text.length)
      piece.text += part
      this.#pendingChars += part.length
      rest = rest.slice(part.length)
    }
  }

  /** The last piece, where it is of the same and has room for a whole character. */
  #openPiece({ id, attempt }: TaskContext, counted: Attempt, stream: OutputStream): Piece {
    const last = this.#pending.at(-1)
    const isOpen = last?.id === id && last.attempt === attempt && last.stream === stream
    if (isOpen && last.text.length <= pieceCharsMax - 2) return last
    const piece: Piece = { kind: 'output', id, attempt, index: counted.pieces, stream, text: '' }
    counted.pieces += 1
    this.#pending.push(piece)
    return piece
  }

  #flushInTime(): void {
    if (this.#pending.length === 0) return
    const { clock } = this.#options
    const leftMs = this.#flushedAt + flushAfterMs - clock.now()
    // A synchronous task lets no timer run.
    if (leftMs <= 0 || this.#pendingChars >= this.#flushAtChars) this.flush()
    else this.#cancelFlush ??= clock.after(leftMs, () => this.flush())
  }
}

/** The text up to a length, or one less, where that is in the middle of a character. */
function cut(text: string, length: number): string {
  if (text.length <= length) return text
  const last = text.charCodeAt(length - 1)
  return text.slice(0, last >= 0xd800 && last < 0xdc00 ? length - 1 : length)
}

function decoded(printing: Printing, printed: string | Uint8Array): string {
  if (typeof printed === 'string') return printing.decoder ? printing.decoder.decode() + printed : printed
  printing.decoder ??= new TextDecoder('utf-8', { ignoreBOM: true })
  return printing.decoder.decode(printed, { stream: true })
}
