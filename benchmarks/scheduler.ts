/** What scheduling costs, the core alone: by strategy and number of engines, beside blocked tasks, in memory, and on a large graph. */
import { execFile } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import type { TaskSpec } from '../scheduler/events.ts'
import { ipyparallelScheduler, type PeerFigures } from './peers/ipyparallel-scheduler.ts'
import type { GraphDrain } from './scheduler-graph.ts'
import { run, runOneByOne, scheduler, specs, submit } from './scheduler-load.ts'
import { decimals, table, thousands } from './table.ts'

const strategies = ['leastload', 'lru', 'plainrandom', 'twobin', 'weighted', 'pure', 'powerOf2']

export interface SchedulerFigures {
  /** Tasks a second, the median of the rounds, with the lowest and highest. */
  readonly throughput: readonly {
    readonly strategy: string
    readonly engines: number
    readonly rate: number
    readonly range: readonly [number, number]
  }[]
  /** Microseconds a task that is not blocked. */
  readonly blocked: readonly { readonly by: string; readonly count: number; readonly perTaskUs: number }[]
  readonly bytesPerQueuedTask: number
  readonly graph: GraphDrain
  /** Absent where it is not installed; `here` is this scheduler doing the same, one event for each submission and each end. */
  readonly ipyparallel?: PeerFigures & { readonly here: number }
}

interface Sizes {
  readonly tasks: number
  readonly rounds: number
  readonly engines: readonly number[]
  readonly blocked: readonly number[]
  readonly graph: number
}

const full: Sizes = {
  tasks: 200_000,
  rounds: 5,
  engines: [1, 100, 1_000, 10_000],
  blocked: [0, 10_000, 1_000_000],
  graph: 1_000_000,
}
const quick: Sizes = { tasks: 10_000, rounds: 1, engines: [1, 100], blocked: [0, 10_000], graph: 10_000 }

export async function benchScheduler(isQuick: boolean): Promise<SchedulerFigures> {
  const sizes = isQuick ? quick : full
  const throughput = measureThroughput(sizes)
  const blocked = measureBlocked(sizes)
  const bytesPerQueuedTask = measureMemory(sizes.tasks * 5)
  const graph = await measureGraph(sizes.graph)
  printMemoryAndGraph(bytesPerQueuedTask, graph)
  const ipyparallel = await measurePeer(isQuick)
  return { throughput, blocked, bytesPerQueuedTask, graph, ...(ipyparallel ? { ipyparallel } : {}) }
}

/** Rounds are interleaved, so that a busy moment of the machine falls on all alike. */
function measureThroughput({ tasks, rounds, engines }: Sizes): SchedulerFigures['throughput'] {
  run(scheduler(100, {}), specs(tasks), 50_000)
  const cases = strategies.flatMap((strategy) =>
    engines.map((count) => ({ strategy, engines: count, rates: [] as number[] })),
  )
  for (let round = 0; round < rounds; round += 1) {
    for (const one of cases) {
      const { perTaskUs } = run(scheduler(one.engines, { strategy: one.strategy, hwm: 4 }), specs(tasks), 50_000)
      one.rates.push(1e6 / perTaskUs)
    }
  }
  const found = cases.map(({ rates, ...one }) => {
    return { ...one, rate: median(rates), range: [Math.min(...rates), Math.max(...rates)] as const }
  })
  const rateOf = (strategy: string, count: number) =>
    found.find((one) => one.strategy === strategy && one.engines === count)?.rate ?? Number.NaN
  const [few, many] = [engines.includes(100) ? 100 : 1, engines.at(-1) as number]
  console.log(`submit → assign → finish, tasks a second by number of engines (hwm 4, median of ${rounds})`)
  table(
    ['strategy', ...engines.map(thousands), `cost at ${thousands(many)} / ${few}`],
    strategies.map((strategy) => [
      strategy,
      ...engines.map((count) => thousands(rateOf(strategy, count))),
      decimals(rateOf(strategy, few) / rateOf(strategy, many), 2),
    ]),
  )
  return found
}

