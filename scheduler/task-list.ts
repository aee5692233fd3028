import type { TaskRecord } from './task.ts'

/** Tasks in a row, each of which can be taken out at once. A task can be in one such list only. */
export class TaskList {
  head: TaskRecord | undefined
  tail: TaskRecord | undefined

  append(task: TaskRecord): void {
    const { tail } = this
    task.previous = tail
    if (tail === undefined) this.head = task
    else tail.next = task
    this.tail = task
  }

  /** The task must be here. */
  remove(task: TaskRecord): void {
    if (task.previous === undefined) this.head = task.next
    else task.previous.next = task.next
    if (task.next === undefined) this.tail = task.previous
    else task.next.previous = task.previous
    task.previous = undefined
    task.next = undefined
  }

  /** This list, with all of the other behind it; the other is not to be used any more. */
  followedBy(other: TaskList): TaskList {
    if (this.tail === undefined) return other
    if (other.head === undefined) return this
    this.tail.next = other.head
    other.head.previous = this.tail
    this.tail = other.tail
    return this
  }
}
