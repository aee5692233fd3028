import type { ErrorCode } from '../../core/errors.ts'
import type { EngineId, TaskId } from '../../core/ids.ts'
import type {
  AttemptOutcome,
  DependencySpec,
  Effect,
  HighWaterMark,
  SchedulerEvent,
  TaskSpec,
} from '../../scheduler/events.ts'
import { noEngine, type TerminalStatus } from '../../scheduler/task.ts'

/** What an observer knows of a scheduler's tasks, attempts and engines from events and effects alone. */

/** What a client was told of a task at its end. */
export interface Reply {
  readonly status: TerminalStatus
  /** Where the scheduler ended it; undefined for a result and for an error of the task's own. */
  readonly code: ErrorCode | undefined
  readonly message: string | undefined
  readonly output: unknown
  /** Where its last attempt was; `noEngine` (−1) where none was sent, or the last was given back. */
  readonly engine: EngineId
}

/** One attempt, as its engine knows it. */
export interface Attempt {
  readonly task: TaskAccount
  readonly id: TaskId
  readonly engine: EngineId
  /** From 1. */
  readonly attempt: number
  begun: boolean
  asked: 'nothing' | 'cancel' | 'recall'
  /** The engine's answer; 'lost' also where the engine was. Undefined while it is out. */
  outcome: AttemptOutcome | undefined
}

/** One dependency of a task that names at least one other. */
export interface DependencyAccount {
  readonly spec: DependencySpec
  /** Of `follow`: it says where. */
  readonly where: boolean
  /** For each id that it names: the task that had it at the time of submission; undefined where there was none. */
  readonly tasks: readonly (TaskAccount | undefined)[]
  /** A resubmitted task ran after what is forgotten by now: that counts as met, by what ran here. */
  readonly assumedAt: EngineId | undefined
}

/** What an engine reported last of a task that had begun. */
interface Report {
  readonly outcome: 'succeeded' | 'failed' | 'timedOut'
  readonly output: unknown
  readonly outputBytes: number
}

/** What a history has told of one task so far. */
export interface TaskAccount {
  readonly id: TaskId
  readonly spec: TaskSpec
  /** Its place among all accepted tasks. */
  readonly order: number
  readonly dependencies: readonly DependencyAccount[]
  readonly attempts: Attempt[]
  readonly refusedBy: Set<EngineId>
  /** Attempts that ended by the task's own error or a run timeout. */
  errors: number
  losses: number
  report: Report | undefined
  abortAsked: boolean
  /** When it must have begun; Infinity: no limit, or it has begun. */
  deadline: number
  /** The deadline passed and it was not known to have begun. */
  overdue: boolean
  reply: Reply | undefined
  purged: boolean
}

export interface EngineAccount {
  readonly id: EngineId
  readonly hwm: HighWaterMark
  /** What it was sent and has not answered for, also where the task has ended since. */
  readonly attempts: Set<Attempt>
  /** Whether it is to leave when nothing needs it, or was let go. */
  stage: 'serving' | 'draining' | 'released'
  /** The last time it was sent a load-balanced task, counted in such tasks; negative for one that never was, the latest arrival smallest. */
  lastUsed: number
}

/** One step of the scheduler: what it was told, what that meant by the account, and what it asked for. */
export interface ObservedStep {
  readonly event: SchedulerEvent
  readonly now: number
  effects: readonly Effect[]
  /** The event is late or a duplicate: it speaks of nothing that is. */
  stale: boolean
  /** For a stale event: whether the scheduler's state is as before. */
  unchanged: boolean
  /** Tasks whose deadline passed while they were at no engine. */
  readonly expired: TaskAccount[]
  /** Attempts whose task's deadline passed before they were known to have begun. */
  readonly overdue: Attempt[]
  readonly accepted: TaskAccount[]
  /** Ids that are to be refused, in order. */
  readonly refused: TaskId[]
  readonly resubmitted: { readonly from: TaskAccount; readonly to: TaskAccount }[]
  /** Live tasks that an abort names, with their attempt, if it is out. */
  readonly aborted: { readonly task: TaskAccount; readonly attempt: Attempt | undefined }[]
  /** Attempts of live tasks that the event ends: by the engine's word or by its loss. */
  readonly answered: Attempt[]
  /** Tasks that ended. */
  readonly ended: TaskAccount[]
  /** Attempts that were sent. */
  readonly sent: Attempt[]
}

/** How much of that is load: direct tasks are none. */
export function loadOf({ attempts }: EngineAccount): number {
  let load = 0
  for (const { task } of attempts) if (!task.spec.direct) load += 1
  return load
}

/** The attempt that is out; undefined where there is none. */
export function currentAttempt(task: TaskAccount): Attempt | undefined {
  const last = task.attempts.at(-1)
  return last?.outcome === undefined && task.reply === undefined ? last : undefined
}

/** Where a task ran last, as far as one can know: what was given back did not run there. */
export function placeOf({ attempts }: TaskAccount): EngineId {
  const last = attempts.at(-1)
  return last === undefined || last.outcome === 'recalled' ? noEngine : last.engine
}
