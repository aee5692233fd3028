import { ConfigurationError } from '../../core/errors.ts'
import type { EngineId, SessionId, TaskId } from '../../core/ids.ts'
import type { Random } from '../../core/random.ts'
import type { AttemptOutcome, DependencySpec } from '../events.ts'

/** What a strategy may know of an engine. One object stands for an engine as long as it lives; its numbers change. */
export interface EngineView {
  readonly id: EngineId
  /** Tasks sent there that have not ended. */
  readonly load: number
  /** The load at which it takes no more; Infinity where there is no limit. */
  readonly mark: number
  /**
   * Its place in the list by last assignment: of two engines, the one with the smaller number stands nearer the front, which is
   * the less recently used end. A new engine joins at the front; nothing but an assignment moves one.
   */
  readonly lastUsed: number
  /** How many tasks of one core it runs side by side. 1 where it does not say. */
  readonly cores: number
  /** Cores that nothing sent there needs; less than 0 where more was sent than can run at once. */
  readonly freeCores: number
  /** A task takes its duration at speed 1, divided by this. 1 where nothing is known. */
  readonly speed: number
}

/** What a strategy may know of a task. No duration is among it. */
export interface TaskView {
  readonly id: TaskId
  readonly client: SessionId
  readonly label: string | undefined
  readonly priority: number
  readonly after: readonly DependencySpec[]
  readonly follow: readonly DependencySpec[]
  readonly targets: readonly EngineId[]
  /** Cores of one engine that it occupies while it runs. 1 where nothing is said. */
  readonly cores: number
  readonly attempt: number
  readonly submittedAt: number
}

/**
 * The engines that may take the task now: alive, among its targets, not having refused it, satisfying `follow`, and below
 * their high-water mark. There is at least one. Valid only during the call. For a task without targets or `follow`, `size`
 * is O(1) and all else O(log n) in the number of engines; otherwise it is linear in the number of the task's places.
 */
export interface Engines {
  readonly size: number
  /** In order of arrival, `0 <= i < size`; else a RangeError. */
  at(i: number): EngineView
  /** The fewest tasks; of those the least recently used. */
  leastLoaded(): EngineView
  leastRecentlyUsed(): EngineView
  /** `n` uniform draws without replacement from the strategy's own randomness, in the order drawn; all of them if there are fewer. */
  sample(n: number): readonly EngineView[]
  /** A draw in which each engine's probability is proportional to `weight(load)`, a positive number; O(number of different loads). */
  draw(weight: (load: number) => number): EngineView
  /** The next in order of arrival after engine number `id`, the first again after the last. */
  after(id: EngineId): EngineView
}

/**
 * What can be said instead of an engine: the task stays ready, and is asked about again when something changes.
 * - `pass`: not now; those that come after it are asked about.
 * - `hold`: not now, and nothing that comes after it either.
 *
 * A change is: a task became ready, an attempt began or ended, an engine joined, left or got room. Then all are asked about in
 * order, once each, up to the first `hold`: what waiting costs is the strategy's affair. While no engine has a task there is nothing to wait
 * for; who waits even so is overruled, and that counts as a fault.
 */
export type Deferral = 'pass' | 'hold'

/** The rule of a strategy: which of the engines takes the task, or that it waits. */
export type Choose = (task: TaskView, engines: Engines, random: Random) => EngineView | Deferral

/** How an attempt ended, as every strategy may know. */
export interface Finished {
  readonly outcome: AttemptOutcome
}

/** What is granted in addition to strategies that declare `information: 'durations'` or `'estimates'`. */
export interface FinishedWithDuration extends Finished {
  /** Time of execution at the engine, in milliseconds; 0 where it did not begin or is not known. */
  readonly durationMs: number
}

