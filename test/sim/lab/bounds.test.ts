import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { type StrategyLike, strategy } from '../../../scheduler/strategies/strategy.ts'
import { exponential } from '../../../sim/lab/distributions.ts'
import { engines } from '../../../sim/lab/engine-spec.ts'
import { generateGraph } from '../../../sim/lab/generate/generate-graph.ts'
import { forkJoin, layered, mapReduce, randomGraph, stencil, tree } from '../../../sim/lab/generate/graph-shapes.ts'
import { lowerBoundMs } from '../../../sim/lab/lower-bound.ts'
import { simulateWorkload } from '../../../sim/lab/simulate-workload.ts'
import { workloadOf } from '../../../sim/lab/workload-of.ts'
import { type BoundTask, leastMakespan, tailsOf } from './least-makespan.ts'

/** None of them leaves an engine idle while a task is ready, so that each is list scheduling; which task goes first is drawn with the tasks. */
const workConserving: readonly StrategyLike[] = [
  'leastload',
  'lru',
  'plainrandom',
  'twobin',
  'weighted',
  'pure',
  'powerOf2',
]

/** The longest of the ready ones first. */
const longestFirst = strategy('longestFirst', {
  information: 'estimates',
  start: ({ estimates }) => ({
    rank: (task) => -(estimates.durationMs(task) ?? 0),
    choose: (_task, free) => free.leastLoaded(),
  }),
})

function makespanOf(tasks: readonly BoundTask[], machines: number, like: StrategyLike): number {
  const settings = { engines: engines(machines), strategy: like, hwm: 1, information: 'exact' } as const
  return Math.max(...simulateWorkload(workloadOf(tasks), settings).endMs)
}

const durationMs = fc.integer({ min: 1, max: 12 })
const independent = fc.array(
  durationMs.map((ms): BoundTask => ({ durationMs: ms, after: [] })),
  {
    minLength: 1,
    maxLength: 7,
  },
)
/** Each waits for some of those before it. */
const linked = fc
  .array(fc.record({ durationMs, before: fc.array(fc.nat(6), { maxLength: 2 }) }), { minLength: 1, maxLength: 7 })
  .map((list) =>
    list.map(
      ({ durationMs: ms, before }, task): BoundTask => ({
        durationMs: ms,
        after: [...new Set(before.filter((other) => other < task))],
      }),
    ),
  )
const machines = fc.integer({ min: 1, max: 4 })
const runs = { numRuns: 150 }

/** Both are whole numbers, or small multiples of them. */
function within(makespanMs: number, boundMs: number): void {
  expect(makespanMs).toBeLessThanOrEqual(boundMs + 1e-9)
}

test('trying everything finds what is known to be the least', () => {
  const free = (...list: number[]) => list.map((ms): BoundTask => ({ durationMs: ms, after: [] }))
  expect(leastMakespan(free(3, 3, 2, 2, 2), 2)).toBe(6)
  expect(leastMakespan(free(1, 1, 1, 1, 1, 1, 3), 3)).toBe(3)
  expect(leastMakespan(free(5, 5, 4, 4, 3, 3, 3), 3)).toBe(9)
  // It pays to leave a machine idle: the long chain must not wait behind the 3.
  const chain = [
    { durationMs: 3, after: [] },
    { durationMs: 1, after: [] },
    { durationMs: 9, after: [1] },
    { durationMs: 1, after: [] },
  ]
  expect(leastMakespan(chain, 2)).toBe(10)
  fc.assert(
    fc.property(linked, machines, (tasks, m) => {
      const bound = lowerBoundMs(workloadOf(tasks), engines(m))
      expect(leastMakespan(tasks, m)).toBeGreaterThanOrEqual(bound - 1e-9)
      expect(leastMakespan(tasks, 7)).toBe(Math.max(...tailsOf(tasks)))
      expect(leastMakespan(tasks, 1)).toBe(tasks.reduce((sum, task) => sum + task.durationMs, 0))
    }),
    runs,
  )
})

