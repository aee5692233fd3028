import { expect, test } from 'vitest'
import { ConfigurationError, WorkloadError } from '../../../core/errors.ts'
import { strategy } from '../../../scheduler/strategies/strategy.ts'
import { analyse } from '../../../sim/lab/compare/analyse.ts'
import { type ComparisonSettings, compareStrategies } from '../../../sim/lab/compare/compare-strategies.ts'
import { type Comparison, scenarioLabels } from '../../../sim/lab/compare/comparison.ts'
import { enginesOf, enginesText } from '../../../sim/lab/compare/engines-text.ts'
import { networkOf, networkText } from '../../../sim/lab/compare/network-text.ts'
import { fixedWorkload, generatedWorkload } from '../../../sim/lab/compare/workload-source.ts'
import { engines } from '../../../sim/lab/engine-spec.ts'
import { workloadOf } from '../../../sim/lab/workload-of.ts'

const open = generatedWorkload('poisson:perSecond=80,tasks=400,durations=exponential:100', 'web')
const batch = generatedWorkload('batch:tasks=60,durations=pareto:100/1.5', 'batch')
const settings: ComparisonSettings = {
  workloads: [open, batch],
  strategies: ['plainrandom', 'leastload'],
  engines: engines(10),
  hwm: 0,
  repeat: 3,
}

test('strategies meet the same workload in a repetition, and another one in the next', () => {
  const { runs } = compareStrategies(settings)
  expect(runs).toHaveLength(2 * 2 * 3)
  const bounds = (workload: string, strategy: string) =>
    runs
      .filter((run) => run.scenario.workload === workload && run.strategy === strategy)
      .map(({ metrics }) => metrics.lowerBoundMs)
  for (const workload of ['web', 'batch']) {
    expect(bounds(workload, 'plainrandom')).toEqual(bounds(workload, 'leastload'))
    expect(new Set(bounds(workload, 'leastload')).size).toBe(3)
  }
})

test('27. the same settings give the same comparison', () => {
  expect(compareStrategies(settings)).toEqual(compareStrategies(settings))
  expect(compareStrategies({ ...settings, seed: 2 })).not.toEqual(compareStrategies(settings))
})

test('a comparison is plain data', () => {
  const comparison = compareStrategies({ ...settings, repeat: 1 })
  expect(JSON.parse(JSON.stringify(comparison))).toEqual(comparison)
})

test('loads stretch the times of arrival, and leave the tasks', () => {
  const probe = (loads: readonly number[]) =>
    compareStrategies({ ...settings, workloads: [open], strategies: ['leastload'], loads, repeat: 20 }).runs
  const utilisation = (load: number) => {
    const runs = probe([load])
    return runs.reduce((sum, { metrics }) => sum + metrics.utilisation, 0) / runs.length
  }
  expect(utilisation(0.3)).toBeCloseTo(0.3, 1)
  expect(utilisation(0.6)).toBeCloseTo(0.6, 1)
  const trace = workloadOf([{ durationMs: 100 }, { durationMs: 100, arrivalMs: 1_000 }])
  const [run] = compareStrategies({
    ...settings,
    workloads: [fixedWorkload('trace', trace)],
    strategies: ['lru'],
    engines: engines(1),
    loads: [0.4],
    repeat: 1,
  }).runs
  // 200 ms of work in 500 ms, then the last task.
  expect(run?.metrics.makespanMs).toBeCloseTo(600)
})

test('at half load, one engine and memoryless tasks have the response of M/M/1', () => {
  const comparison = compareStrategies({
    workloads: [generatedWorkload('poisson:perSecond=1,tasks=10000,durations=exponential:100', 'm/m/1')],
    strategies: ['leastload'],
    engines: engines(1),
    loads: [0.5],
    repeat: 10,
  })
  const { mean, halfWidth = 0 } =
    analyse(comparison, { measure: 'response', confidence: 0.99 }).scenarios[0]?.means[0] ?? {}
  expect(Math.abs((mean ?? 0) - 200)).toBeLessThan(halfWidth)
  expect(halfWidth).toBeLessThan(10)
})

