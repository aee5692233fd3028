import { describe, expect, test } from 'vitest'
import { seededRandom } from '../../../core/random.ts'
import type { Planner } from '../../../scheduler/planning/planning-problem.ts'
import { taskGraphOf } from '../../../scheduler/planning/task-graph.ts'
import { cpop, planCpop } from '../../../scheduler/strategies/cpop.ts'
import { dls, planDls } from '../../../scheduler/strategies/dls.ts'
import { etf, planEtf } from '../../../scheduler/strategies/etf.ts'
import { heft, planHeft } from '../../../scheduler/strategies/heft.ts'
import { hlfet, planHlfet } from '../../../scheduler/strategies/hlfet.ts'
import { mcp, planMcp } from '../../../scheduler/strategies/mcp.ts'
import { plannedStrategy } from '../../../scheduler/strategies/planned-strategy.ts'
import type { Strategy } from '../../../scheduler/strategies/strategy.ts'
import { planTlevel, tlevel } from '../../../scheduler/strategies/tlevel.ts'
import { type EngineSpec, engines } from '../../../sim/lab/engine-spec.ts'
import { simulatePlan } from '../../../sim/lab/simulate-plan.ts'
import { simulateWorkload } from '../../../sim/lab/simulate-workload.ts'
import { type WorkloadTask, workloadOf } from '../../../sim/lab/workload-of.ts'

const cases: readonly (readonly [string, Strategy, Planner])[] = [
  ['hlfet', hlfet, planHlfet],
  ['tlevel', tlevel, planTlevel],
  ['heft', heft, planHeft],
  ['cpop', cpop, planCpop],
  ['dls', dls, planDls],
  ['etf', etf, planEtf],
  ['mcp', mcp, planMcp],
]
const bytesPerSecond = 1_000
const seeds = Array.from({ length: 100 }, (_, seed) => seed)

/** Each task makes one object, of as many bytes as it takes milliseconds from one engine to another. */
function randomTasks(seed: number): WorkloadTask[] {
  const random = seededRandom(seed)
  return Array.from({ length: 2 + random.below(30) }, (_, task) => ({
    durationMs: 1 + random.below(20),
    outputs: [{ bytes: random.below(15) }],
    inputs: Array.from(
      new Set(task === 0 ? [] : Array.from({ length: random.below(4) }, () => random.below(task))),
      (parent) => [parent, 0] as const,
    ),
  }))
}

function randomEngines(seed: number, coresMax: number): EngineSpec[] {
  const random = seededRandom(`engines ${seed}`)
  return Array.from({ length: 1 + random.below(4) }, () => ({
    cores: 1 + random.below(coresMax),
    speed: 2 ** random.below(3),
  }))
}

function planned(plan: Planner, tasks: readonly WorkloadTask[], specs: readonly EngineSpec[], isInstant: boolean) {
  return plan({
    graph: taskGraphOf(
      tasks.map(({ inputs = [] }) => ({
        parents: inputs.map(([parent]) => [parent, isInstant ? 0 : (tasks[parent]?.outputs?.[0]?.bytes ?? 0)] as const),
      })),
    ),
    engineCores: specs.map(({ cores = 1 }) => cores),
    costMs: (task, engine) => (tasks[task]?.durationMs ?? 0) / (specs[engine]?.speed ?? 1),
  })
}

describe.for(cases)('%s', ([, strategy, plan]) => {
  test('under the scheduler, tasks begin where and when it was planned, where data takes no time', () => {
    for (const seed of seeds) {
      const [tasks, specs] = [randomTasks(seed), randomEngines(seed, 3)]
      const expected = planned(plan, tasks, specs, true)
      for (const hwm of [0, 'cores'] as const) {
        const run = simulateWorkload(workloadOf(tasks), { engines: specs, strategy, information: 'exact', hwm })
        expect({ seed, hwm, engine: run.engine }).toEqual({ seed, hwm, engine: expected.engine })
        expect({ seed, hwm, startMs: run.startMs }).toEqual({ seed, hwm, startMs: expected.startMs })
      }
    }
  })

  test('as a given plan, tasks begin when it was planned, where data takes the time of the simple network', () => {
    for (const seed of seeds) {
      const [tasks, specs] = [randomTasks(seed), randomEngines(seed, 1)]
      const expected = planned(plan, tasks, specs, false)
      const previous = new Map<number, number>()
      const inOrder = Array.from(tasks, (_, task) => task).sort(
        (a, b) =>
          (expected.startMs[a] as number) - (expected.startMs[b] as number) ||
          (expected.endMs[a] as number) - (expected.endMs[b] as number) ||
          expected.order.indexOf(a) - expected.order.indexOf(b),
      )
      const chained = [...tasks]
      for (const task of inOrder) {
        const engine = expected.engine[task] as number
        const before = previous.get(engine)
        if (before !== undefined) chained[task] = { ...(tasks[task] as WorkloadTask), after: [before] }
        previous.set(engine, task)
      }
      const network = { model: 'simple', bytesPerSecond } as const
      const run = simulatePlan(workloadOf(chained), { engine: expected.engine }, { engines: specs, network })
      expect({ seed, startMs: run.startMs }).toEqual({ seed, startMs: expected.startMs })
    }
  })

  test('plans with as much as it may know: by the means of what it does not', () => {
    const tasks = randomTasks(7)
    const specs = engines(3)
    const mean = tasks.reduce((sum, { durationMs }) => sum + durationMs, 0) / tasks.length
    const expected = planned(
      plan,
      tasks.map((task) => ({ ...task, durationMs: mean })),
      specs,
      true,
    )
    const { engine } = simulateWorkload(workloadOf(tasks), { engines: specs, strategy, information: 'mean' })
    expect(engine).toEqual(expected.engine)
  })
})

