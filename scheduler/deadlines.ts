import TinyQueue from 'tinyqueue'
import type { SchedulerState } from './state.ts'
import type { TaskRecord } from './task.ts'

/** One running queue timeout; without a task once it was disarmed. */
export interface Timer {
  readonly at: number
  task: TaskRecord | undefined
}

/**
 * The queue timeouts, soonest first.
 *
 * Invariant: `armed` timers are here, each the `timer` of its task, and at most as many disarmed ones, plus 64.
 */
export class Deadlines {
  armed = 0
  private heap = new TinyQueue<Timer>([], sooner)

  /** Timers kept, void ones included. */
  get size(): number {
    return this.heap.length
  }

  arm(task: TaskRecord, at: number): void {
    task.timer = { at, task }
    this.heap.push(task.timer)
    this.armed += 1
  }

  /** The task ended or began: its limit is void. */
  disarm(task: TaskRecord): void {
    task.overdue = false
    if (task.timer === undefined) return
    task.timer.task = undefined
    task.timer = undefined
    this.armed -= 1
    if (this.heap.length <= 2 * this.armed + 64) return
    this.heap = new TinyQueue(
      this.heap.data.filter((timer) => timer.task !== undefined),
      sooner,
    )
  }

  /** When the next one is due; Infinity when none is. */
  next(): number {
    let top = this.heap.peek()
    while (top !== undefined && top.task === undefined) {
      this.heap.pop()
      top = this.heap.peek()
    }
    return top?.at ?? Number.POSITIVE_INFINITY
  }

  /** Takes out one that is due; undefined when none is. */
  takeDue(now: number): TaskRecord | undefined {
    if (this.next() > now) return undefined
    const task = this.heap.pop()?.task
    if (task === undefined) return undefined
    task.timer = undefined
    this.armed -= 1
    return task
  }
}

function sooner(a: Timer, b: Timer): number {
  return a.at - b.at
}

/** When the next `tick` is due, on the clock given to `step`; undefined when none is. */
export function nextDeadline(state: SchedulerState): number | undefined {
  const at = state.deadlines.next()
  return at === Number.POSITIVE_INFINITY ? undefined : at
}
