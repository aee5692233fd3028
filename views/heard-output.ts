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

  constructor(attempt: number) {
    this.attempt = attempt
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
  const heard = known === undefined || known.attempt < attempt ? new HeardOutput(attempt) : known
  if (heard.attempt !== attempt || heard.pieces.length !== index) return undefined
  heard.pieces.push({ taskId, attempt, stream, text })
  return heard
}