test('the warm-up of drawn arrivals is left out, of nothing else unless it is asked for', () => {
  const shares = (warmUp?: 'mser' | number) =>
    compareStrategies({ ...settings, repeat: 1, ...(warmUp === undefined ? {} : { warmUp }) }).runs.map(
      ({ warmUpTasks }) => warmUpTasks,
    )
  expect(shares(0.25)).toEqual([100, 100, 15, 15])
  expect(shares().slice(2)).toEqual([0, 0])
  const climbing = compareStrategies({ ...settings, workloads: [open], loads: [3], repeat: 1 })
  expect(climbing.runs.map(({ isTooShort, warmUpTasks }) => [isTooShort, warmUpTasks])).toEqual([
    [true, 200],
    [true, 200],
  ])
})

test('a picture of the first repetition comes with it, a bar for each core', () => {
  const workload = workloadOf([
    { durationMs: 10, cores: 2 },
    { durationMs: 5, cores: 2 },
    { durationMs: 5, cores: 4, after: [1] },
  ])
  const { runs } = compareStrategies({
    workloads: [fixedWorkload('three', workload)],
    strategies: ['leastload'],
    engines: engines(1, { cores: 4 }),
    repeat: 2,
  })
  expect(runs[0]?.gantt).toEqual({
    lanes: 4,
    firstLane: [0],
    isCut: false,
    bars: [
      [0, 0, 5, 1],
      [1, 0, 5, 1],
      [2, 0, 10, 0],
      [3, 0, 10, 0],
      [0, 10, 15, 2],
      [1, 10, 15, 2],
      [2, 10, 15, 2],
      [3, 10, 15, 2],
    ],
  })
  expect(runs[1]).not.toHaveProperty('gantt')
})

/** A comparison whose makespans are given: by scenario, by repetition, by strategy. */
function made(values: Record<string, readonly (readonly number[])[]>, isFixed = false): Comparison {
  const [template] = compareStrategies({ ...settings, repeat: 1 }).runs
  if (template === undefined) throw new Error('there is a run')
  const strategies = ['a', 'b', 'c']
  const runs = Object.entries(values).flatMap(([workload, rows]) =>
    rows.flatMap((row, repetition) =>
      row.map((makespanMs, s) => ({
        ...template,
        isFixed,
        scenario: { ...template.scenario, workload },
        strategy: strategies[s] as string,
        repetition,
        metrics: { ...template.metrics, makespanMs },
      })),
    ),
  )
  return { strategies, runs }
}

test('an analysis has means, degradations, ranks, pairs and profiles', () => {
  const rows = [
    [10, 20, 10],
    [10, 30, 20],
    [20, 30, 10],
    [10, 40, 20],
    [10, 50, 20],
    [10, 60, 20],
  ]
  const { scenarios, blocks, friedman, pairs, profile } = analyse(made({ x: rows }), { measure: 'makespan' })
  expect(blocks).toBe(6)
  expect(scenarios[0]?.means.map(({ mean }) => mean)).toEqual([70 / 6, 230 / 6, 100 / 6])
  // Against the best of each repetition.
  expect(scenarios[0]?.degradation.map((one) => Number(one.toFixed(4)))).toEqual([0.1667, 2.8333, 0.6667])
  expect(friedman?.meanRanks.map((rank) => Number(rank.toFixed(4)))).toEqual([1.25, 3, 1.75])
  const [ab, ac, bc] = pairs
  expect(ab).toMatchObject({ first: 'a', second: 'b', wins: 6, draws: 0, test: { pValue: 2 / 64, rankBiserial: -1 } })
  expect(ac).toMatchObject({ first: 'a', second: 'c', wins: 4, draws: 1, test: { n: 5 } })
  expect(bc).toMatchObject({ first: 'b', second: 'c', wins: 0, test: { pValue: 2 / 64, rankBiserial: 1 } })
  expect(ab?.adjusted).toBeCloseTo(3 * (2 / 64), 12)
  expect(profile[0]).toEqual([
    { factor: 1, share: 5 / 6 },
    { factor: 2, share: 1 },
  ])
  expect(scenarios[0]?.pairs).toEqual(pairs)
})

