import type { Arbitrary } from 'fast-check'
import TinyQueue from 'tinyqueue'
import type { EngineId, SessionId, TaskId } from '../../core/ids.ts'
import type { SchedulerEvent } from '../../scheduler/events.ts'
import { createScheduler } from '../../scheduler/state.ts'
import { step } from '../../scheduler/step.ts'
import { resolveStrategy, strategies } from '../../scheduler/strategies/named.ts'
import type { StrategyLike } from '../../scheduler/strategies/strategy.ts'
import type { FastCheck } from './arbitrary.ts'
import type { RunCheck } from './invariant-check.ts'

/** Tasks that arrive one after the other at identical engines which take one at a time. */
export class OpenWorkload {
  readonly engines: number
  readonly jobs: readonly Job[]
  readonly strategies: readonly StrategyLike[]

  constructor(engines: number, jobs: readonly Job[], strategies: readonly StrategyLike[]) {
    this.engines = engines
    this.jobs = jobs
    this.strategies = strategies
  }

  toString(): string {
    const lines = this.jobs.map(({ gapMs, durationMs, priority, back }, i) => {
      const after = back > 0 ? `, after t.${i - back}` : ''
      return `t.${i} ${gapMs} ms later, takes ${durationMs} ms, priority ${priority}${after}`
    })
    return [`${this.engines} engines`, ...lines].join('\n')
  }
}

interface Job {
  /** Since the one before. */
  readonly gapMs: number
  readonly durationMs: number
  readonly priority: number
  /** It runs after the job that many places before it; 0: after none. */
  readonly back: number
}

/** Those that keep the order of tasks, and never let one wait that has a place. To do otherwise takes expectations, as a rule. */
export const strategiesInOrder: readonly string[] = Object.keys(strategies).filter(
  (name) => name !== 'lateBinding' && strategies[name]?.information !== 'estimates',
)

/** Any workloads, to be run under `strategies` (default: all that have a name and take tasks in order). */
export function openWorkloads(
  fc: FastCheck,
  under: readonly StrategyLike[] = [...strategiesInOrder, 'powerOf3'],
): Arbitrary<OpenWorkload> {
  const job = fc.record({
    gapMs: fc.nat(6),
    durationMs: fc.integer({ min: 1, max: 20 }),
    priority: fc.integer({ min: 0, max: 1 }),
    back: fc.oneof({ weight: 3, arbitrary: fc.constant(0) }, fc.integer({ min: 1, max: 5 })),
  })
  return fc
    .tuple(fc.integer({ min: 1, max: 4 }), fc.array(job, { maxLength: 30, size: 'max' }))
    .map(([engines, jobs]) => new OpenWorkload(engines, jobs, under))
}

/** Checks that with identical engines and hwm 1, completion times do not depend on the strategy, if it takes tasks in order. */
export const timesDoNotDependOnStrategy: RunCheck<OpenWorkload> = {
  number: 26,
  sentence:
    'with identical engines and hwm 1, completion times do not depend on the strategy, if it takes tasks in order',
  *examine(workload) {
    const [reference, ...others] = workload.strategies
    if (reference === undefined) return
    const expected = completionTimes(workload, reference)
    for (const other of others) {
      const times = completionTimes(workload, other)
      const job = expected.findIndex((time, i) => time !== times[i])
      if (job < 0) continue
      const [first, second] = [reference, other].map((one) => resolveStrategy(one).name)
      yield `t.${job} ends at ${expected[job]} under ${first}, and at ${times[job]} under ${second}`
    }
  },
}

interface Happening {
  readonly at: number
  /** Ends before arrivals, each in the order of the jobs. */
  readonly order: number
  readonly event: SchedulerEvent
}

/** By job. Engines begin what they are sent at once, or when they are done with what they have. */
function completionTimes({ engines, jobs }: OpenWorkload, strategy: StrategyLike): number[] {
  const state = createScheduler({ strategy, hwm: 1 })
  const queue = new TinyQueue<Happening>([], (a, b) => a.at - b.at || a.order - b.order)
  const times: number[] = []
  const freeAt: number[] = []
  for (let engine: EngineId = 0; engine < engines; engine += 1) step(state, { type: 'engineJoined', engine }, 0)
  let arrival = 0
  jobs.forEach(({ gapMs, priority, back }, i) => {
    arrival += gapMs
    const after = back > 0 && i >= back ? [{ ids: [idOf(i - back)], all: true, success: true, failure: true }] : []
    const task = { id: idOf(i), client: 'open' as SessionId, priority, after, body: i }
    queue.push({ at: arrival, order: jobs.length + i, event: { type: 'submit', tasks: [task] } })
  })
  for (let next = queue.pop(); next !== undefined; next = queue.pop()) {
    const { at, event } = next
    if (event.type === 'ended') for (const { output } of event.results) times[output as number] = at
    for (const effect of step(state, event, at)) {
      if (effect.type !== 'assign') continue
      const { engine, task, attempt } = effect
      const job = task.body as number
      const durationMs = jobs[job]?.durationMs ?? 0
      const end = Math.max(at, freeAt[engine] ?? 0) + durationMs
      freeAt[engine] = end
      const result = { id: task.id, attempt, outcome: 'succeeded' as const, durationMs, output: job }
      queue.push({ at: end, order: job, event: { type: 'ended', engine, results: [result] } })
    }
  }
  return times
}

function idOf(job: number): TaskId {
  return `t.${job}` as TaskId
}
