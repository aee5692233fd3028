import { expect, test } from 'vitest'
import { engines } from '../../../sim/lab/engine-spec.ts'
import type { NetworkSpec } from '../../../sim/lab/network.ts'
import { type EngineRules, type RulesLike, standardRules } from '../../../sim/lab/rules.ts'
import { simulatePlan } from '../../../sim/lab/simulate-plan.ts'
import { type WorkloadTask, workloadOf } from '../../../sim/lab/workload-of.ts'

const network: NetworkSpec = { model: 'simple', bytesPerSecond: 1_000 }

function startsMs(
  tasks: readonly WorkloadTask[],
  plan: { engine: number[]; priority?: number[]; blocking?: number[] },
  rules: RulesLike = 'standard',
  other: { cores?: number; network?: NetworkSpec; count?: number } = {},
): number[] {
  const { cores = 1, count = 4 } = other
  const run = simulatePlan(workloadOf(tasks), plan, {
    engines: engines(count, { cores }),
    network: other.network ?? network,
    rules,
  })
  return [...run.startMs]
}

const second = { durationMs: 1_000 }
const made = { durationMs: 1_000, outputs: [{ bytes: 1_000 }] }

test('a core goes to the consumer that the end of its own predecessor made ready, if that comes first; not so at Estee', () => {
  const tasks = [made, { ...second, inputs: [[0, 0]] as const }, second]
  const plan = { engine: [0, 0, 0], priority: [5, 9, 1] }
  expect(startsMs(tasks, plan)).toEqual([0, 1_000, 2_000])
  expect(startsMs(tasks, plan, 'estee')).toEqual([0, 2_000, 1_000])
})

test('at Estee, too, one whose data comes as a core becomes free takes part', () => {
  const tasks: WorkloadTask[] = [
    { durationMs: 0, outputs: [{ bytes: 1_000 }] },
    second,
    { ...second, inputs: [[0, 0]] },
    second,
  ]
  const plan = { engine: [0, 1, 1, 1], priority: [1, 5, 9, 1] }
  expect(startsMs(tasks, plan, 'estee')).toEqual([0, 0, 1_000, 2_000])
})

test('tasks that one object makes ready go by priority; at Estee by number', () => {
  const consumer = { ...second, inputs: [[0, 0]] as const }
  const tasks = [made, consumer, consumer]
  const plan = { engine: [0, 1, 1], priority: [1, 2, 3] }
  expect(startsMs(tasks, plan)).toEqual([0, 3_000, 2_000])
  expect(startsMs(tasks, plan, 'estee')).toEqual([0, 2_000, 3_000])
})

test('one that does not fit lets others pass, but those whose priority is below its blocking', () => {
  const tasks = [{ durationMs: 1_000, cores: 3 }, { durationMs: 1_000, cores: 2 }, second]
  const plan = { engine: [0, 0, 0], priority: [3, 2, 1] }
  expect(startsMs(tasks, plan, 'standard', { cores: 4 })).toEqual([0, 1_000, 0])
  expect(startsMs(tasks, { ...plan, blocking: [3, 2, 1] }, 'standard', { cores: 4 })).toEqual([0, 1_000, 1_000])
})

test('a copy serves as well as the original; at Estee only the original does', () => {
  // Engine 1 has a copy when engine 2 asks for the second object, of which engine 0 may give one at a time.
  const tasks: WorkloadTask[] = [
    { durationMs: 0, outputs: [{ bytes: 1_000 }, { bytes: 10_000 }] },
    { durationMs: 0, inputs: [[0, 0]] },
    { durationMs: 0, inputs: [[0, 1]] },
    { durationMs: 2_000 },
    { durationMs: 0, inputs: [[0, 0]], after: [3] },
  ]
  const plan = { engine: [0, 1, 2, 2, 2], priority: [5, 4, 9, 8, 1] }
  const one: NetworkSpec = { ...network, model: 'simple', bytesPerSecond: 1_000, downloadsPerSourceMax: 1 }
  expect(startsMs(tasks, plan, 'standard', { network: one })[4]).toBe(2_000)
  expect(startsMs(tasks, plan, { ...standardRules, sources: 'producer' }, { network: one })[4]).toBe(11_000)
})

test('what the last missing input makes urgent goes before what was wanted earlier', () => {
  // Task 2 needs both objects; task 3, of a higher priority, needs a third and still waits for task 4.
  const tasks: WorkloadTask[] = [
    { durationMs: 0, outputs: [{ bytes: 1_000 }, { bytes: 1_000 }, { bytes: 1_000 }] },
    { durationMs: 500, outputs: [{ bytes: 0 }] },
    {
      durationMs: 0,
      inputs: [
        [0, 1],
        [1, 0],
      ],
    },
    {
      durationMs: 0,
      inputs: [
        [0, 2],
        [4, 0],
      ],
    },
    { durationMs: 9_000, outputs: [{ bytes: 0 }] },
    { durationMs: 0, inputs: [[0, 0]] },
  ]
  const plan = { engine: [0, 0, 1, 1, 2, 1], priority: [1, 1, 2, 3, 1, 4] }
  const one: NetworkSpec = { model: 'simple', bytesPerSecond: 1_000, downloadsMax: 1 }
  const rules = (urgency: EngineRules['urgency']): EngineRules => ({ ...standardRules, urgency })
  expect(startsMs(tasks, plan, rules('always'), { network: one })[2]).toBe(2_000)
  expect(startsMs(tasks, plan, rules('atRequest'), { network: one })[2]).toBe(3_000)
})

test('what has 0 bytes is there at once, and takes no place among the downloads', () => {
  const tasks: WorkloadTask[] = [
    { durationMs: 0, outputs: [{ bytes: 5_000 }, { bytes: 0 }] },
    { durationMs: 0, inputs: [[0, 0]] },
    { durationMs: 0, inputs: [[0, 1]] },
  ]
  const plan = { engine: [0, 1, 1], priority: [1, 3, 2] }
  const one: NetworkSpec = { model: 'simple', bytesPerSecond: 1_000, downloadsMax: 1 }
  expect(startsMs(tasks, plan, 'standard', { network: one })).toEqual([0, 5_000, 0])
})

test('at an instant network, data that arrives takes part in what is decided at that instant', () => {
  const tasks = [made, { ...second, inputs: [[0, 0]] as const }, { durationMs: 500 }, second]
  const plan = { engine: [0, 1, 1, 1], priority: [1, 9, 5, 1] }
  // Task 2 is over at 500, and task 3 runs till 1,500: then task 1 is ready, whose data came at 1,000.
  expect(startsMs(tasks, plan, 'standard', { network: { model: 'instant' } })).toEqual([0, 1_500, 0, 500])
})

test('a faster engine takes less time', () => {
  const run = simulatePlan(workloadOf([second, second]), { engine: [0, 1] }, { engines: [{ speed: 4 }, {}] })
  expect([...run.endMs]).toEqual([250, 1_000])
})

test('a plan that cannot be is refused, and says why', () => {
  const graph = workloadOf([{ durationMs: 1, cores: 2 }, second])
  const run = (engine: number[], priority?: number[]) =>
    simulatePlan(graph, { engine, priority }, { engines: [{ cores: 2 }, {}] })
  expect(() => run([0, 2])).toThrow('plan.engine: task 1 goes to engine 2, but engines are numbered 0 to 1')
  expect(() => run([1, 1])).toThrow('plan.engine: task 0 goes to engine 1, which has 1 cores; it needs 2')
  expect(() => run([0, 1], [1])).toThrow('plan.priority is for 1 tasks; the workload has 2')
})
