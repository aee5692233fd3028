/** What scheduling costs, the core alone: by strategy and number of engines, beside blocked tasks, in memory, and on a large graph. */
import { execFile } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import type { TaskSpec } from '../../scheduler/events.ts'
import { ipyparallelScheduler, type PeerFigures } from '../peers/ipyparallel-scheduler.ts'
import type { Case, Measure, Suite, Target } from '../suite.ts'
import type { GraphDrain } from './scheduler-graph-main.ts'
import { run, runOneByOne, scheduler as schedulerWith, specs, submit } from './scheduler-load.ts'

const strategies = ['leastload', 'lru', 'plainrandom', 'twobin', 'weighted', 'pure', 'powerOf2']

interface Sizes {
  readonly tasks: number
  readonly engines: readonly number[]
  readonly blocked: readonly number[]
  readonly graph: number
  readonly peerTasks: number
}

const sizesOf: Record<'least' | 'quick' | 'full', Sizes> = {
  least: { tasks: 1_000, engines: [100], blocked: [0, 100], graph: 2_000, peerTasks: 20 },
  quick: { tasks: 10_000, engines: [1, 100], blocked: [0, 10_000], graph: 10_000, peerTasks: 400 },
  full: {
    tasks: 200_000,
    engines: [1, 100, 1_000, 10_000],
    blocked: [0, 10_000, 1_000_000],
    graph: 1_000_000,
    peerTasks: 8_000,
  },
}

export const scheduler: Suite = {
  async open({ size }) {
    const sizes = sizesOf[size]
    const peer = await ipyparallelScheduler(sizes.peerTasks)
    return {
      measures: [
        throughput(sizes),
        besideBlocked(sizes),
        memory(sizes),
        graph(sizes),
        ...(peer ? peers(peer, sizes) : []),
      ],
      notes: peer
        ? [`Beside ipyparallel ${peer.version}: its own TaskScheduler without sockets, leastload, hwm 1, 100 engines.`]
        : ['ipyparallel is not installed for /usr/bin/python3 (apt-get install python3-ipyparallel): not compared.'],
      close: async () => {},
    }
  },
}

function throughput({ tasks, engines }: Sizes): Measure {
  const cases = strategies.flatMap((strategy) =>
    engines.map(
      (count): Case => ({
        subject: strategy,
        at: count,
        ...(count === 100 ? {} : { reference: { at: 100 } }),
        targets: throughputTargets(strategy, count),
        take() {
          const { perTaskUs } = run(schedulerWith(count, { strategy, hwm: 4 }), specs(tasks), 50_000)
          return { rate: 1e6 / perTaskUs, cost: perTaskUs }
        },
      }),
    ),
  )
  return {
    name: 'submit → assign → finish, hwm 4',
    figures: {
      rate: { unit: 'tasks/s', better: 'higher', isComparable: false },
      cost: { unit: 'µs a task', better: 'lower' },
    },
    parameter: { name: 'engines' },
    cases,
  }
}

function besideBlocked({ tasks, blocked }: Sizes): Measure {
  const cases = (['by busy targets', 'by a dependency'] as const).flatMap((by) =>
    blocked.map(
      (count): Case => ({
        subject: by,
        at: count,
        ...(count === 0 ? {} : { reference: { at: 0 } }),
        targets:
          count === 1_000_000
            ? [{ figure: 'cost', promise: `a task beside 1,000,000 blocked ${by}`, to: { at: 0 }, atMost: 1.25 }]
            : [],
        take: () => ({ cost: costBeside(count, by === 'by busy targets', tasks) }),
      }),
    ),
  )
  return {
    name: 'a task beside others that are blocked',
    figures: { cost: { unit: 'µs a task', better: 'lower' } },
    parameter: { name: 'blocked tasks' },
    cases,
  }
}

function throughputTargets(strategy: string, engines: number): readonly Target[] {
  const promise = `the scheduler’s core alone, \`${strategy}\`, ${engines.toLocaleString('en')} engines`
  if (engines === 100 && strategy === 'leastload') return [{ figure: 'rate', promise, atLeast: 1_000_000 }]
  return engines === 10_000 ? [{ figure: 'cost', promise, to: { at: 100 }, atMost: 2 }] : []
}