test('repetitions of a fixed workload are no blocks of their own', () => {
  const rows = Array.from({ length: 20 }, () => [10, 20, 30])
  const { blocks, friedman, pairs, scenarios } = analyse(made({ x: rows, y: rows }, true), { measure: 'makespan' })
  expect(blocks).toBe(2)
  expect(friedman).toMatchObject({ blocks: 2, meanRanks: [1, 2, 3] })
  expect(pairs[0]?.test).toMatchObject({ n: 2, pValue: 0.5 })
  expect(scenarios[0]?.pairs).toEqual([])
})

test('costs of 0 have factors, too', () => {
  const { pairs, profile, scenarios } = analyse(made({ x: [[0, 0, 5]] }), { measure: 'makespan' })
  expect(pairs.map(({ difference }) => difference.mean)).toEqual([0, -2, -2])
  expect(profile[2]).toEqual([])
  expect(scenarios[0]?.degradation).toEqual([0, 0, Number.POSITIVE_INFINITY])
})

test('an analysis of what is incomplete says what is missing', () => {
  const { strategies, runs } = made({ x: [[1, 2, 3]] })
  const analysis = () => analyse({ strategies, runs: runs.slice(0, 2) }, { measure: 'makespan' })
  expect(analysis).toThrow(ConfigurationError)
  expect(analysis).toThrow(/c has no run 0 on/)
})

test.for([
  [{ strategies: ['lru', 'lru'] }, /two of the strategies have the name 'lru'/],
  [{ strategies: [] }, /strategies must not be empty/],
  [{ workloads: [batch, batch] }, /two of the workloads have the name 'batch'/],
  [{ repeat: 0 }, /repeat must be a whole number from 1 on/],
  [{ loads: [0] }, /a load must be a number above 0/],
  [{ loads: [0.5] }, /workload 'batch' all arrives at once: there is no load to set/],
  [{ warmUp: 1 }, /warmUp must be 'mser' or a number from 0 to below 1/],
  [
    { strategies: [strategy('known', { information: 'estimates', start: () => ({ choose: (_, e) => e.at(0) }) })] },
    /asks for estimates/,
  ],
] as [Partial<ComparisonSettings>, RegExp][])('settings that cannot be: %j', ([wrong, message]) => {
  const run = () => compareStrategies({ ...settings, ...wrong, repeat: wrong.repeat ?? 1 })
  expect(run).toThrow(ConfigurationError)
  expect(run).toThrow(message)
})

test('a workload without tasks cannot be compared on', () => {
  expect(() => compareStrategies({ ...settings, workloads: [fixedWorkload('none', workloadOf([]))] })).toThrow(
    WorkloadError,
  )
})

test.for(['8', '8x4', '8x4@1.5', '4x8+4x8@2', '1@0.5'])('engines as text: %s', (text) => {
  expect(enginesText(enginesOf(text))).toBe(text === '1@0.5' ? '1x1@0.5' : text)
})

test.for(['', '0', '4x', '4x0', 'x4', '4@0', '4+', '4@-1'])('engines that are none: %s', (text) => {
  expect(() => enginesOf(text)).toThrow(/must be COUNT, COUNTxCORES/)
})

test.for(['instant', 'simple:100MB', 'maxmin:32MiB', 'maxmin:32MiB/8/3'])('networks as text: %s', (text) => {
  expect(networkText(networkOf(text))).toBe(text)
})

test.for(['', 'fast', 'maxmin', 'maxmin:0MiB', 'maxmin:32XB', 'instant:3'])('networks that are none: %s', (text) => {
  expect(() => networkOf(text)).toThrow(ConfigurationError)
})

test('labels say what differs', () => {
  const one = { workload: 'w', engines: '8', network: 'instant' }
  expect(scenarioLabels([one])).toEqual(['w'])
  expect(
    scenarioLabels([
      { ...one, load: 0.5 },
      { ...one, load: 0.9 },
    ]),
  ).toEqual(['load 0.5', 'load 0.9'])
  expect(scenarioLabels([one, { ...one, workload: 'v', engines: '9' }])).toEqual(['w, 8 engines', 'v, 9 engines'])
})
