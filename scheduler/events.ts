import type { Fault } from '../core/errors.ts'
import type { EngineId, SessionId, TaskId } from '../core/ids.ts'
import type { RestoredTask } from './restore.ts'
import type { StrategyLike } from './strategies/strategy.ts'
import type { TaskRecord } from './task.ts'

/**
 * What the scheduler is told and what it asks for, as plain data. Each event may carry a batch; effects come back in the
 * order in which they are to be performed.
 *
 * Knowledge is late: an engine reports `begun` only for tasks that run long, so that `ended` may be the first news of a
 * task. Three rules follow.
 * - Aborting a task that is not known to have begun ends it at once. The engine is sent `cancel`; until it answers (any
 *   outcome for that attempt) the attempt keeps its slot there as a *zombie*, so that load is the engine's real occupancy.
 * - Aborting a task that is known to run sends `cancel`, and the engine's answer settles it: a success that won the race
 *   is a success, everything else is `aborted`. It is never retried, and whoever depends on it starts when it has stopped.
 * - A queue timeout at an engine sends `recall`, and the answer settles it: `recalled` is a timeout; otherwise it had begun.
 */

/** When or where a task may run: `ids` all (or any one) ended, in a way that is asked for. Failure is every end but success. */
export interface DependencySpec {
  readonly ids: readonly TaskId[]
  readonly all: boolean
  readonly success: boolean
  readonly failure: boolean
}

/** A task as submitted. Times are milliseconds, 0 or absent meaning no limit. */
export interface TaskSpec {
  readonly id: TaskId
  readonly client: SessionId
  /** When it may run: every entry must be met. */
  readonly after?: readonly DependencySpec[] | undefined
  /** Where it may run: every entry must be met by tasks that ran at that engine. */
  readonly follow?: readonly DependencySpec[] | undefined
  /** Absent or empty: any engine. A number that was not given out yet may still arrive. */
  readonly targets?: readonly EngineId[] | undefined
  /**
   * Cores of one engine that it occupies while it runs. Default 1. The scheduler itself counts tasks; that the cores suffice is for a strategy
   * to see to, or for the engine.
   */
  readonly cores?: number | undefined
  /** Further attempts after the task's own errors, run timeouts among them. Default 0. */
  readonly retries?: number | undefined
  readonly queueTimeoutMs?: number | undefined
  /** Kept by the engine, which answers `timedOut`. */
  readonly runTimeoutMs?: number | undefined
  /** Higher goes first. Default 0. */
  readonly priority?: number | undefined
  /** Default true. False marks a task that must not run twice. */
  readonly retryOnEngineLoss?: boolean | undefined
  /** What to do when every engine has refused it. Default 'fail'. */
  readonly onUnmet?: 'fail' | 'wait' | undefined
  readonly label?: string | undefined
  /** Sent at once to its one target, and to no other; without `after`, `follow`, `retries` and `priority`. */
  readonly direct?: boolean | undefined
  readonly resubmittedFrom?: TaskId | undefined
  /** The function's hash, arguments and whatever else the engine needs; the scheduler only hands it on. */
  readonly body: unknown
  /** What the body takes, counted against `limits` while the task is live, then against `retention.bytesMax`. Default 0. */
  readonly bodyBytes?: number | undefined
  /** What it has in common with other bodies, beside that. */
  readonly shared?: Kept | undefined
}

/**
 * How one attempt ended. `unmet`: the engine refuses the task (a functional dependency). `aborted`: ended by `cancel`, whether
 * it had begun or not. `timedOut`: its run timeout passed. `recalled`: given back unbegun. `lost`: the executor died under it; the engine
 * goes on, and for the task that counts as the loss of an engine.
 */
export type AttemptOutcome = 'succeeded' | 'failed' | 'unmet' | 'aborted' | 'timedOut' | 'recalled' | 'lost'

/** What an engine says of an attempt that has ended. */
export interface AttemptResult {
  readonly id: TaskId
  readonly attempt: number
  readonly outcome: AttemptOutcome
  /** Time of execution at the engine; 0 where it did not begin. */
  readonly durationMs: number
  /** The result's or the error's payload, opaque. */
  readonly output: unknown
  /** Size of `output`, counted against `retention.bytesMax`. Default 0. */
  readonly outputBytes?: number | undefined
}