/** Microseconds a task beside `count` that are blocked. */
function costBeside(count: number, byTarget: boolean, tasks: number): number {
  const state = schedulerWith(100, { hwm: 4 })
  // An engine that never answers: what is bound to it, or waits for what runs there, stays blocked.
  const [stuck] = specs(1, { targets: [99] }) as [TaskSpec]
  submit(state, [stuck, ...specs(3, { targets: [99] })])
  const after = [{ ids: [stuck.id], all: true, success: true, failure: false }]
  submit(state, specs(count, byTarget ? { targets: [99] } : { after }))
  globalThis.gc?.()
  return run(state, specs(tasks), 50_000).perTaskUs
}

function memory({ tasks }: Sizes): Measure {
  return {
    name: 'memory of a queued task, payload aside',
    once: true,
    figures: { heap: { unit: 'bytes', better: 'lower' } },
    cases: [
      {
        subject: 'the scheduler',
        targets: [{ figure: 'heap', promise: 'memory of a queued task in the scheduler, payload aside', atMost: 500 }],
        take: () => ({ heap: heapOfQueued(tasks * 5) }),
      },
    ],
  }
}

function heapOfQueued(count: number): number {
  const state = schedulerWith(0, {})
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

function graph({ graph: count }: Sizes): Measure {
  const graph = `${count.toLocaleString('en')} tasks with three edges each`
  return {
    name: `a graph of ${count.toLocaleString('en')} tasks with three edges each, submitted whole, drained by 100 engines`,
    once: true,
    figures: {
      seconds: { unit: 's', better: 'lower' },
      peak: { unit: 'MiB at most', better: 'lower' },
      event: { unit: 'ms longest event', better: 'lower' },
      pause: { unit: 'ms longest pause of the collector', better: 'lower' },
    },
    cases: [
      {
        subject: 'in a process whose heap is limited to 1,400 MiB',
        targets: [
          { figure: 'peak', promise: `${graph}: memory`, atMost: 1_536 },
          { figure: 'event', promise: `${graph}: no pause`, atMost: 50 },
          { figure: 'pause', promise: `${graph}: no pause`, atMost: 50 },
        ],
        async take() {
          const { seconds, peakMiB, worstStepMs, worstCollectionMs } = await drainGraph(count)
          return { seconds, peak: peakMiB, event: worstStepMs, pause: worstCollectionMs }
        },
      },
    ],
  }
}

async function drainGraph(count: number): Promise<GraphDrain> {
  const program = fileURLToPath(new URL('./scheduler-graph-main.js', import.meta.url))
  // Without a limit V8 lets garbage lie, and the peak says nothing.
  const { stdout } = await promisify(execFile)(process.execPath, [
    ...process.execArgv,
    '--max-old-space-size=1400',
    program,
    String(count),
  ])
  return JSON.parse(stdout) as GraphDrain
}

function peers({ rate, blocked }: PeerFigures, { tasks }: Sizes): Measure[] {
  const engines = 100
  return [
    {
      name: 'submit → assign → finish, one event for each submission and end, hwm 1',
      once: true,
      figures: { rate: { unit: 'tasks/s', better: 'higher' } },
      cases: [
        { subject: 'ipyparallel', take: () => ({ rate }) },
        {
          subject: 'here',
          reference: { subject: 'ipyparallel' },
          take: () => ({ rate: 1e6 / runOneByOne(schedulerWith(engines, { hwm: 1 }), specs(tasks), engines) }),
        },
      ],
    },
    {
      name: 'in ipyparallel, a task beside others that are blocked',
      once: true,
      figures: { cost: { unit: 'µs a task', better: 'lower' } },
      parameter: { name: 'blocked tasks' },
      cases: blocked.map(({ count, perTaskUs }) => ({
        subject: 'ipyparallel',
        at: count,
        ...(count === 0 ? {} : { reference: { at: 0 } }),
        take: () => ({ cost: perTaskUs }),
      })),
    },
  ]
}
