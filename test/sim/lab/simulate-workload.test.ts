import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { strategies } from '../../../scheduler/strategies/named.ts'
import { type StrategyLike, strategy, type TaskView } from '../../../scheduler/strategies/strategy.ts'
import { bursty, poisson } from '../../../sim/lab/arrival-processes.ts'
import { exponential } from '../../../sim/lab/distributions.ts'
import { engines } from '../../../sim/lab/engine-spec.ts'
import { generateWorkload } from '../../../sim/lab/generate-workload.ts'
import type { InformationMode } from '../../../sim/lab/information.ts'
import { type SimulationSettings, simulateWorkload } from '../../../sim/lab/simulate-workload.ts'
import { type WorkloadTask, workloadOf } from '../../../sim/lab/workload-of.ts'
import { strategiesInOrder } from '../../../testing/histories/check-times.ts'
import { fixtures, publishedRuns } from './estee-runs.ts'

const named: readonly StrategyLike[] = [...Object.keys(strategies), 'powerOf3']
const inOrder: readonly StrategyLike[] = [
  ...strategiesInOrder,
  'powerOf3',
  'locality',
  'sjf',
  'srpt',
  'easy',
  'conservative',
]

function times(tasks: readonly WorkloadTask[], settings: Partial<SimulationSettings> = {}) {
  const { startMs, endMs, engine } = simulateWorkload(workloadOf(tasks), { engines: engines(1), ...settings })
  return { start: [...startMs], end: [...endMs], engine: [...engine] }
}

const second = { durationMs: 1_000 }

describe('26: with identical engines and hwm 1', () => {
  test('completion times do not depend on the strategy', () => {
    const task = fc.record({
      gapMs: fc.nat(6),
      durationMs: fc.integer({ min: 0, max: 20 }),
      back: fc.oneof({ weight: 3, arbitrary: fc.constant(0) }, fc.integer({ min: 1, max: 5 })),
    })
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 4 }), fc.array(task, { maxLength: 40, size: 'max' }), (count, list) => {
        let arrivalMs = 0
        const workload = workloadOf(
          list.map(({ gapMs, durationMs, back }, i) => {
            arrivalMs += gapMs
            return { arrivalMs, durationMs, after: back > 0 && i >= back ? [i - back] : [] }
          }),
        )
        const ends = inOrder.map(
          (one) =>
            simulateWorkload(workload, { engines: engines(count), strategy: one, hwm: 1, information: 'blind' }).endMs,
        )
        for (const end of ends) expect(end).toEqual(ends[0])
      }),
      { numRuns: 100 },
    )
  })

  test('nor in a long run; with another mark they do', () => {
    const workload = generateWorkload({
      tasks: 5_000,
      durations: exponential(1_000),
      arrivals: bursty({ perSecond: 9, onMs: 5_000, offMs: 5_000 }),
    })
    const [first, ...others] = inOrder.map((one) =>
      simulateWorkload(workload, { engines: engines(10), strategy: one, hwm: 1, information: 'blind' }),
    )
    for (const other of others) expect(other.endMs, other.strategy).toEqual(first?.endMs)
    expect(new Set(others.map(({ engine }) => engine.join())).size).toBeGreaterThan(4)
    const queued = ['leastload', 'plainrandom'].map(
      (one) => simulateWorkload(workload, { engines: engines(10), strategy: one, hwm: 0 }).endMs,
    )
    expect(queued[0]).not.toEqual(queued[1])
  })
})

test('27: the same seed gives the same run, another one another', () => {
  const workload = generateWorkload({
    tasks: 2_000,
    durations: exponential(1_000),
    arrivals: poisson({ perSecond: 8 }),
  })
  const settings = { engines: engines(10), strategy: 'powerOf2', hwm: 0 }
  const run = (seed: number) => simulateWorkload(workload, { ...settings, seed })
  expect(run(1)).toEqual(run(1))
  expect(run(2).engine).not.toEqual(run(1).engine)
})

test('a strategy sees one stream, arrivals and durations others: what one draws changes none of the others', () => {
  const make = (perSecond: number, mean: number) =>
    generateWorkload({ tasks: 100, durations: exponential(mean), arrivals: poisson({ perSecond }), seed: 7 })
  expect(make(1, 1_000).durationMs).toEqual(make(9, 1_000).durationMs)
  expect(make(1, 1_000).arrivalMs).toEqual(make(1, 5).arrivalMs)
  expect(make(1, 1_000).arrivalMs).not.toEqual(make(2, 1_000).arrivalMs)
})

