import { seededRandom } from '../core/random.ts'
import { strategies } from '../scheduler/strategies/named.ts'
import type { FaultKind } from './faults.ts'
import { SimulationError, type SimulationOptions, simulate } from './simulate.ts'
import { workload } from './workload.ts'

/** What came of one seed. */
export interface SeedReport {
  readonly seed: number
  readonly simulatedMs: number
  readonly events: number
  readonly tasks: number
  readonly faults: readonly (readonly [FaultKind, number])[]
  /** What must not have been; undefined: nothing. */
  readonly finding: string | undefined
  /** Of a finding, or where it was asked for. */
  readonly story: readonly string[]
}

export interface SeedOptions {
  /** Whether the story tells of every message. Default false. */
  readonly messages?: boolean
  /** Whether to tell it where nothing was found, too. Default false. */
  readonly story?: boolean
}

const tasks = 60

/** A cluster, users and faults, all drawn from the seed. */
export async function runSeed(
  seed: number,
  { messages = false, story: isTold = false }: SeedOptions = {},
): Promise<SeedReport> {
  const options: SimulationOptions = { ...drawn(seed), messages }
  try {
    const report = await simulate(options, (world) => workload(world, { tasks }))
    const { simulatedMs, events, story } = report
    return {
      seed,
      simulatedMs,
      events,
      tasks,
      faults: [...report.faults],
      finding: undefined,
      story: isTold ? story : [],
    }
  } catch (error) {
    if (!(error instanceof SimulationError)) throw error
    const { cause, story } = error
    const finding = cause instanceof Error ? cause.message : String(cause)
    return { seed, simulatedMs: 0, events: 0, tasks: 0, faults: [], finding, story }
  }
}

function drawn(seed: number): SimulationOptions {
  const random = seededRandom(seed).substream('configuration')
  const pick = <T>(list: readonly T[]): T => list[random.below(list.length)] as T
  return {
    seed,
    engines: 1 + random.below(4),
    concurrency: pick([1, 1, 3]),
    store: random.below(3) > 0,
    latencyMs: pick([
      { min: 0.05, max: 0.5 },
      { min: 0.1, max: 20 },
      { min: 20, max: 200 },
    ]),
    faults: { everyMs: pick([500, 2_000, 8_000]) },
    controller: {
      strategy: pick(Object.keys(strategies)),
      hwm: pick(['auto', 1, 2, 4, 0] as const),
      heartbeatMs: pick([1_000, 5_000]),
      abortGraceMs: pick([0, 1_000]),
      recoveryMs: pick([1_000, 5_000]),
    },
  }
}
