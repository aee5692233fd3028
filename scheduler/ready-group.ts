import TinyQueue from 'tinyqueue'
import type { EngineId } from '../core/ids.ts'
import type { TaskRecord } from './task.ts'

/** Priority first, then the strategy's rank, then order of submission. Negative: `a` goes first. */
export function compareTasks(a: TaskRecord, b: TaskRecord): number {
  if (a.priority !== b.priority) return b.priority - a.priority
  if (a.rank !== b.rank) return a.rank - b.rank
  return a.sequence - b.sequence
}

/** `any`: wherever there is room. `only`: one of `engines`. `except`: none of `engines`, which refused. */
export type GroupKind = 'any' | 'only' | 'except'

/**
 * The ready tasks with equal constraints, in order. Those that come in order stand in a linked list, so that the common case
 * costs O(1); those that come out of order (returned, released late, of higher priority) in a heap.
 *
 * Invariants: `size` counts those whose `group` is this one; the list is sorted and holds exactly those with lane 'list'; the heap holds all
 * those with lane 'heap' and perhaps some that have left, at most as many as stay, plus 32.
 */
export class ReadyGroup {
  readonly key: string
  readonly kind: GroupKind
  readonly engines: readonly EngineId[]
  size = 0
  /** Among the groups to be looked at in this step. */
  dirty = false
  private head: TaskRecord | undefined
  private tail: TaskRecord | undefined
  private heap: TinyQueue<TaskRecord> | undefined
  private inHeap = 0

  constructor(key: string, kind: GroupKind, engines: readonly EngineId[]) {
    this.key = key
    this.kind = kind
    this.engines = engines
  }

  add(task: TaskRecord): void {
    task.group = this
    this.size += 1
    const { tail } = this
    if (tail === undefined || compareTasks(tail, task) < 0) {
      task.lane = 'list'
      task.previous = tail
      if (tail === undefined) this.head = task
      else tail.next = task
      this.tail = task
      return
    }
    task.lane = 'heap'
    this.heap ??= new TinyQueue([], compareTasks)
    this.heap.push(task)
    this.inHeap += 1
  }

  remove(task: TaskRecord): void {
    this.size -= 1
    task.group = undefined
    if (task.lane === 'list') {
      if (task.previous === undefined) this.head = task.next
      else task.previous.next = task.next
      if (task.next === undefined) this.tail = task.previous
      else task.next.previous = task.previous
      task.previous = undefined
      task.next = undefined
    } else {
      this.inHeap -= 1
    }
    task.lane = 'none'
    if (this.heap !== undefined) this.prune(this.heap)
  }

  /** The one that goes first; undefined when empty. */
  first(): TaskRecord | undefined {
    if (this.inHeap === 0) return this.head
    const released = this.heap?.peek()
    if (this.head === undefined || released === undefined) return this.head ?? released
    return compareTasks(this.head, released) < 0 ? this.head : released
  }

  *[Symbol.iterator](): IterableIterator<TaskRecord> {
    for (let task = this.head; task !== undefined; task = task.next) yield task
    if (this.heap === undefined) return
    for (const task of new Set(this.heap.data)) if (this.inMyHeap(task)) yield task
  }

  /** Keeps one that is still here on top, and those that have left fewer than those that stay. */
  private prune(heap: TinyQueue<TaskRecord>): void {
    for (let top = heap.peek(); top !== undefined && !this.inMyHeap(top); top = heap.peek()) heap.pop()
    if (heap.length <= 2 * this.inHeap + 32) return
    const staying = new Set(heap.data.filter((task) => this.inMyHeap(task)))
    this.heap = new TinyQueue([...staying], compareTasks)
  }

  private inMyHeap(task: TaskRecord): boolean {
    return task.group === this && task.lane === 'heap'
  }
}
