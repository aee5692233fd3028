import type { EngineId } from '../core/ids.ts'
import { outputCharsMax, outputPiecesMax, pieceBytes } from '../core/output-bounds.ts'
import type { OutputNews } from '../core/task-news.ts'
import type { SchedulerEvent } from '../scheduler/events.ts'
import type { SchedulerState } from '../scheduler/state.ts'
import type { TaskRecord } from '../scheduler/task.ts'
import { isEnded } from './is-ended.ts'

/** Markers come on top of what an executor keeps to. */
const piecesMax = outputPiecesMax + 16
const bytesMax = 2 * outputCharsMax + piecesMax * pieceBytes

/** What one attempt of a task printed, as the controller keeps it. Bounded, whatever the engine says. */
export class Printed {
  readonly attempt: number
  /** Piece n has index n. */
  readonly pieces: OutputNews[] = []
  bytes = 0

  constructor(attempt: number) {
    this.attempt = attempt
  }

  /** Answers whether it was the next piece, and there was room. */
  add(piece: OutputNews): boolean {
    const bytes = this.bytes + piece.text.length + pieceBytes
    if (piece.index !== this.pieces.length || bytes > bytesMax) return false
    this.pieces.push(piece)
    this.bytes = bytes
    return true
  }
}

/** What the last attempt of the task printed. */
export function printedBy(task: TaskRecord | undefined): Printed | undefined {
  const printed = task?.printed as Printed | undefined
  return printed?.attempt === task?.attempt ? printed : undefined
}

interface Keeper {
  happened(events: readonly SchedulerEvent[]): void
  core(): SchedulerState
}

/** Keeps a piece of what the current attempt of a task prints there; what is late, or too much, changes nothing. */
export function keepPiece(keeper: Keeper, engine: EngineId, piece: OutputNews): Printed | undefined {
  const { id, attempt } = piece
  const task = keeper.core().tasks.get(id)
  if (task === undefined || isEnded(task) || task.engine !== engine || task.attempt !== attempt) return undefined
  let printed = printedBy(task)
  if (printed === undefined) {
    printed = new Printed(attempt)
    keeper.happened([{ type: 'printed', engine, id, attempt, printed }])
  }
  return printed.add(piece) ? printed : undefined
}
