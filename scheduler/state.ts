import { ConfigurationError } from '../core/errors.ts'
import type { EngineId } from '../core/ids.ts'
import { type Random, seededRandom } from '../core/random.ts'
import { TaskTable } from '../core/task-table.ts'
import { Deadlines } from './deadlines.ts'
import { EngineIndex } from './engine-index.ts'
import type { EngineRecord } from './engine-record.ts'
import { IndexView } from './engine-views.ts'
import type { Effect, HighWaterMark } from './events.ts'
import { guardedRun, type StrategyFault } from './guarded-run.ts'
import { type LoadLimits, Quota } from './quota.ts'
import { ReadyQueue } from './ready-queue.ts'
import { Retention, type RetentionLimits } from './retention.ts'
import { SharedParts } from './shared-parts.ts'
import { resolveStrategy } from './strategies/named.ts'
import type { Estimates, FinishedWithDuration, Strategy, StrategyLike, StrategyRun } from './strategies/strategy.ts'
import { type Moment, none, type TaskRecord, type TaskStatus, type Terms } from './task.ts'

/** How a scheduler decides, and how much it keeps. */
export interface SchedulerConfig {
  /** Default 'leastload'. */
  readonly strategy?: StrategyLike
  /** Of the strategy's randomness. Default 0. */
  readonly seed?: number | string
  /** What strategies that declare `information: 'estimates'` may know of tasks before they run. Default: nothing. */
  readonly estimates?: Partial<Estimates>
  /** Default 'auto'. */
  readonly hwm?: HighWaterMark
  /** Engines that may die with a task before it fails. Default 3. */
  readonly engineLossLimit?: number
  readonly retention?: Partial<RetentionLimits>
  /** Of what is submitted and has not ended; a submission over them is refused. Default: none. */
  readonly limits?: Partial<LoadLimits>
}

/** What holds where an option is not given. */
export const schedulerDefaults = {
  strategy: 'leastload',
  seed: 0,
  estimates: {},
  hwm: 'auto',
  engineLossLimit: 3,
  retention: { countMax: 100_000, bytesMax: 256 * 2 ** 20, purgedMax: 100_000 },
  limits: {
    clientTasksMax: Number.POSITIVE_INFINITY,
    clientBytesMax: Number.POSITIVE_INFINITY,
    queuedBytesMax: Number.POSITIVE_INFINITY,
  },
} as const satisfies Required<SchedulerConfig>

/** The strategy in force. */
export interface ActiveStrategy {
  readonly strategy: Strategy
  readonly run: Omit<StrategyRun, 'taskFinished'>
  /** Tells it that an attempt ended, as much as it may know; undefined where it does not listen. */
  readonly finished: ((task: TaskRecord, engine: EngineRecord, attempt: FinishedWithDuration) => void) | undefined
  readonly random: Random
  /** All available engines, drawing from `random`. */
  readonly view: IndexView
}

/** All the scheduler knows. Its owner calls `step` and otherwise only reads. */
export interface SchedulerState {
  /** The time of the last step. */
  now: number
  moment: Moment
  /** Every live and every retained record. */
  readonly tasks: TaskTable<TaskRecord>
  /** How many records are in each state; the terminal ones count all that ever ended. */
  readonly counts: Record<TaskStatus, number>
  /** The live engines, in order of arrival, which is the order of their numbers. */
  readonly engines: Map<EngineId, EngineRecord>
  /** Those that are to leave, and are still needed. */
  readonly draining: Set<EngineRecord>
  /** Every engine's number is less; those from here on may still arrive. */
  nextEngine: EngineId
  readonly index: EngineIndex
  readonly ready: ReadyQueue
  readonly deadlines: Deadlines
  readonly retention: Retention
  readonly quota: Quota
  readonly shared: SharedParts
  /** Waiting tasks by one engine that could still take them, for each that is bound to particular engines. */
  readonly witnesses: Map<EngineId, Set<TaskRecord>>

  strategy: ActiveStrategy
  readonly estimates: Estimates
  readonly hwm: HighWaterMark
  readonly engineLossLimit: number
  readonly random: Random

  /** Of all engines. */
  load: number

  /** Those of the latest submission. */
  lastTerms: Terms | undefined
  /** The next task's place in the order of submission. */
  nextSequence: number
  /** Places in the list by last assignment: joining engines count down, assigned ones up. */
  front: number
  back: number

  /** What this step asks for; a list of its own for each step. */
  effects: Effect[]
  /** Ended tasks whose dependents have not been told; empty between steps. */
  toldNext: TaskRecord[]
  /** Circles that may have become stuck; empty between steps. */
  readonly circles: (readonly TaskRecord[])[]
  /** Engines that became available in this step; empty between steps. */
  freed: EngineRecord[]
  /** Engines that became idle in this step, for strategies that steal. */
  idle: EngineRecord[]
  /** How many events there were, and the types of the last few, in a ring. */
  eventCount: number
  readonly recentEvents: string[]
}