test('each batch is planned on top of what is planned already', () => {
  // The second one takes the engine that is free sooner, and what it needs of the first is known.
  const tasks: WorkloadTask[] = [
    { durationMs: 100, outputs: [{ bytes: 50 }] },
    { durationMs: 40 },
    { arrivalMs: 10, durationMs: 10 },
    { arrivalMs: 10, durationMs: 10, inputs: [[0, 0]] },
    { arrivalMs: 200, durationMs: 10, inputs: [[0, 0]] },
  ]
  const settings = { engines: engines(2), strategy: heft, information: 'exact', hwm: 0 } as const
  const network = { model: 'simple', bytesPerSecond } as const
  const { engine, startMs } = simulateWorkload(workloadOf(tasks), { ...settings, network })
  expect([...engine]).toEqual([0, 1, 1, 0, 0])
  expect([...startMs]).toEqual([0, 0, 40, 100, 200])
})

test('a later batch goes where what it needs is to be', () => {
  const tasks: WorkloadTask[] = [
    { durationMs: 10 },
    { durationMs: 10, outputs: [{ bytes: 100 }] },
    { arrivalMs: 5, durationMs: 10, inputs: [[1, 0]] },
    { arrivalMs: 50, durationMs: 10, inputs: [[1, 0]] },
  ]
  const network = { model: 'simple', bytesPerSecond } as const
  const settings = { engines: engines(2), strategy: heft, information: 'exact', hwm: 0 } as const
  const { engine, startMs } = simulateWorkload(workloadOf(tasks), { ...settings, network })
  expect([...engine]).toEqual([0, 1, 1, 1])
  expect([...startMs]).toEqual([0, 0, 10, 50])
})

test('who should have begun by now is not waited for', () => {
  // Its user thinks that task 0 takes 10 ms. Task 1 is to follow it at the other engine, before task 2.
  const plan: Planner = ({ graph, costMs }) => {
    const startMs = Float64Array.of(0, 10, 20)
    return {
      engine: Int32Array.of(0, 1, 1),
      startMs,
      endMs: startMs.map((ms, i) => ms + costMs(i, 0)),
      order: [...graph.order],
    }
  }
  const tasks: WorkloadTask[] = [
    { durationMs: 100, estimateMs: 10 },
    { durationMs: 10, estimateMs: 10, after: [0] },
    { durationMs: 10, estimateMs: 10 },
    { durationMs: 50, arrivalMs: 15, estimateMs: 1 },
  ]
  const strategy = plannedStrategy('given', (problem) => (problem.graph.size === 3 ? plan(problem) : planHeft(problem)))
  const { startMs } = simulateWorkload(workloadOf(tasks), {
    engines: engines(2),
    strategy,
    information: 'user',
    hwm: 0,
  })
  // At 15 ms the next news comes; task 1 was due at 10.
  expect(startMs[2]).toBe(15)
})

test('who should have begun by now, and finds no room, goes where nothing is planned any more', () => {
  // Nothing is known of durations, so that each engine is given half of the tasks.
  const tasks: WorkloadTask[] = [{ durationMs: 1_000 }, ...Array.from({ length: 99 }, () => ({ durationMs: 10 }))]
  const { engine, endMs } = simulateWorkload(workloadOf(tasks), {
    engines: engines(2),
    strategy: hlfet,
    information: 'blind',
  })
  expect([...engine.slice(1)].every((at) => at === 1)).toBe(true)
  expect(Math.max(...endMs)).toBe(1_000)
})