describe('list scheduling takes at most 2 − 1/m times the optimum (Graham 1966, 1969)', () => {
  test.for([
    ['independent tasks', independent],
    ['tasks that wait for others', linked],
  ] as const)('%s', ([, arbitrary]) => {
    fc.assert(
      fc.property(arbitrary, machines, (tasks, m) => {
        const least = leastMakespan(tasks, m)
        for (const like of [...workConserving, longestFirst]) {
          const makespanMs = makespanOf(tasks, m, like)
          expect(makespanMs).toBeGreaterThanOrEqual(least)
          within(makespanMs, (2 - 1 / m) * least)
        }
      }),
      runs,
    )
  })

  test('and that much where the long task comes last', () => {
    for (const m of [2, 3]) {
      const short = Array.from({ length: m * (m - 1) }, (): BoundTask => ({ durationMs: 1, after: [] }))
      const tasks = [...short, { durationMs: m, after: [] }]
      expect(leastMakespan(tasks, m)).toBe(m)
      for (const like of workConserving) expect(makespanOf(tasks, m, like)).toBe(2 * m - 1)
    }
  })

  test('but not where engines may idle', () => {
    const onlyFirst = strategy('onlyFirst', (_task, free) => (free.at(0).id === 0 ? free.at(0) : 'hold'))
    const tasks = Array.from({ length: 4 }, (): BoundTask => ({ durationMs: 5, after: [] }))
    expect(makespanOf(tasks, 2, onlyFirst)).toBeGreaterThan((2 - 1 / 2) * leastMakespan(tasks, 2))
  })
})

describe('the longest first takes at most 4/3 − 1/(3m) times the optimum (Graham 1969)', () => {
  test('of independent tasks', () => {
    fc.assert(
      fc.property(independent, machines, (tasks, m) => {
        within(makespanOf(tasks, m, longestFirst), (4 / 3 - 1 / (3 * m)) * leastMakespan(tasks, m))
      }),
      { numRuns: 300 },
    )
  })

  test('and that much for 2m + 1 tasks of 2m − 1, …, m', () => {
    for (const m of [2, 3]) {
      const longer = Array.from(
        { length: 2 * m },
        (_, i): BoundTask => ({ durationMs: 2 * m - 1 - (i >> 1), after: [] }),
      )
      const tasks = [...longer, { durationMs: m, after: [] }]
      expect(leastMakespan(tasks, m)).toBe(3 * m)
      expect(makespanOf(tasks, m, longestFirst)).toBe(4 * m - 1)
    }
  })

  test('which the order of submission does not', () => {
    const tasks = [1, 1, 2].map((ms): BoundTask => ({ durationMs: ms, after: [] }))
    expect(makespanOf(tasks, 2, 'leastload')).toBeGreaterThan((4 / 3 - 1 / 6) * leastMakespan(tasks, 2))
  })
})

describe('graphs of every shape', () => {
  const settings = { durations: exponential(100), bytes: exponential(1e6) }
  const graphs = [
    randomGraph({ tasks: 200, probability: 0.03 }),
    layered({ layers: 12, width: 15, probability: 0.2 }),
    forkJoin({ stages: 6, width: 25 }),
    mapReduce({ maps: 40, reduces: 9 }),
    stencil({ width: 12, steps: 14 }),
    tree({ levels: 7, arity: 2 }),
    tree({ levels: 7, arity: 2, direction: 'in' }),
  ].flatMap((shape) => [1, 2].map((seed) => generateGraph(shape, { ...settings, seed })))

  test('without transfers no work-conserving strategy takes longer than T₁/P + T∞ (1 − 1/P), nor less than the larger of T₁/P and T∞', () => {
    for (const graph of graphs) {
      const work = graph.durationMs.reduce((sum, ms) => sum + ms, 0)
      const span = lowerBoundMs(graph, engines(graph.size))
      for (const count of [1, 3, 8]) {
        for (const like of [...workConserving, longestFirst]) {
          const run = simulateWorkload(graph, {
            engines: engines(count),
            strategy: like,
            hwm: 1,
            information: 'exact',
          })
          const makespanMs = Math.max(...run.endMs)
          expect(makespanMs).toBeLessThanOrEqual((work / count + span * (1 - 1 / count)) * (1 + 1e-12))
          expect(makespanMs).toBeGreaterThanOrEqual(Math.max(work / count, span) * (1 - 1e-12))
        }
      }
    }
  })

  test('whatever the engines and the network, nothing takes less than the lower bound', () => {
    const unequal = [{ cores: 2, speed: 2 }, { speed: 0.5 }, { cores: 3 }]
    for (const graph of graphs) {
      const bound = lowerBoundMs(graph, unequal)
      for (const like of workConserving) {
        for (const network of [{ model: 'instant' }, { model: 'maxmin', bytesPerSecond: 1e8 }] as const) {
          for (const hwm of [0, 1, 'cores'] as const) {
            const { endMs } = simulateWorkload(graph, { engines: unequal, strategy: like, hwm, network })
            expect(Math.max(...endMs)).toBeGreaterThanOrEqual(bound * (1 - 1e-12))
          }
        }
      }
    }
  })
})