function measureBlocked({ tasks, rounds, blocked }: Sizes): SchedulerFigures['blocked'] {
  const cases = (['busy targets', 'a dependency'] as const).flatMap((by) =>
    blocked.map((count) => ({ by, count, costs: [] as number[] })),
  )
  for (let round = 0; round < rounds; round += 1) {
    for (const { by, count, costs } of cases) costs.push(costBeside(count, by === 'busy targets', tasks))
  }
  const found = cases.map(({ costs, ...one }) => ({ ...one, perTaskUs: median(costs) }))
  console.log('\nmicroseconds a task, beside others that are blocked')
  const cost = (by: string, count: number) => found.find((one) => one.by === by && one.count === count)?.perTaskUs ?? 0
  table(
    ['blocked by', ...blocked.map(thousands), 'most / none'],
    ['busy targets', 'a dependency'].map((by) => [
      by,
      ...blocked.map((count) => decimals(cost(by, count), 2)),
      decimals(cost(by, blocked.at(-1) as number) / cost(by, 0), 2),
    ]),
  )
  return found
}

/** Microseconds a task beside `count` that are blocked. */
function costBeside(count: number, byTarget: boolean, tasks: number): number {
  const state = scheduler(100, { hwm: 4 })
  // An engine that never answers: what is bound to it, or waits for what runs there, stays blocked.
  const [stuck] = specs(1, { targets: [99] }) as [TaskSpec]
  submit(state, [stuck, ...specs(3, { targets: [99] })])
  const after = [{ ids: [stuck.id], all: true, success: true, failure: false }]
  submit(state, specs(count, byTarget ? { targets: [99] } : { after }))
  globalThis.gc?.()
  return run(state, specs(tasks), 50_000).perTaskUs
}

function median(values: readonly number[]): number {
  return [...values].sort((a, b) => a - b)[values.length >> 1] as number
}

function measureMemory(count: number): number {
  const state = scheduler(0, {})
  const tasks = specs(count)
  const before = heapUsed()
  submit(state, tasks)
  return (heapUsed() - before) / count
}

function heapUsed(): number {
  globalThis.gc?.()
  globalThis.gc?.()
  return process.memoryUsage().heapUsed
}

async function measureGraph(count: number): Promise<GraphDrain> {
  const program = fileURLToPath(new URL('./scheduler-graph.ts', import.meta.url))
  // Without a limit V8 lets garbage lie, and the peak says nothing.
  const limits = ['--max-old-space-size=1400']
  const { stdout } = await promisify(execFile)(process.execPath, [...limits, '--import', 'tsx', program, String(count)])
  return JSON.parse(stdout) as GraphDrain
}

function printMemoryAndGraph(bytes: number, graph: GraphDrain): void {
  console.log('\nmemory, and a graph that is submitted whole and drained by 100 engines, in a process of its own')
  const row = (what: string, value: string, target: string) => [what, value, target]
  table(
    ['', 'measured', 'target'],
    [
      row('bytes a queued task', thousands(bytes), '≤ 500'),
      row(`${thousands(graph.tasks)} tasks, ${thousands(graph.edges)} edges, seconds`, decimals(graph.seconds, 1), ''),
      row('its peak memory, MiB (heap limited to 1,400)', thousands(graph.peakMiB), '≤ 1,536'),
      row('its longest event, ms', decimals(graph.worstStepMs, 1), '≤ 50'),
      row('its longest pause for garbage collection, ms', decimals(graph.worstCollectionMs, 1), '≤ 50'),
    ],
  )
}

async function measurePeer(isQuick: boolean): Promise<SchedulerFigures['ipyparallel']> {
  const peer = await ipyparallelScheduler(isQuick)
  if (peer === undefined) {
    console.log(
      '\nipyparallel is not installed for /usr/bin/python3 (apt-get install python3-ipyparallel): not compared',
    )
    return undefined
  }
  const engines = 100
  const here = 1e6 / runOneByOne(scheduler(engines, { hwm: 1 }), specs(isQuick ? 10_000 : 200_000), engines)
  console.log(
    `\nbeside ipyparallel ${peer.version}, its own TaskScheduler without sockets, leastload, hwm 1, ${engines} engines`,
  )
  table(
    ['', 'ipyparallel', 'here, one event each', 'ratio'],
    [['tasks a second', thousands(peer.rate), thousands(here), decimals(here / peer.rate, 0)]],
  )
  table(
    ['its cost of a task, µs, beside blocked ones', ...peer.blocked.map(({ count }) => thousands(count))],
    [['', ...peer.blocked.map(({ perTaskUs }) => thousands(perTaskUs))]],
  )
  return { ...peer, here }
}
