import { describe, expect, test } from 'vitest'
import { seededRandom } from '../../../core/random.ts'
import { resolveStrategy, strategies } from '../../../scheduler/strategies/named.ts'
import { bursty, poisson } from '../../../sim/lab/arrival-processes.ts'
import { bimodal, exponential, pareto } from '../../../sim/lab/distributions.ts'
import { engines } from '../../../sim/lab/engine-spec.ts'
import { generateWorkload } from '../../../sim/lab/generate-workload.ts'
import { simulateWorkload } from '../../../sim/lab/simulate-workload.ts'
import type { Workload } from '../../../sim/lab/workload.ts'
import { workloadOf } from '../../../sim/lab/workload-of.ts'
import { scaled } from '../../scale.ts'
import { type LiveSettings, noted, runLive } from './live-run.ts'

const seeds = scaled([1, 2], [1])

interface Case {
  workload(seed: number): Workload
  readonly settings: readonly (Pick<LiveSettings, 'hwm'> & Partial<LiveSettings>)[]
}

const cases: Record<string, Case> = {
  'Poisson arrivals, exponential durations': {
    workload: (seed) =>
      generateWorkload({ tasks: 150, durations: exponential(100), arrivals: poisson({ perSecond: 36 }), seed }),
    settings: [{ hwm: 0 }, { hwm: 2 }, { hwm: 2, concurrency: 2, engines: 2 }],
  },
  'bursts, Pareto durations': {
    workload: (seed) =>
      generateWorkload({
        tasks: 150,
        durations: pareto({ mean: 100, shape: 1.5 }),
        arrivals: bursty({ perSecond: 30, onMs: 500, offMs: 500 }),
        seed,
      }),
    settings: [{ hwm: 1 }, { hwm: 3, engines: 7 }],
  },
  'a batch': {
    workload: (seed) => generateWorkload({ tasks: 100, durations: exponential(100), seed }),
    settings: [{ hwm: 1 }, { hwm: 3 }],
  },
  // With a mark of 1 no engine begins one task after another by itself, so that what is simultaneous has one order.
  'a batch, many ends of which fall on one instant': {
    workload: (seed) =>
      generateWorkload({ tasks: 150, durations: bimodal({ short: 10, long: 50, longShare: 0.1 }), seed }),
    settings: [{ hwm: 1 }],
  },
  'tasks that wait for others': { workload: graph, settings: [{ hwm: 1 }, { hwm: 3 }] },
}

/** Each task waits for up to two of the twenty before it. */
function graph(seed: number): Workload {
  const random = seededRandom(seed).substream('graph')
  const durations = exponential(100)
  return workloadOf(
    Array.from({ length: 100 }, (_, task) => {
      const before = Array.from({ length: random.below(3) }, () => task - 1 - random.below(20))
      return { durationMs: durations.draw(random), after: [...new Set(before)].filter((other) => other >= 0) }
    }),
  )
}

/**
 * The same with times that are whole multiples of 2⁻²⁰ ms: their sums and differences are exact, so that both clocks agree to the last bit.
 */
function exact({ arrivalMs, durationMs, ...rest }: Workload): Workload {
  const rounded = (ms: number) => Math.ceil(ms * 2 ** 20) / 2 ** 20
  return { ...rest, arrivalMs: arrivalMs.map(rounded), durationMs: durationMs.map(rounded) }
}

/** What each decided, as `task → engine`, and when each task began and ended. */
async function both(workload: Workload, simulated: Workload, settings: LiveSettings) {
  const { engines: count, concurrency = 1, strategy, hwm, seed, information } = settings
  const decisions: [string[], string[]] = [[], []]
  const note = (list: string[]) => (task: string, engine: number) =>
    list.push(`${task.slice(task.lastIndexOf('.') + 1)} → ${engine}`)
  const live = await runLive(workload, settings, note(decisions[0]))
  const { startMs, endMs } = simulateWorkload(simulated, {
    engines: engines(count, { cores: concurrency }),
    strategy: noted(strategy, note(decisions[1])),
    hwm,
    seed,
    information,
  })
  return { decisions, times: [live, { startMs, endMs }] }
}

describe.for([...Object.keys(strategies), 'powerOf3'])(
  '%s decides alike in a live cluster and in the simulator',
  (strategy) => {
    test.for(Object.entries(cases))('%s', async ([, { workload, settings }]) => {
      const modes =
        resolveStrategy(strategy).information === 'estimates' ? (['blind', 'exact'] as const) : (['blind'] as const)
      for (const [information, seed] of modes.flatMap((mode) =>
        (mode === 'exact' ? [1] : seeds).map((seed) => [mode, seed] as const),
      )) {
        for (const setting of scaled(settings, settings.slice(-1))) {
          const given = exact(workload(seed))
          const told = { engines: 4, strategy, seed, information, ...setting }
          const { decisions, times } = await both(given, given, told)
          expect(decisions[0].length).toBeGreaterThanOrEqual(given.size)
          expect(decisions[0], JSON.stringify(told)).toEqual(decisions[1])
          expect(times[0]).toEqual(times[1])
        }
      }
    })
  },
)

test('it shows where they do not: one task of 150 takes a little longer', async () => {
  const given = exact(cases['Poisson arrivals, exponential durations']?.workload(1) as Workload)
  const other = { ...given, durationMs: given.durationMs.map((ms, task) => (task === 100 ? ms + 30 : ms)) }
  const { decisions } = await both(given, other, {
    engines: 4,
    strategy: 'leastload',
    hwm: 0,
    seed: 1,
    information: 'blind',
  })
  expect(decisions[0].slice(0, 101)).toEqual(decisions[1].slice(0, 101))
  expect(decisions[0]).not.toEqual(decisions[1])
})

test('what is known of durations changes what is decided, on both sides', async () => {
  const given = exact(cases['a batch']?.workload(1) as Workload)
  const told = { engines: 4, strategy: 'sjf', hwm: 1, seed: 1 }
  const blind = await both(given, given, { ...told, information: 'blind' })
  const informed = await both(given, given, { ...told, information: 'exact' })
  expect(informed.decisions[0]).not.toEqual(blind.decisions[0])
  expect(informed.decisions[0]).toEqual(informed.decisions[1])
})
