import { YardmasterError } from '../core/errors.ts'
import { type Random, seededRandom } from '../core/random.ts'
import { type FaultKind, type FaultOptions, Faults } from './faults.ts'
import type { RepeatKind } from './repeats.ts'
import { SimulatedCluster, type SimulatedClusterOptions } from './simulated-cluster.ts'
import { Story } from './story.ts'
import { Timeline } from './timeline.ts'
import { virtualGlobals } from './virtual-globals.ts'

/** One run of a whole cluster in virtual time, while things go wrong. */
export interface SimulationOptions extends SimulatedClusterOptions {
  /** Everything that is left to chance follows from it: the same seed gives the same run. */
  readonly seed: number
  /** What goes wrong, while it does; false: nothing. Default: everything, as `FaultOptions` says. */
  readonly faults?: FaultOptions | false
  /** How long things go wrong, in milliseconds of simulated time. Then everything is healed, and the program must end. Default 60,000. */
  readonly faultsMs?: number
  /** How long after that it may take. What takes longer hangs. Default 3,600,000. */
  readonly patienceMs?: number
  /** Lines of the story that are kept. Default 2,000. */
  readonly storyLinesMax?: number
}

/** What a program in the simulated world has. */
export interface SimulatedWorld {
  readonly cluster: SimulatedCluster
  /** A stream of its own, from the seed. */
  readonly random: Random
  /** Resolves when nothing goes wrong any more. */
  readonly healed: Promise<void>
  /** Writes a line into the story. */
  note(line: string): void
}

/** What happened in such a run. */
export interface SimulationReport {
  readonly seed: number
  /** Milliseconds. */
  readonly simulatedMs: number
  /** Things that happened, one at a time. */
  readonly events: number
  readonly faults: ReadonlyMap<FaultKind, number>
  /** What came more than once, where the story tells of messages. */
  readonly repeats: ReadonlyMap<RepeatKind, number>
  readonly story: readonly string[]
}

/** What a simulation found, its seed and the story that led there. */
export class SimulationError extends YardmasterError {
  readonly seed: number
  readonly story: readonly string[]

  constructor(seed: number, story: readonly string[], cause: unknown) {
    const why = cause instanceof Error ? cause.message : String(cause)
    super('YM_SIMULATION', `with seed ${seed}: ${why}\n${story.join('\n')}`, { cause })
    this.seed = seed
    this.story = story
  }
}

let isRunning = false

/**
 * Runs a program against a whole simulated cluster: the real controller, scheduler, engines and clients, in one thread, in virtual
 * time, while things go wrong. The scheduler's invariants are checked after each thing at the controller that it takes part in. The program's own
 * timers, `Date` and `Math.random` are the simulation's.
 *
 * `program` runs in a simulated process that does not die. What it rejects with is a finding.
 * @throws SimulationError with the seed and the story
 */
export async function simulate(
  options: SimulationOptions,
  program: (world: SimulatedWorld) => Promise<void>,
): Promise<SimulationReport> {
  const { seed, faultsMs = 60_000, patienceMs = 3_600_000, storyLinesMax = 2_000 } = options
  if (isRunning) throw new Error('a simulation is running in this thread: one at a time')
  isRunning = true
  const random = seededRandom(seed)
  const timeline = new Timeline()
  const story = new Story(timeline, storyLinesMax)
  const restore = virtualGlobals(timeline, random.substream('tasks'))
  const { unevenClocks = options.faults !== false } = options
  const cluster = new SimulatedCluster(timeline, random, story, { ...options, unevenClocks })
  const faults = new Faults(cluster, random.substream('faults'), options.faults || {})
  try {
    cluster.start()
    if (options.faults !== false) faults.begin()
    let isOver = false
    let failure: { readonly error: unknown } | undefined
    let heal: () => void = () => {}
    const healed = new Promise<void>((resolve) => {
      heal = resolve
    })
    const note = (line: string) => story.note(line)
    const world: SimulatedWorld = { cluster, random: random.substream('program'), healed, note }
    cluster
      .within(cluster.program, () => program(world))
      .then(
        () => {
          isOver = true
        },
        (error: unknown) => {
          failure = { error }
          isOver = true
        },
      )
    timeline.afterEach = (process) => {
      if (process === cluster.controllerProcess) cluster.checkSteps()
    }
    if (options.faults !== false) {
      // The program may have to wait for the end of the faults.
      await timeline.run(faultsMs, () => failure !== undefined)
      cluster.check()
      faults.end()
    }
    timeline.after(0, cluster.program, heal)
    const ended = await timeline.run(patienceMs, () => isOver)
    if (failure) throw failure.error
    cluster.check()
    if (!ended) throw new Error(`the program has not ended ${patienceMs} ms after everything was healed`)
    const { counts: repeats } = cluster.repeats
    const { now: simulatedMs, events } = timeline
    return { seed, simulatedMs, events, faults: faults.counts, repeats, story: story.lines }
  } catch (error) {
    throw new SimulationError(seed, story.lines, error)
  } finally {
    cluster.end()
    restore()
    isRunning = false
  }
}
