/** A scheduler's core under load, without links or executors: engines answer at once, in batches, as links deliver them. */
import type { SessionId, TaskId } from '../core/ids.ts'
import type { AttemptResult, Effect, TaskSpec } from '../scheduler/events.ts'
import { createScheduler, type SchedulerConfig, type SchedulerState } from '../scheduler/state.ts'
import { step } from '../scheduler/step.ts'

const client = 'benchmark' as SessionId
const batchSize = 100
let serial = 0

export function specs(count: number, extra: Partial<TaskSpec> = {}): TaskSpec[] {
  return Array.from({ length: count }, () => {
    serial += 1
    return { id: `s${serial.toString(36)}.${serial}` as TaskId, client, body: undefined, ...extra }
  })
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

export interface Load {
  readonly perTaskUs: number
  readonly worstStepMs: number
}

/** submit → assign → finish of all tasks, with about `backlog` of them queued or assigned at any time. */
export function run(state: SchedulerState, tasks: TaskSource, backlog: number): Load {
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
  return { perTaskUs: ((performance.now() - begin) * 1000) / tasks.length, worstStepMs }
}
