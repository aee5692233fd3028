/** What scheduling costs, the core alone: by strategy and number of engines, beside blocked tasks, in memory, and on a large graph. */
import { execFile } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import type { TaskSpec } from '../scheduler/events.ts'
import { ipyparallelScheduler, type PeerFigures } from './peers/ipyparallel-scheduler.ts'
import type { GraphDrain } from './scheduler-graph.ts'
import { run, scheduler, specs, submit } from './scheduler-load.ts'
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
  /** Absent where it is not installed. */
  readonly ipyparallel?: PeerFigures
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
  rounds: 3,
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
  const ipyparallel = await ipyparallelScheduler(isQuick)
  printMemoryAndGraph(bytesPerQueuedTask, graph)
  printPeer(ipyparallel, throughput)
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
    const sorted = rates.sort((a, b) => a - b)
    const rate = sorted[sorted.length >> 1] as number
    return { ...one, rate, range: [sorted[0] as number, sorted.at(-1) as number] as const }
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

function measureBlocked({ tasks, blocked }: Sizes): SchedulerFigures['blocked'] {
  const found = (['busy targets', 'a dependency'] as const).flatMap((by) =>
    blocked.map((count) => {
      const state = scheduler(100, { hwm: 4 })
      // An engine that never answers: what is bound to it, or waits for what runs there, stays blocked.
      const [stuck] = specs(1, { targets: [99] }) as [TaskSpec]
      submit(state, [stuck, ...specs(3, { targets: [99] })])
      const after = [{ ids: [stuck.id], all: true, success: true, failure: false }]
      submit(state, specs(count, by === 'busy targets' ? { targets: [99] } : { after }))
      const { perTaskUs } = run(state, specs(tasks), 50_000)
      return { by, count, perTaskUs }
    }),
  )
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

function printPeer(peer: PeerFigures | undefined, throughput: SchedulerFigures['throughput']): void {
  if (peer === undefined) {
    console.log(
      '\nipyparallel is not installed for /usr/bin/python3 (apt-get install python3-ipyparallel): not compared',
    )
    return
  }
  const ours =
    throughput.find(({ strategy, engines }) => strategy === 'leastload' && engines === 100)?.rate ?? Number.NaN
  console.log(`\nbeside ipyparallel ${peer.version}, its own TaskScheduler without sockets, leastload, 100 engines`)
  table(
    ['', 'ipyparallel', 'here', 'ratio'],
    [['tasks a second', thousands(peer.rate), thousands(ours), decimals(ours / peer.rate, 0)]],
  )
  table(
    ['its cost of a task, µs, beside blocked ones', ...peer.blocked.map(({ count }) => thousands(count))],
    [['', ...peer.blocked.map(({ perTaskUs }) => thousands(perTaskUs))]],
  )
}