/** An empty scheduler. Throws a `ConfigurationError` for an unknown strategy or an impossible limit. */
export function createScheduler(config: SchedulerConfig = {}): SchedulerState {
  const hwm = config.hwm ?? schedulerDefaults.hwm
  checkMark(hwm)
  const retention = { ...schedulerDefaults.retention, ...config.retention }
  checkLimits('retention', retention)
  const limits = { ...schedulerDefaults.limits, ...config.limits }
  checkLimits('limits', limits)
  const engineLossLimit = config.engineLossLimit ?? schedulerDefaults.engineLossLimit
  if (!(engineLossLimit >= 1)) {
    throw new ConfigurationError(`engineLossLimit must be at least 1, not ${engineLossLimit}.`)
  }
  const random = seededRandom(config.seed ?? schedulerDefaults.seed)
  const tasks = new TaskTable<TaskRecord>()
  const index = new EngineIndex()
  const shared = new SharedParts()
  const estimates = completed(config.estimates)
  const state: SchedulerState = {
    now: Number.NEGATIVE_INFINITY,
    moment: { ms: Number.NEGATIVE_INFINITY },
    tasks,
    counts: {
      waiting: 0,
      ready: 0,
      assigned: 0,
      running: 0,
      succeeded: 0,
      failed: 0,
      aborted: 0,
      timedOut: 0,
      impossible: 0,
    },
    engines: new Map(),
    draining: new Set(),
    nextEngine: 0,
    index,
    ready: new ReadyQueue(),
    deadlines: new Deadlines(),
    retention: new Retention(retention, tasks, shared),
    quota: new Quota(limits, shared),
    shared,
    witnesses: new Map(),
    strategy: activate(
      config.strategy ?? schedulerDefaults.strategy,
      { random, index, estimates },
      {
        report: (fault) => state.effects.push(fault),
        now: () => state.now,
      },
    ),
    estimates,
    hwm,
    engineLossLimit,
    random,
    load: 0,
    lastTerms: undefined,
    nextSequence: 0,
    front: 0,
    back: 0,
    effects: [],
    toldNext: [],
    circles: [],
    freed: [],
    idle: [],
    eventCount: 0,
    recentEvents: [],
  }
  return state
}

/** What is left out says that nothing is known. What is given may be an object of a class. */
function completed(given: Partial<Estimates> = {}): Estimates {
  return {
    durationMs: (task) => given.durationMs?.(task),
    inputs: (task) => given.inputs?.(task) ?? none,
    bytesPerSecond: given.bytesPerSecond ?? Number.POSITIVE_INFINITY,
  }
}

/** A strategy's randomness depends on the seed and its name only. */
export function activate(
  like: StrategyLike,
  from: Pick<SchedulerState, 'random' | 'index' | 'estimates'>,
  { report, now }: { report(fault: StrategyFault): void; now(): number },
): ActiveStrategy {
  const strategy = resolveStrategy(like)
  const random = from.random.substream(`strategy/${strategy.name}`)
  const common = { strategy, random, view: new IndexView(from.index, random) }
  if (strategy.information === undefined) {
    const run = guardedRun(strategy.name, strategy.start({ random, now }), report)
    const tell: ActiveStrategy['finished'] = (task, engine, { outcome }) =>
      run.taskFinished?.(task, engine, { outcome })
    return { ...common, run, finished: run.taskFinished && tell }
  }
  const started =
    strategy.information === 'durations'
      ? strategy.start({ random, now })
      : strategy.start({ random, now, estimates: from.estimates })
  const run = guardedRun(strategy.name, started, report)
  const tell: ActiveStrategy['finished'] = (task, engine, { outcome, durationMs }) =>
    run.taskFinished?.(task, engine, { outcome, durationMs })
  return { ...common, run, finished: run.taskFinished && tell }
}

function checkLimits(option: string, limits: RetentionLimits | LoadLimits): void {
  for (const [name, limit] of Object.entries(limits)) {
    if (!(limit >= 0)) throw new ConfigurationError(`${option}.${name} must be a number from 0 on, not ${limit}.`)
  }
}

/** Throws a `ConfigurationError` unless it is 'auto' or a whole number from 0 on. */
export function checkMark(hwm: HighWaterMark): void {
  if (hwm === 'auto' || (Number.isInteger(hwm) && hwm >= 0)) return
  throw new ConfigurationError(`hwm must be 'auto', 0 (no limit) or a whole number, not ${hwm}.`)
}
