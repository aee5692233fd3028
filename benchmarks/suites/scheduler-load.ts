/** A scheduler's core under load, without links or executors: engines answer at once, in batches, as links deliver them. */
import { type SessionId, type TaskId, taskId } from '../../core/ids.ts'
import type { AttemptResult, Effect, TaskSpec } from '../../scheduler/events.ts'
import { createScheduler, type SchedulerConfig, type SchedulerState } from '../../scheduler/state.ts'
import { step } from '../../scheduler/step.ts'

export const client = 'benchmark' as SessionId
const batchSize = 100
let serial = 0

export function specs(count: number, extra: Partial<TaskSpec> = {}): TaskSpec[] {
  return newIds(count).map((id) => ({ id, client, body: undefined, ...extra }))
}

/** Decoded, as those from a link are: a string that was just put together is another kind of object. */
export function newIds(count: number): TaskId[] {
  const first = serial + 1
  serial += count
  return JSON.parse(JSON.stringify(Array.from({ length: count }, (_, i) => taskId(client, first + i))))
}

/** With engines 0, 1, … */
export function scheduler(engines: number, config: SchedulerConfig): SchedulerState {
  const state = createScheduler({ retention: { countMax: 10_000, purgedMax: 10_000 }, ...config })
  for (let engine = 0; engine < engines; engine += 1) step(state, { type: 'engineJoined', engine }, 0)
  return state
}

export function submit(state: SchedulerState, tasks: readonly TaskSpec[]): void {
  for (let i = 0; i < tasks.length; i += batchSize) {
    step(state, { type: 'submit', tasks: tasks.slice(i, i + batchSize) }, 0)
  }
}

class Answers {
  private readonly byEngine = new Map<number, AttemptResult[]>()
  private order: number[] = []
  private head = 0

  take(effects: readonly Effect[]): void {
    for (const effect of effects) {
      if (effect.type !== 'assign') continue
      const { id } = effect.task
      const result: AttemptResult = {
        id,
        attempt: effect.attempt,
        outcome: 'succeeded',
        durationMs: 0.01,
        output: undefined,
      }
      const results = this.byEngine.get(effect.engine)
      if (results === undefined) {
        this.byEngine.set(effect.engine, [result])
        this.order.push(effect.engine)
      } else results.push(result)
    }
  }

  next(): { engine: number; results: AttemptResult[] } | undefined {
    const engine = this.order[this.head]
    if (engine === undefined) return undefined
    this.head += 1
    if (this.head > 10_000) {
      this.order = this.order.slice(this.head)
      this.head = 0
    }
    const results = this.byEngine.get(engine) ?? []
    this.byEngine.delete(engine)
    return { engine, results }
  }
}

/** Tasks that are made when they are asked for, or a list of them. */
export interface TaskSource {
  readonly length: number
  slice(from: number, to: number): TaskSpec[]
}

/** As `ipyparallel_scheduler.py` does it: one event for each task's submission and end, and as many under way as there are slots. */
export function runOneByOne(state: SchedulerState, tasks: readonly TaskSpec[], slots: number): number {
  reachable.add(state)
  const answers = new Answers()
  const begin = performance.now()
  let submitted = 0
  for (let done = 0; done < tasks.length; done += 1) {
    while (submitted < tasks.length && submitted - done < slots) {
      const task = tasks[submitted] as TaskSpec
      submitted += 1
      answers.take(step(state, { type: 'submit', tasks: [task] }, 0))
    }
    const answer = answers.next()
    if (answer === undefined) throw new Error(`Nothing to do after ${done} of ${tasks.length} tasks.`)
    answers.take(step(state, { type: 'ended', ...answer }, 0))
  }
  reachable.clear()
  return ((performance.now() - begin) * 1000) / tasks.length
}

export interface Load {
  readonly perTaskUs: number
  readonly worstStepMs: number
}

/**
 * V8 marks what hangs on globals while the program runs, and looks at the stack only in the pause that ends a collection: a
 * scheduler that only the stack knows would be marked in that pause, all of it. A controller's does not live on the stack.
 */
const reachable = new Set<unknown>()

/** submit → assign → finish of all tasks, with about `backlog` of them queued or assigned at any time. */
export function run(state: SchedulerState, tasks: TaskSource, backlog: number): Load {
  reachable.add(state).add(tasks)
  const answers = new Answers()
  let submitted = 0
  let done = 0
  let worstStepMs = 0
  const begin = performance.now()
  while (done < tasks.length) {
    const before = performance.now()
    if (submitted < tasks.length && submitted - done <= backlog) {
      const batch = tasks.slice(submitted, submitted + batchSize)
      submitted += batch.length
      answers.take(step(state, { type: 'submit', tasks: batch }, before))
    } else {
      const answer = answers.next()
      if (answer === undefined) throw new Error(`Nothing to do after ${done} of ${tasks.length} tasks.`)
      done += answer.results.length
      answers.take(step(state, { type: 'ended', ...answer }, before))
    }
    worstStepMs = Math.max(worstStepMs, performance.now() - before)
  }
  reachable.clear()
  return { perTaskUs: ((performance.now() - begin) * 1000) / tasks.length, worstStepMs }
}
