import { describe, expect, test } from 'vitest'
import { seededRandom } from '../../../core/random.ts'
import { bottomLevels } from '../../../scheduler/planning/levels.ts'
import { PartialSchedule } from '../../../scheduler/planning/partial-schedule.ts'
import {
  meanCosts,
  type Planner,
  type PlanningProblem,
  type Schedule,
} from '../../../scheduler/planning/planning-problem.ts'
import { taskGraphOf } from '../../../scheduler/planning/task-graph.ts'
import { Timeline } from '../../../scheduler/planning/timeline.ts'
import { planCpop } from '../../../scheduler/strategies/cpop.ts'
import { planDls } from '../../../scheduler/strategies/dls.ts'
import { planEtf } from '../../../scheduler/strategies/etf.ts'
import { planHeft } from '../../../scheduler/strategies/heft.ts'
import { planHlfet } from '../../../scheduler/strategies/hlfet.ts'
import { planMcp } from '../../../scheduler/strategies/mcp.ts'
import { planTlevel } from '../../../scheduler/strategies/tlevel.ts'
import { faultsOf, randomProblem } from './random-problems.ts'

const planners: Record<string, Planner> = { planHlfet, planTlevel, planHeft, planCpop, planDls, planEtf, planMcp }
const seeds = Array.from({ length: 200 }, (_, seed) => seed)

describe.for(Object.entries(planners))('%s', ([, plan]) => {
  test('makes schedules that can be, of any matrix of costs and tasks of several cores', () => {
    for (const seed of seeds) {
      const problem = randomProblem(seed, { cores: 3, engineCores: 4 })
      expect({ seed, faults: faultsOf(problem, plan(problem)) }).toEqual({ seed, faults: [] })
    }
  })

  test('a single core takes as long as all together', () => {
    for (const seed of seeds.slice(0, 50)) {
      const problem = { ...randomProblem(seed, { isAnyMatrix: false }), engineCores: [1] }
      const sum = meanCosts(problem).reduce((total, ms) => total + ms, 0)
      expect(Math.max(...plan(problem).endMs)).toBe(sum)
    }
  })
})

/** Two engines with a core each; a → b, c → e, and d; what travels to e from c takes longest. */
const byHand: PlanningProblem = {
  graph: taskGraphOf([
    {},
    { parents: [[0, 4]] },
    { parents: [[0, 1]] },
    {},
    {
      parents: [
        [1, 1],
        [2, 5],
      ],
    },
  ]),
  engineCores: [1, 1],
  costMs: (task) => [2, 3, 1, 4, 2][task] as number,
}
/** In the order of decision: which, where, from when to when. */
const shown = ({ order, engine, startMs, endMs }: Schedule) =>
  order.map((task) => `${'abcde'[task]} at ${engine[task]} ${startMs[task]}-${endMs[task]}`)

describe('worked out by hand', () => {
  const cases: readonly (readonly [Planner, readonly string[]])[] = [
    // b-levels 7, 5, 3, 4, 2.
    [planHlfet, ['a at 0 0-2', 'b at 0 2-5', 'd at 1 0-4', 'c at 1 4-5', 'e at 1 6-8']],
    // t-levels 0, 2, 2, 0, 5.
    [planTlevel, ['a at 0 0-2', 'd at 1 0-4', 'b at 0 2-5', 'c at 1 4-5', 'e at 1 6-8']],
    // a before d by its b-level, then d can begin at 0, b and c at 2, b by its b-level.
    [planEtf, ['a at 0 0-2', 'd at 1 0-4', 'b at 0 2-5', 'c at 1 4-5', 'e at 1 6-8']],
    // 7 − 0; then 4 − 0 against 5 − 2 and 3 − 2; then 3 against 1; then 3 − 4 against 3 − 5.
    [planDls, ['a at 0 0-2', 'd at 1 0-4', 'b at 0 2-5', 'c at 1 4-5', 'e at 1 6-8']],
    // ALAP 0, 6, 4, 8, 10.
    [planMcp, ['a at 0 0-2', 'c at 0 2-3', 'b at 0 3-6', 'd at 1 0-4', 'e at 0 6-8']],
    // Ranks 12, 6, 8, 4, 2.
    [planHeft, ['a at 0 0-2', 'c at 0 2-3', 'b at 0 3-6', 'd at 1 0-4', 'e at 0 6-8']],
    // Priorities 12, 12, 11, 4, 12; the critical path is a, b, e, at engine 0.
    [planCpop, ['a at 0 0-2', 'b at 0 2-5', 'c at 1 3-4', 'e at 0 9-11', 'd at 1 4-8']],
  ]
  test.for(cases)('%o', ([plan, expected]) => expect(shown(plan(byHand))).toEqual(expected))

  test('MCP: where two may begin equally late, the one whose successors must begin earlier goes first', () => {
    // Without transfers: a and b have the same ALAP; b's second successor is the more urgent.
    const graph = taskGraphOf([
      {},
      {},
      { parents: [[0, 0]] },
      { parents: [[1, 0]] },
      { parents: [[0, 0]] },
      { parents: [[1, 0]] },
    ])
    const problem: PlanningProblem = { graph, engineCores: [1], costMs: (task) => [1, 1, 5, 5, 1, 3][task] as number }
    expect(planMcp(problem).order.slice(0, 2)).toEqual([1, 0])
  })

  test('HEFT, CPOP and MCP fill a gap, the others do not', () => {
    // What task 0 needs arrives at 5; task 1 fits before it.
    const problem: PlanningProblem = {
      graph: taskGraphOf([{}, {}]),
      engineCores: [1],
      costMs: (task) => (task === 0 ? 10 : 3),
      arrivalMs: (task) => (task === 0 ? 5 : 0),
    }
    for (const plan of [planHeft, planCpop, planMcp]) expect([...plan(problem).startMs]).toEqual([5, 0])
    expect([...planHlfet(problem).startMs]).toEqual([5, 15])
  })

  test('DLS prefers the engine that is faster for the task, ETF the one where it begins first', () => {
    const graph = taskGraphOf([{}, {}])
    const problem: PlanningProblem = { graph, engineCores: [1, 1], costMs: (_task, engine) => (engine === 0 ? 2 : 8) }
    expect([...planDls(problem).engine]).toEqual([0, 0])
    expect([...planEtf(problem).engine]).toEqual([0, 1])
  })
})

