import type { TaskId } from '../core/ids.ts'
import type { OutputNews } from '../core/task-news.ts'

/** A piece of what a task printed: some of its writes to one stream, together. */
export interface OutputPiece {
  readonly taskId: TaskId
  /** A further attempt prints anew. */
  readonly attempt: number
  readonly stream: 'stdout' | 'stderr'
  readonly text: string
}

/** What one attempt printed, as far as this client has heard of it. */
export class HeardOutput {
  readonly attempt: number
  readonly pieces: OutputPiece[] = []
  /** How many of them this link has brought. */
  #count = 0

  constructor(attempt: number) {
    this.attempt = attempt
  }

  /**
   * A new link brings all of them again. The attempt may be another one with the same number, which a controller that was started anew
   * has given: where it prints something else, nothing counts of what was heard from there on.
   */
  rewind(): void {
    this.#count = 0
  }

  get isRewound(): boolean {
    return this.#count === 0
  }

  /** False where it is known, or does not follow. */
  hear(piece: OutputPiece, index: number): boolean {
    if (index !== this.#count) return false
    this.#count += 1
    const known = this.pieces[index]
    if (known?.text === piece.text && known.stream === piece.stream) return false
    this.pieces.length = index
    this.pieces.push(piece)
    return true
  }

  /** No more will come. */
  end(): void {
    if (this.#count > 0) this.pieces.length = this.#count
  }

  text(stream: OutputPiece['stream']): string {
    let text = ''
    for (const piece of this.pieces) if (piece.stream === stream) text += piece.text
    return text
  }
}

/** What is known with the piece; undefined where it is known already. A lost link may bring pieces again. */
export function hearPiece(known: HeardOutput | undefined, news: OutputNews): HeardOutput | undefined {
  const { id: taskId, attempt, index, stream, text } = news
  if (known !== undefined && attempt < known.attempt && !known.isRewound) return undefined
  const heard = known?.attempt === attempt ? known : new HeardOutput(attempt)
  return heard.hear({ taskId, attempt, stream, text }, index) ? heard : undefined
}
