import type { TaskTable } from '../core/task-table.ts'
import type { SharedParts } from './shared-parts.ts'
import type { TaskRecord } from './task.ts'
import { TaskList } from './task-list.ts'

/** How much of what has ended is kept. Beyond it the oldest goes first. */
export interface RetentionLimits {
  /** Records with their result. */
  readonly countMax: number
  /** The sum of what they were called with, of their results and of what they printed. */
  readonly bytesMax: number
  /** Records that say `purged`, without result or body, kept so that later dependencies still see how they ended. Then they are forgotten. */
  readonly purgedMax: number
}

/** Ended records in order of their end. */
class RecordList extends TaskList {
  count = 0

  override append(record: TaskRecord): void {
    super.append(record)
    this.count += 1
  }

  override remove(record: TaskRecord): void {
    super.remove(record)
    this.count -= 1
  }
}

/** Invariant: every ended record of the table is in `kept` or, if `purged`, in `stubs`; after `trim` all limits hold. */
export class Retention {
  readonly limits: RetentionLimits
  readonly kept = new RecordList()
  readonly stubs = new RecordList()
  bytes = 0
  /** Told of each record whose result was dropped, with the body that it had, and of each that is gone altogether. */
  onDrop: ((record: TaskRecord, body: unknown) => void) | undefined
  onForget: ((record: TaskRecord) => void) | undefined
  private readonly table: TaskTable<TaskRecord>
  private readonly parts: SharedParts

  constructor(limits: RetentionLimits, table: TaskTable<TaskRecord>, parts: SharedParts) {
    this.limits = limits
    this.table = table
    this.parts = parts
  }

  /** One that was purged before is among the stubs, of which there may then be too many: see `forgetSurplus`. */
  keep(record: TaskRecord): void {
    if (record.purged) return this.stubs.append(record)
    this.kept.append(record)
    this.bytes += bytesOf(record)
    const { shared } = record
    if (shared !== undefined && this.parts.add(shared, 'kept')) this.bytes += shared.bytes
  }

  /** Keeps to the limits. Called before each step, so that what has just ended can be read whatever they are. */
  trim(): void {
    while (this.kept.head !== undefined && this.exceeded()) this.purge(this.kept.head)
  }

  /** Drops the result and the body of an ended record that has them; the rest stays, and says so. */
  purge(record: TaskRecord): void {
    const { body } = record
    this.kept.remove(record)
    this.bytes -= bytesOf(record)
    const { shared } = record
    if (shared !== undefined && this.parts.remove(shared, 'kept')) this.bytes -= shared.bytes
    record.purged = true
    record.body = undefined
    record.bodyBytes = 0
    record.shared = undefined
    record.output = undefined
    record.outputBytes = 0
    record.printed = undefined
    this.onDrop?.(record, body)
    this.stubs.append(record)
    this.forgetSurplus()
  }

  forgetSurplus(): void {
    while (this.stubs.head !== undefined && this.stubs.count > this.limits.purgedMax) {
      const forgotten = this.stubs.head
      this.stubs.remove(forgotten)
      this.table.delete(forgotten.id)
      this.onForget?.(forgotten)
    }
  }

  private exceeded(): boolean {
    return this.kept.count > this.limits.countMax || this.bytes > this.limits.bytesMax
  }
}

function bytesOf({ bodyBytes, outputBytes, printed }: TaskRecord): number {
  return bodyBytes + outputBytes + (printed?.bytes ?? 0)
}