/** All pairs are looked at for every task, in order of number. */
function slowPairs(
  problem: PlanningProblem,
  value: (task: number, engine: number, startMs: number) => readonly number[],
): Schedule {
  const schedule = new PartialSchedule(problem)
  const ready = new Set<number>()
  for (;;) {
    for (const task of schedule.ready.splice(0)) ready.add(task)
    if (ready.size === 0) return schedule
    let best:
      | { readonly key: readonly number[]; readonly task: number; readonly engine: number; readonly startMs: number }
      | undefined
    for (const task of [...ready].sort((a, b) => a - b)) {
      for (let engine = 0; engine < problem.engineCores.length; engine += 1) {
        const startMs = schedule.earliestStartMs(task, engine, 'end')
        if (startMs === Number.POSITIVE_INFINITY) continue
        const key = value(task, engine, startMs)
        const differs = key.findIndex((part, i) => part !== best?.key[i])
        if (best !== undefined && (differs < 0 || (key[differs] as number) > (best.key[differs] as number))) continue
        best = { key, task, engine, startMs }
      }
    }
    if (best === undefined) throw new Error('no pair')
    ready.delete(best.task)
    schedule.place(best.task, best.engine, best.startMs)
  }
}

test('looking again only at what is first in line finds the same pairs', () => {
  for (const seed of seeds) {
    // Every other one with equal engines, half of those without transfers: then tasks stand in line.
    const drawn = randomProblem(seed, { cores: 2, engineCores: 3, isAnyMatrix: seed % 2 === 0 })
    const still = { ...drawn.graph, transferMs: drawn.graph.transferMs.map(() => 0) }
    const problem = seed % 4 === 1 ? { ...drawn, graph: still } : drawn
    const means = meanCosts(problem)
    const level = bottomLevels(problem.graph, means, 'tasks')
    const at = (values: Float64Array, task: number) => values[task] as number
    const etf = slowPairs(problem, (task, _engine, startMs) => [startMs, -at(level, task)])
    expect(shownAll(planEtf(problem))).toEqual(shownAll(etf))
    const dls = slowPairs(problem, (task, engine, startMs) => [
      startMs + problem.costMs(task, engine) - at(means, task) - at(level, task),
    ])
    expect(shownAll(planDls(problem))).toEqual(shownAll(dls))
  }
})

const shownAll = ({ order, engine, startMs }: Schedule) => order.map((task) => [task, engine[task], startMs[task]])

test('a gap is found where one is, and the end where it is, as by looking at every moment', () => {
  for (const seed of seeds) {
    const random = seededRandom(seed)
    const cores = 1 + random.below(3)
    const timeline = new Timeline(cores)
    const used = new Array<number>(400).fill(0)
    const fits = (from: number, to: number, needed: number) =>
      used.slice(from, to).every((taken) => taken + needed <= cores)
    for (let i = 0; i < 30; i += 1) {
      const [ready, length, needed] = [random.below(40), 1 + random.below(6), 1 + random.below(cores)]
      const gap = used.findIndex((_, ms) => ms >= ready && fits(ms, ms + length, needed))
      const end = used.findIndex((_, ms) => ms >= ready && fits(ms, used.length, needed))
      expect(timeline.earliestGap(ready, length, needed)).toBe(gap)
      expect(timeline.earliestEnd(ready, needed)).toBe(end)
      const start = random.below(3) === 0 ? end : gap
      timeline.take(start, start + length, needed)
      for (let ms = start; ms < start + length; ms += 1) used[ms] = (used[ms] as number) + needed
    }
  }
})