/** Something of a task that is kept with it, opaque but for its size, which counts against the limits. */
export interface Kept {
  readonly bytes: number
}

/** One attempt of a task, from 1. */
export interface AttemptName {
  readonly id: TaskId
  readonly attempt: number
}

/** Everything that can happen to the scheduler. */
export type SchedulerEvent =
  | { readonly type: 'submit'; readonly tasks: readonly TaskSpec[] }
  /**
   * `engine` must be greater than every number before it. `hwm` overrides the scheduler's for this engine. `concurrency`: how many
   * tasks it runs side by side, which are its cores; default 1. `speed`: by what the durations of tasks are divided there; default 1.
   */
  | {
      readonly type: 'engineJoined'
      readonly engine: EngineId
      readonly hwm?: HighWaterMark
      readonly concurrency?: number | undefined
      readonly speed?: number | undefined
    }
  | { readonly type: 'engineLeft'; readonly engine: EngineId; readonly reason: string }
  /** They are to take no more and to leave when nothing needs them; each is `released` then. What is not there is passed over. */
  | { readonly type: 'drainEngines'; readonly engines: readonly EngineId[] }
  | { readonly type: 'begun'; readonly engine: EngineId; readonly tasks: readonly AttemptName[] }
  /** Its first word of output; `printed` is kept, and may grow until the attempt ends. */
  | {
      readonly type: 'printed'
      readonly engine: EngineId
      readonly id: TaskId
      readonly attempt: number
      readonly printed: Kept
    }
  | { readonly type: 'ended'; readonly engine: EngineId; readonly results: readonly AttemptResult[] }
  /** With `client`, only that session's tasks. What is unknown or has ended is passed over. */
  | { readonly type: 'abort'; readonly tasks: readonly TaskId[]; readonly client?: SessionId }
  /** Submits `from`, which must have ended and not been purged, again as `to`. `client` becomes its session (default: as before). */
  | {
      readonly type: 'resubmit'
      readonly pairs: readonly { readonly from: TaskId; readonly to: TaskId }[]
      readonly client?: SessionId
    }
  /** Takes over from an earlier scheduler, whose next engine would have had this number. */
  | { readonly type: 'restore'; readonly tasks: readonly RestoredTask[]; readonly nextEngine: EngineId }
  | { readonly type: 'purge'; readonly tasks: readonly TaskId[] }
  | { readonly type: 'tick' }
  | { readonly type: 'setStrategy'; readonly strategy: StrategyLike }
  | { readonly type: 'roundTrip'; readonly engine: EngineId; readonly rttMs: number }

/** How many tasks may be at an engine, running and waiting there: n, 0 for no limit, or measured. */
export type HighWaterMark = number | 'auto'

/**
 * - `assign`: send the task to the engine as this attempt.
 * - `cancel`: the task must not begin; if it has begun, signal it, wait the grace period, end it. Answer with `ended`.
 * - `recall`: give it back (`recalled`) if it has not begun; else ignore this and end as usual.
 * - `release`: nothing is at this draining engine, and nothing needs it: it may go.
 * - `end`: the one terminal reply; see `record.status`, with `fault` or the opaque `output`.
 * - `refuse`: one id of a submit, resubmit or purge was not accepted, nothing was changed for it, and no `end` will follow.
 * - `strategyFault`: the strategy threw, chose an engine it was not offered, or waited for nothing; the least loaded one was taken
 *   instead; or it could not start, and the one before stays in force.
 */
export type Effect =
  | { readonly type: 'assign'; readonly engine: EngineId; readonly task: TaskRecord; readonly attempt: number }
  | {
      readonly type: 'cancel'
      readonly engine: EngineId
      readonly id: TaskId
      readonly attempt: number
      readonly reason: 'abort'
    }
  | { readonly type: 'recall'; readonly engine: EngineId; readonly id: TaskId; readonly attempt: number }
  | { readonly type: 'release'; readonly engine: EngineId }
  | { readonly type: 'end'; readonly task: TaskRecord }
  | {
      readonly type: 'refuse'
      readonly request: 'submit' | 'resubmit' | 'purge'
      readonly id: TaskId
      readonly fault: Fault
    }
  | { readonly type: 'strategyFault'; readonly strategy: string; readonly fault: Fault }
