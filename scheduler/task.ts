import type { Fault } from '../core/errors.ts'
import type { EngineId, SessionId, TaskId } from '../core/ids.ts'
import type { Timer } from './deadlines.ts'
import type { DependencyState, SpecState } from './dependencies.ts'
import type { DependencySpec, TaskSpec } from './events.ts'
import type { ReadyGroup } from './ready-group.ts'

export type LiveStatus = 'waiting' | 'ready' | 'assigned' | 'running'
export type TerminalStatus = 'succeeded' | 'failed' | 'aborted' | 'timedOut' | 'impossible'
export type TaskStatus = LiveStatus | TerminalStatus

/** The number that stands for no engine. */
export const noEngine: EngineId = -1

const none: readonly never[] = Object.freeze([])

/**
 * One task, live or retained. Only the scheduler writes to it; others read it, and must not keep it beyond their turn.
 * All records have one shape, with every field present from the start. Times are those passed to `step`; NaN: not yet.
 */
export class TaskRecord {
  readonly id: TaskId
  client: SessionId
  /** As submitted, by reference; undefined once purged. */
  body: unknown
  readonly label: string | undefined
  readonly resubmittedFrom: TaskId | undefined
  resubmittedAs: TaskId | undefined = undefined

  after: readonly DependencySpec[]
  follow: readonly DependencySpec[]
  /** Empty: any engine. */
  targets: readonly EngineId[]
  readonly priority: number
  readonly retries: number
  readonly queueTimeoutMs: number
  readonly runTimeoutMs: number
  readonly retryOnEngineLoss: boolean
  readonly onUnmet: 'fail' | 'wait'

  status: TaskStatus = 'waiting'
  /** The current or last attempt, from 1; 0 before the first. */
  attempt = 0
  /** Where the current or last attempt is or was; `noEngine` where none was sent. */
  engine: EngineId = noEngine
  /** Attempts that ended with the task's own error or a run timeout. */
  failures = 0
  /** Engines that died with it. */
  losses = 0
  /** Engines that refused it and are alive. */
  refusedBy: readonly EngineId[] = none
  /** Engines where it failed: others are preferred. */
  failedOn: readonly EngineId[] = none

  submittedAt: number
  assignedAt = Number.NaN
  /** Reported, or computed from the duration when the end was the first news. */
  startedAt = Number.NaN
  endedAt = Number.NaN
  /** Of the last attempt that ran to an end. */
  durationMs = Number.NaN

  /** The payload of the result, or of the last error of its own; opaque. */
  output: unknown = undefined
  outputBytes = 0
  /** Why it ended, where the scheduler ended it; else undefined. */
  fault: Fault | undefined = undefined
  /** Its result was dropped: purged on request or beyond the retention limit. */
  purged = false

  /** @internal Position among all submissions. */
  readonly sequence: number
  /** @internal The strategy's order among tasks of equal priority; smaller goes first. */
  rank = 0
  /** @internal Neighbours in its ready group's list, or in the list of retained records. */
  previous: TaskRecord | undefined = undefined
  /** @internal */
  next: TaskRecord | undefined = undefined
  /** @internal Its queue while ready. */
  group: ReadyGroup | undefined = undefined
  /** @internal Where it waits within its group. */
  lane: 'none' | 'list' | 'heap' = 'none'
  /** @internal Index in its engine's list while assigned or running. */
  slot = -1
  /** @internal What is asked of its engine and not answered yet. */
  asked: 'nothing' | 'cancel' | 'recall' = 'nothing'
  /** @internal Infinity: no queue timeout, or it began. */
  queueDeadline = Number.POSITIVE_INFINITY
  /** @internal Until it is due or void. */
  timer: Timer | undefined = undefined
  /** @internal What is left of its dependencies while that matters. */
  dependencies: DependencyState | undefined = undefined
  /** @internal Those that are told when this one ends. */
  dependents: SpecState[] | undefined = undefined
  /** @internal Those among them that need to know no more. */
  closedDependents = 0

  constructor(spec: TaskSpec, sequence: number, now: number) {
    this.id = spec.id
    this.client = spec.client
    this.body = spec.body
    this.label = spec.label
    this.resubmittedFrom = spec.resubmittedFrom
    this.after = spec.after ?? none
    this.follow = spec.follow ?? none
    this.targets = spec.targets ?? none
    this.priority = spec.priority ?? 0
    this.retries = spec.retries ?? 0
    this.queueTimeoutMs = spec.queueTimeoutMs ?? 0
    this.runTimeoutMs = spec.runTimeoutMs ?? 0
    this.retryOnEngineLoss = spec.retryOnEngineLoss ?? true
    this.onUnmet = spec.onUnmet ?? 'fail'
    this.submittedAt = now
    this.sequence = sequence
  }
}
