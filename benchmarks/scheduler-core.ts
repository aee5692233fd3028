/**
 * The scheduler's core alone: submit → assign → finish, without links or executors. Run: `npx tsx benchmarks/scheduler-core.ts`.
 * Figures are taken in one process, so that their ratios mean something on a busy machine.
 */
import type { SessionId, TaskId } from '../core/ids.ts'
import type { AttemptResult, Effect, TaskSpec } from '../scheduler/events.ts'
import { createScheduler, type SchedulerConfig, type SchedulerState } from '../scheduler/state.ts'
import { step } from '../scheduler/step.ts'

const client = 'benchmark' as SessionId
const batchSize = 100
let serial = 0

function specs(count: number, extra: Partial<TaskSpec> = {}): TaskSpec[] {
  return Array.from({ length: count }, () => {
    serial += 1
    return { id: `s${serial.toString(36)}.${serial}` as TaskId, client, body: undefined, ...extra }
  })
}

function start(engines: number, config: SchedulerConfig): SchedulerState {
  const state = createScheduler({ retention: { countMax: 10_000, purgedMax: 10_000 }, ...config })
  for (let engine = 0; engine < engines; engine += 1) step(state, { type: 'engineJoined', engine }, 0)
  return state
}

/** Engines answer in batches, as links deliver them. */
class Answers {
  private readonly byEngine = new Map<number, AttemptResult[]>()
  private readonly order: number[] = []

  take(effects: readonly Effect[]): void {
    for (const effect of effects) {
      if (effect.type !== 'assign') continue
      const result = {
        id: effect.task.id,
        attempt: effect.attempt,
        outcome: 'succeeded',
        durationMs: 0.01,
        output: undefined,
      } as const
      const results = this.byEngine.get(effect.engine)
      if (results === undefined || results.length === 0) {
        this.byEngine.set(effect.engine, [result])
        this.order.push(effect.engine)
      } else results.push(result)
    }
  }

  next(): { engine: number; results: AttemptResult[] } | undefined {
    const engine = this.order.shift()
    if (engine === undefined) return undefined
    const results = this.byEngine.get(engine) ?? []
    this.byEngine.set(engine, [])
    return { engine, results }
  }
}

/** Keeps a backlog queued, and answers as it goes. Answers microseconds a task, and the longest step in milliseconds. */
function throughput(state: SchedulerState, tasks: TaskSpec[], backlog: number): { perTaskUs: number; worstMs: number } {
  const answers = new Answers()
  let submitted = 0
  let done = 0
  let worst = 0
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
    worst = Math.max(worst, performance.now() - before)
  }
  return { perTaskUs: ((performance.now() - begin) * 1000) / tasks.length, worstMs: worst }
}

function report(name: string, { perTaskUs, worstMs }: { perTaskUs: number; worstMs: number }): number {
  const rate = Math.round(1e6 / perTaskUs).toLocaleString('en')
  console.log(
    `${name.padEnd(52)} ${perTaskUs.toFixed(3).padStart(8)} µs ${rate.padStart(12)}/s   worst step ${worstMs.toFixed(1)} ms`,
  )
  return perTaskUs
}

function measure(name: string, engines: number, config: SchedulerConfig, count = 500_000, backlog = 50_000): number {
  return report(name, throughput(start(engines, config), specs(count), backlog))
}

function heap(): number {
  globalThis.gc?.()
  globalThis.gc?.()
  return process.memoryUsage().heapUsed
}

console.log('Throughput, one result a message and in batches')
for (let round = 0; round < 2; round += 1) measure(`warm-up ${round + 1}`, 100, { hwm: 4 }, 200_000)
for (const strategy of ['leastload', 'lru', 'plainrandom', 'twobin', 'weighted', 'pure', 'powerOf2']) {
  for (const hwm of [1, 16]) {
    const few = measure(`${strategy}, hwm ${hwm}, 100 engines`, 100, { strategy, hwm })
    const many = measure(`${strategy}, hwm ${hwm}, 10,000 engines`, 10_000, { strategy, hwm })
    console.log(`${''.padEnd(52)} ${(many / few).toFixed(2).padStart(8)} times the cost`)
  }
}
measure('leastload, hwm auto, 100 engines', 100, { hwm: 'auto' })

console.log('\nWith 100,000 tasks blocked')
for (const kind of ['none', 'targets busy', 'dependency'] as const) {
  const state = start(100, { hwm: 4 })
  step(state, { type: 'engineJoined', engine: 100 }, 0)
  if (kind === 'targets busy') step(state, { type: 'submit', tasks: specs(100_000, { targets: [100] }) }, 0)
  if (kind === 'dependency') {
    const [first] = specs(1, { targets: [100] }) as [TaskSpec]
    step(state, { type: 'submit', tasks: [first] }, 0)
    const after = [{ ids: [first.id], all: true, success: true, failure: false }]
    step(state, { type: 'submit', tasks: specs(100_000, { after }) }, 0)
  }
  report(`blocked: ${kind}`, throughput(state, specs(500_000), 50_000))
}

console.log('\nMemory')
for (const [name, extra] of [
  ['plain', {}],
  ['with targets', { targets: [0, 1] }],
  ['with a queue timeout', { queueTimeoutMs: 60_000 }],
] as const) {
  const state = createScheduler()
  const tasks = specs(1_000_000, extra)
  const before = heap()
  for (let i = 0; i < tasks.length; i += batchSize) {
    step(state, { type: 'submit', tasks: tasks.slice(i, i + batchSize) }, 0)
  }
  console.log(`${name.padEnd(52)} ${Math.round((heap() - before) / tasks.length)} bytes a queued task`)
}

console.log('\nA graph: 1,000,000 tasks, 3,000,000 edges')
{
  const before = heap()
  const tasks = specs(1_000_000)
  const graph = tasks.map((spec, i) => {
    const ids = [1, 7, 1_000].flatMap((back) => tasks[i - back]?.id ?? [])
    return ids.length === 0 ? spec : { ...spec, after: [{ ids, all: true, success: true, failure: false }] }
  })
  const state = start(100, { hwm: 4 })
  report('whole graph queued at once, then drained', throughput(state, graph, Number.POSITIVE_INFINITY))
  console.log(`${''.padEnd(52)} ${Math.round((heap() - before) / 2 ** 20)} MiB afterwards`)
}
