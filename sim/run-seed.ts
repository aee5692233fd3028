import { type Random, seededRandom } from '../core/random.ts'
import { strategies } from '../scheduler/strategies/named.ts'
import type { FaultKind } from './faults.ts'
import { drawPace, type Pace } from './pace.ts'
import type { RepeatKind } from './repeats.ts'
import { SimulationError, type SimulationOptions, simulate } from './simulate.ts'
import { workload } from './workload.ts'

/** What came of one seed. */
export interface SeedReport {
  readonly seed: number
  readonly pace: Pace['name']
  readonly simulatedMs: number
  readonly events: number
  readonly tasks: number
  readonly faults: readonly (readonly [FaultKind, number])[]
  /** What came more than once, where messages are told of. */
  readonly repeats: readonly (readonly [RepeatKind, number])[]
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
  const random = seededRandom(seed).substream('configuration')
  const pace = drawPace(random.substream('pace'))
  const { spanMs, taskMsMax, restartMsMax: backMsMax, patienceMs } = pace
  const options: SimulationOptions = { ...drawn(seed, random, pace), messages }
  const { stackTraceLimit } = Error
  // Errors are made by the thousand, and nobody reads where.
  if (!messages) Error.stackTraceLimit = 0
  try {
    const report = await simulate(options, (world) =>
      workload(world, { tasks, spanMs, taskMsMax, backMsMax, patienceMs }),
    )
    const { simulatedMs, events, repeats, story } = report
    return {
      seed,
      pace: pace.name,
      simulatedMs,
      events,
      tasks,
      faults: [...report.faults],
      repeats: [...repeats],
      finding: undefined,
      story: isTold ? story : [],
    }
  } catch (error) {
    if (!(error instanceof SimulationError)) throw error
    const { cause, story } = error
    const finding = cause instanceof Error ? cause.message : String(cause)
    return { seed, pace: pace.name, simulatedMs: 0, events: 0, tasks: 0, faults: [], repeats: [], finding, story }
  } finally {
    Error.stackTraceLimit = stackTraceLimit
  }
}

function drawn(seed: number, random: Random, pace: Pace): SimulationOptions {
  const pick = <T>(list: readonly T[]): T => list[random.below(list.length)] as T
  const { faultsMs, patienceMs, lastsMsMax, restartMsMax, reconnectMs, heartbeatMs, recoveryMs } = pace
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
    faults: { everyMs: pace.faultsEveryMs, lastsMsMax },
    ...{ faultsMs, restartMsMax, reconnectMs },
    // What the workload awaits is for it to say.
    patienceMs: 4 * patienceMs,
    controller: {
      strategy: pick(Object.keys(strategies)),
      hwm: pick(['auto', 1, 2, 4, 0] as const),
      abortGraceMs: pick([0, 1_000]),
      ...(random.below(4) === 0 ? { retention: { countMax: 20 } } : {}),
      heartbeatMs,
      recoveryMs,
      // Links that are full soon, and clients that lose theirs by what waits for them.
      transportOptions: { bufferBytesMax: pick([2 ** 24, 2 ** 24, 300]) },
      limits: { unsentBytesMax: pick([2 ** 29, 2 ** 29, 6_000, 3_000]) },
    },
  }
}
