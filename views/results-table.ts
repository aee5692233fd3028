import type { YardmasterError } from '../core/errors.ts'
import type { TaskId } from '../core/ids.ts'
import type { ControllerToClient } from '../core/messages.ts'
import { TaskTable } from '../core/task-table.ts'
import { Outstanding } from './outstanding.ts'
import type { TaskRecord } from './task-record.ts'

type MessageOf<Type extends ControllerToClient['type']> = Extract<ControllerToClient, { type: Type }>

/**
 * The tasks whose end this client awaits, by id, in order of submission. What has ended is not here: late and repeated
 * messages find nothing, and change nothing.
 */
export class ResultsTable {
  readonly #pending = new TaskTable<TaskRecord>()
  #onIdle: (() => void)[] = []
  /** Of these, what this client has submitted. */
  readonly outstanding = new Outstanding()

  get size(): number {
    return this.#pending.size
  }

  add(task: TaskRecord): void {
    this.#pending.add(task)
    if (task.heldBytes > 0) this.outstanding.add(task.heldBytes)
  }

  get(id: TaskId): TaskRecord | undefined {
    return this.#pending.get(id)
  }

  tasks(): IterableIterator<TaskRecord> {
    return this.#pending[Symbol.iterator]()
  }

  ids(): TaskId[] {
    return Array.from(this.#pending, ({ id }) => id)
  }

  replies({ replies }: MessageOf<'replies'>): void {
    for (const reply of replies) {
      const task = this.#pending.get(reply.id)
      if (task === undefined) continue
      this.#remove(task)
      task.settle(reply)
      task.owner.taskEnded(task)
    }
    this.outstanding.tell()
    this.#tellIdle()
  }

  begun({ tasks }: MessageOf<'begun'>): void {
    for (const { id, attempt } of tasks) {
      const task = this.#pending.get(id)
      if (task === undefined) continue
      task.begin(attempt)
      task.owner.taskBegun(task)
    }
  }

  news({ news }: MessageOf<'news'>): void {
    for (const item of news) {
      const task = this.#pending.get(item.id)
      if (task === undefined || (item.kind === 'output' && !task.hear(item))) continue
      task.owner.taskNews(task, item)
    }
  }

  /** Ends tasks on this side only: their replies will not come, or not be heard. */
  fail(tasks: Iterable<TaskRecord>, error: YardmasterError): void {
    for (const task of tasks) {
      if (!this.#remove(task)) continue
      task.fail(error)
      task.owner.taskEnded(task)
    }
    this.outstanding.tell()
    this.#tellIdle()
  }

  /** Calls once, when no task is pending: now, if none is. */
  whenIdle(callback: () => void): void {
    this.#onIdle.push(callback)
    this.#tellIdle()
  }

  forget(callback: () => void): void {
    this.#onIdle = this.#onIdle.filter((waiting) => waiting !== callback)
  }

  #remove(task: TaskRecord): boolean {
    if (!this.#pending.delete(task.id)) return false
    if (task.heldBytes > 0) this.outstanding.remove(task.heldBytes)
    return true
  }

  #tellIdle(): void {
    if (this.#pending.size > 0 || this.#onIdle.length === 0) return
    const waiting = this.#onIdle
    this.#onIdle = []
    for (const callback of waiting) callback()
  }
}