test('a graph runs in order, and its data travels', () => {
  const tasks: WorkloadTask[] = [
    { durationMs: 1_000, outputs: [{ bytes: 500 }] },
    { durationMs: 1_000, outputs: [{ bytes: 2_000 }] },
    {
      durationMs: 1_000,
      inputs: [
        [0, 0],
        [1, 0],
      ],
    },
  ]
  const network = { model: 'simple', bytesPerSecond: 1_000 } as const
  const first: StrategyLike = (_task, offered) => offered.at(0)
  expect(times(tasks, { engines: engines(2), network, strategy: first })).toEqual({
    start: [0, 0, 3_000],
    end: [1_000, 1_000, 4_000],
    engine: [0, 1, 0],
  })
  const run = simulateWorkload(workloadOf(tasks), { engines: engines(2), network, strategy: first })
  expect([run.bytesMoved, run.transfers, run.decisions]).toEqual([2_000, 1, 3])
})

test.for(['simple', 'maxmin'] as const)('published graphs end under every strategy, on the network %s', (model) => {
  for (const { graph } of publishedRuns(fixtures).filter(({ name }) => name.includes('plan 0 plain simple'))) {
    for (const one of named) {
      const run = simulateWorkload(graph, {
        engines: engines(8, { cores: 4 }),
        strategy: one,
        information: 'user',
        network: { model, bytesPerSecond: 32 * 2 ** 20 },
      })
      expect(run.endMs.every((ms) => ms > 0)).toBe(true)
    }
  }
})

test('a task with many cores goes where there are as many', () => {
  const tasks = [{ durationMs: 10, cores: 4 }, second, { durationMs: 10, cores: 2 }]
  const unequal = [{ cores: 1 }, { cores: 2 }, { cores: 4 }]
  expect(times(tasks, { engines: unequal, strategy: 'lru' }).engine[0]).toBe(2)
  expect(() => times(tasks, { engines: [{ cores: 3 }] })).toThrow('task 0 needs 4 cores, and no engine has more than 3')
})

test('messages are counted as a cluster sends them: one for all that one turn has for one peer', () => {
  // One submission, one message to each of 2 engines, one end of each, two replies.
  const run = simulateWorkload(workloadOf([second, second, { durationMs: 500 }, { durationMs: 500 }]), {
    engines: engines(2, { cores: 2 }),
    strategy: 'pure',
  })
  expect([...run.engine]).toEqual([0, 1, 0, 1])
  expect(run.messages).toBe(1 + 2 + 4 + 4)
})

describe('decisions that take time', () => {
  test('what happens meanwhile waits for the next', () => {
    const slow = { decisionDelayMs: 50, decisionIntervalMs: 100 }
    // Decided at 0, in force at 50. The end at 1,050 is looked at then, and the next begins at 1,100.
    expect(times([second, second], slow).start).toEqual([50, 1_100])
  })

  test('no news is lost that comes while something is decided', () => {
    const tasks = [{ durationMs: 10 }, { ...second, arrivalMs: 20 }, { ...second, arrivalMs: 70 }]
    expect(times(tasks, { engines: engines(3), decisionDelayMs: 50 }).start).toEqual([50, 100, 150])
  })

  test('calls are at least an interval apart', () => {
    const tasks = [0, 10, 20, 500].map((arrivalMs) => ({ ...second, arrivalMs }))
    expect(times(tasks, { engines: engines(4), decisionIntervalMs: 100 }).start).toEqual([0, 100, 100, 500])
  })
})