/** What is expected of tasks before they run, as much as whoever runs the scheduler grants. */
export interface Estimates {
  /** Time of execution on an engine of speed 1, in milliseconds; undefined where nothing is known. A task of which it is asked must not have ended. */
  durationMs(task: TaskView): number | undefined
  /** What must lie at its engine before it begins; nothing where no data is known of: always so in a live cluster. The same of a task that must not have ended. */
  inputs(task: TaskView): readonly ExpectedInput[]
  /** How fast data comes to an engine; Infinity where it takes no time, or nothing is known of that: always so in a live cluster. */
  readonly bytesPerSecond: number
}

/** An object that one task makes and others consume. */
export interface ExpectedInput {
  /** Its number: what two tasks consume under the same one is the same, and has to come to an engine once. */
  readonly object: number
  readonly producer: TaskId
  /** Expected as long as it does not exist, and known from then on; undefined where nothing is known. */
  readonly bytes: number | undefined
  /** The engines where it lies, the one that made it first; none as long as it does not exist. */
  readonly engines: readonly EngineId[]
}

/** Everything in it may be used at any time while the strategy is in force. */
export interface StrategyContext {
  /** The strategy's own substream: the same seed and the same events give the same choices. */
  readonly random: Random
  /** Milliseconds, on the clock of `submittedAt`: the time of the event that the scheduler deals with. */
  now(): number
}

/** What is granted in addition to strategies that declare `information: 'estimates'`. */
export interface StrategyContextWithEstimates extends StrategyContext {
  readonly estimates: Estimates
}

/** A strategy in force. It may keep private state; it must not keep a `TaskView` beyond the task's end. */
export interface StrategyRun<Report extends Finished = Finished> {
  readonly choose: Choose
  /** Order among ready tasks of equal priority and constraints, asked once each time a task becomes ready: smaller goes first, equal by submission. */
  rank?(task: TaskView): number
  /** A batch as it was submitted, dependencies included, before any of it is ready: the moment to plan a graph. */
  tasksSubmitted?(tasks: readonly TaskView[]): void
  taskReady?(task: TaskView): void
  /** Sent to the engine. */
  taskAssigned?(task: TaskView, engine: EngineView): void
  /** Known to have begun. Short tasks end without it. */
  taskStarted?(task: TaskView, engine: EngineView): void
  /** An attempt ended. */
  taskFinished?(task: TaskView, engine: EngineView, report: Report): void
  /** The task has ended, however it did: nothing more will be heard of it. */
  taskEnded?(task: TaskView): void
  engineJoined?(engine: EngineView): void
  engineLeft?(engine: EngineView): void
  /**
   * `idle` has nothing to do and nothing is ready for it. `busy` are the engines with at least two tasks. Choosing one calls back
   * the task that was sent there last, unless all have begun; it becomes ready when the engine gives it up.
   */
  steal?(idle: EngineView, busy: readonly EngineView[]): EngineView | undefined
}

/** A strategy with its name. */
export type Strategy = { readonly name: string } & Definition

/** A name of the built-in ones, a strategy, or only its rule. */
export type StrategyLike = string | Strategy | Choose

type Definition =
  | { readonly information?: undefined; start(context: StrategyContext): StrategyRun }
  | { readonly information: 'durations'; start(context: StrategyContext): StrategyRun<FinishedWithDuration> }
  | {
      readonly information: 'estimates'
      start(context: StrategyContextWithEstimates): StrategyRun<FinishedWithDuration>
    }

/**
 * Makes a strategy of a rule, `(task, engines, random) => engine`, or of `{ start(context) }` where it keeps state. `start` is
 * called each time the strategy comes into force.
 */
export function strategy(name: string, definition: Choose): Strategy
export function strategy(name: string, definition: Definition): Strategy
export function strategy(name: string, definition: Choose | Definition): Strategy {
  if (name === '') throw new ConfigurationError('A strategy needs a name: it appears in results and plots.')
  if (typeof definition !== 'function') return { name, ...definition }
  const run: StrategyRun = { choose: definition }
  return { name, start: () => run }
}
