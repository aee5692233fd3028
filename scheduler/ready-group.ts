import TinyQueue from 'tinyqueue'
import type { EngineId } from '../core/ids.ts'
import type { TaskRecord } from './task.ts'
import { TaskList } from './task-list.ts'

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
 * costs O(1); those that come out of order (returned, released late, of higher priority) in a heap; those that the strategy passed by since
 * something changed in a list of their own.
 *
 * Invariants: `size` counts those whose `group` is this one, and `passed` those of them with lane 'passed'; the lists are sorted and hold exactly
 * those with lane 'list' and 'passed'; the heap holds all those with lane 'heap' and perhaps some that have left, at most as many as stay,
 * plus 32.
 */
export class ReadyGroup {
  readonly key: string
  readonly kind: GroupKind
  readonly engines: readonly EngineId[]
  size = 0
  passed = 0
  /** Among the groups to be looked at in this step. */
  dirty = false
  private list = new TaskList()
  private passedList = new TaskList()
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
    this.open(task)
  }

  private open(task: TaskRecord): void {
    const { tail } = this.list
    if (tail === undefined || compareTasks(tail, task) < 0) {
      task.lane = 'list'
      this.list.append(task)
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
    this.takeOut(task)
  }

  private takeOut(task: TaskRecord): void {
    if (task.lane === 'list') this.list.remove(task)
    else if (task.lane === 'heap') this.inHeap -= 1
    else {
      this.passedList.remove(task)
      this.passed -= 1
    }
    task.lane = 'none'
    if (this.heap !== undefined) this.prune(this.heap)
  }

  /** The one that goes first of those not passed by; undefined where there is none. */
  first(): TaskRecord | undefined {
    const { head } = this.list
    if (this.inHeap === 0) return head
    const released = this.heap?.peek()
    if (head === undefined || released === undefined) return head ?? released
    return compareTasks(head, released) < 0 ? head : released
  }

  /** The first one is passed by: it stays, and is not the first until `reopen`. */
  pass(task: TaskRecord): void {
    this.takeOut(task)
    task.lane = 'passed'
    this.passedList.append(task)
    this.passed += 1
  }

  /** Those that were passed by are to be asked about again. */
  reopen(): void {
    const [passed, later] = [this.passedList, this.list]
    this.passedList = new TaskList()
    this.passed = 0
    const isBefore = later.head === undefined || compareTasks(passed.tail as TaskRecord, later.head) < 0
    // As a rule they all come before the others, since those have not been asked about.
    if (isBefore) {
      for (let task = passed.head; task !== undefined; task = task.next) task.lane = 'list'
      this.list = passed.followedBy(later)
      return
    }
    for (let task = passed.head; task !== undefined; task = passed.head) {
      passed.remove(task)
      this.open(task)
    }
  }

  *[Symbol.iterator](): IterableIterator<TaskRecord> {
    for (let task = this.passedList.head; task !== undefined; task = task.next) yield task
    for (let task = this.list.head; task !== undefined; task = task.next) yield task
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