describe('what a strategy may know', () => {
  /** The shortest first, as far as it is known. */
  const shortest = strategy('shortest', {
    information: 'estimates',
    start({ estimates }) {
      return {
        rank: (task) => estimates.durationMs(task) ?? 0,
        choose: (_task, offered) => offered.at(0),
      }
    },
  })
  const tasks: WorkloadTask[] = [
    { durationMs: 400, estimateMs: 1 },
    { durationMs: 100 },
    { durationMs: 300, estimateMs: 200 },
    { durationMs: 200, estimateMs: 250 },
  ]
  const order = (information: InformationMode) => {
    const { start } = times([{ durationMs: 5 }, ...tasks.map((task) => ({ ...task, after: [0] }))], {
      strategy: shortest,
      information,
    })
    return [1, 2, 3, 4].sort((a, b) => (start[a] as number) - (start[b] as number))
  }

  test('it is told the truth, what users say, a mean, or nothing, by the mode', () => {
    expect(order('exact')).toEqual([2, 4, 3, 1])
    // Where a user says nothing it is the mean of the true durations, 201.
    expect(order('user')).toEqual([1, 3, 2, 4])
    expect(order('mean')).toEqual([1, 2, 3, 4])
    expect(order('blind')).toEqual([1, 2, 3, 4])
  })

  test('what data a task needs, how large it is, and where it lies as soon as it exists', () => {
    const told = (information: InformationMode) => {
      const seen: string[] = []
      const nosy = strategy('nosy', {
        information: 'estimates',
        start({ estimates }) {
          expect(estimates.bytesPerSecond).toBe(1_000)
          const tell = (task: TaskView) => {
            const inputs = estimates.inputs(task).map(({ object, producer, bytes, engines: at }) => {
              return `${object} of ${producer}: ${bytes} at [${at}]`
            })
            seen.push(inputs.join(', '))
          }
          return {
            tasksSubmitted: (batch) => tell(batch[2] as TaskView),
            choose(task, offered) {
              if (task.after.length > 0) tell(task)
              return offered.at(0)
            },
          }
        },
      })
      const graph: WorkloadTask[] = [
        { ...second, outputs: [{ bytes: 100, estimateBytes: 70 }, { bytes: 300 }] },
        second,
        {
          ...second,
          inputs: [
            [0, 0],
            [0, 1],
          ],
          after: [1],
        },
      ]
      const network = { model: 'simple', bytesPerSecond: 1_000 } as const
      times(graph, { engines: engines(2), strategy: nosy, information, network, hwm: 1 })
      return seen
    }
    const after = '0 of lab.0: 100 at [0], 1 of lab.0: 300 at [0], 2 of lab.1: 0 at [1]'
    const unmade = (some: unknown, other: unknown) =>
      `0 of lab.0: ${some} at [], 1 of lab.0: ${other} at [], 2 of lab.1: 0 at []`
    expect(told('exact')).toEqual([unmade(100, 300), after])
    expect(told('user')).toEqual([unmade(70, 200), after])
    expect(told('mean')).toEqual([unmade(200, 200), after])
    expect(told('blind')).toEqual([unmade(undefined, undefined), after])
  })

  test('the mode must be said where it matters', () => {
    expect(() => times(tasks, { strategy: shortest })).toThrow("Strategy 'shortest' asks for estimates: say with")
  })

  test('others have no estimates at all', () => {
    let seen: object = {}
    const nosy = strategy('nosy', {
      start(context) {
        seen = context
        return { choose: (_task, offered) => offered.at(0) }
      },
    })
    times(tasks, { strategy: nosy, information: 'exact' })
    expect(Object.keys(seen)).toEqual(['random', 'now'])
  })

  test('how long a task ran is told with its end', () => {
    const told: number[] = []
    const listening = strategy('listening', {
      information: 'durations',
      start: () => ({
        choose: (_task, offered) => offered.at(0),
        taskFinished: (_task, _engine, { durationMs }) => void told.push(durationMs),
      }),
    })
    times(tasks, { strategy: listening, engines: [{ speed: 2 }] })
    expect(told).toEqual([200, 50, 150, 100])
  })
})

test('an idle engine takes from a busy one what has not begun', () => {
  const stealing = strategy('stealing', {
    start: () => ({
      // All to the first engine but the last task; what was called back goes where there is least.
      choose: (task, offered) => (task.attempt > 0 || task.id.endsWith('.2') ? offered.leastLoaded() : offered.at(0)),
      steal: (_idle, busy) => busy[0],
    }),
  })
  const tasks = [second, second, { durationMs: 100, arrivalMs: 1 }]
  expect(times(tasks, { engines: engines(2), strategy: stealing, hwm: 0 })).toEqual({
    start: [0, 101, 1],
    end: [1_000, 1_101, 101],
    engine: [0, 1, 1],
  })
})

describe('what goes wrong is said', () => {
  test('a strategy that throws', () => {
    const lost: StrategyLike = () => {
      throw new Error('no idea')
    }
    expect(() => times([second], { strategy: lost })).toThrow("under strategy 'lost', at 0 ms: no idea")
  })

  test('a task that needs one which arrives later', () => {
    expect(() =>
      times([
        { ...second, arrivalMs: 5 },
        { ...second, after: [0] },
      ]),
    ).toThrow('task 1: arrivalMs: it arrives at 0 ms and needs task 0, which arrives at 5 ms')
  })

  test('settings that cannot be', () => {
    expect(() => times([second], { decisionDelayMs: -1 })).toThrow('decisionDelayMs must be')
    expect(() => times([second], { strategy: 'clever' })).toThrow("There is no strategy 'clever'")
    expect(() => times([second], { engines: [] })).toThrow('there must be an engine')
    expect(() => times([second], { hwm: -1 })).toThrow('hwm must be')
  })
})
