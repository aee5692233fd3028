import type { Fault } from '../core/errors.ts'
import type { EngineId, SessionId, TaskId } from '../core/ids.ts'
import type { Timer } from './deadlines.ts'
import type { DependencyState, SpecState } from './dependencies.ts'
import type { DependencySpec, Kept, TaskSpec } from './events.ts'
import type { ClientAccount } from './quota.ts'
import type { ReadyGroup } from './ready-group.ts'
import type { SharedPart } from './shared-parts.ts'

/** The states of a task that has not ended. */
export type LiveStatus = 'waiting' | 'ready' | 'assigned' | 'running'
/** How a task ends. */
export type TerminalStatus = 'succeeded' | 'failed' | 'aborted' | 'timedOut' | 'impossible'
/** The states of a task. */
export type TaskStatus = LiveStatus | TerminalStatus

/** The number that stands for no engine. */
export const noEngine: EngineId = -1

/** The list of nothing: one for all. */
export const none: readonly never[] = Object.freeze([])

/** What tasks submitted together have in common, as a rule; so they share it. */
export interface Terms {
  readonly client: SessionId
  readonly account: ClientAccount
  readonly priority: number
  readonly retries: number
  readonly queueTimeoutMs: number
  readonly runTimeoutMs: number
  readonly retryOnEngineLoss: boolean
  readonly onUnmet: 'fail' | 'wait'
  readonly label: string | undefined
  readonly resubmittedFrom: TaskId | undefined
  readonly follow: readonly DependencySpec[]
  readonly targets: readonly EngineId[]
  readonly direct: boolean
  readonly cores: number
}

/** The terms of a task: `last`, where they are equal. `account`: its client's. */
export function termsOf(spec: TaskSpec, last: Terms | undefined, account: ClientAccount): Terms {
  const { client, priority = 0, retries = 0, queueTimeoutMs = 0, runTimeoutMs = 0 } = spec
  const { retryOnEngineLoss = true, onUnmet = 'fail', label, resubmittedFrom, follow = none } = spec
  const { targets = none, direct = false, cores = 1 } = spec
  if (
    last !== undefined &&
    last.account === account &&
    last.priority === priority &&
    last.retries === retries &&
    last.queueTimeoutMs === queueTimeoutMs &&
    last.runTimeoutMs === runTimeoutMs &&
    last.retryOnEngineLoss === retryOnEngineLoss &&
    last.onUnmet === onUnmet &&
    last.label === label &&
    last.resubmittedFrom === resubmittedFrom &&
    last.follow === follow &&
    last.direct === direct &&
    last.cores === cores &&
    sameNumbers(last.targets, targets)
  ) {
    return last
  }
  return {
    client,
    account,
    priority,
    retries,
    queueTimeoutMs,
    runTimeoutMs,
    retryOnEngineLoss,
    onUnmet,
    label,
    resubmittedFrom,
    follow,
    targets,
    direct,
    cores,
  }
}

function sameNumbers(some: readonly number[], others: readonly number[]): boolean {
  return some === others || (some.length === others.length && some.every((one, i) => one === others[i]))
}

/** What went wrong with a task so far. Few have any, so that all the others share one. */
export interface Trouble {
  /** Attempts that ended with the task's own error or a run timeout. */
  readonly failures: number
  /** Engines, or executors, that died with it. */
  readonly losses: number
  /** Engines that refused it and, when it was last looked at, were alive. */
  readonly refusedBy: readonly EngineId[]
  /** Engines where it failed: others are preferred. */
  readonly failedOn: readonly EngineId[]
}

const noTrouble: Trouble = Object.freeze({ failures: 0, losses: 0, refusedBy: none, failedOn: none })

/** A time as passed to `step`. One object serves all that happens in a step: a number of its own costs each record an allocation. */
export interface Moment {
  readonly ms: number
}

/**
 * One task, live or retained. Only the scheduler writes to it; others read it, and must not keep it beyond their turn.
 * All records have one shape, written once by the constructor (hence `declare`: a class field would be written twice).
 */
export class TaskRecord {
  declare readonly id: TaskId
  /** As submitted, by reference; undefined once purged. */
  declare body: unknown
  /** What the body takes, and what it has in common with others; nothing once purged. */
  declare bodyBytes: number
  declare shared: SharedPart | undefined
  declare resubmittedAs: TaskId | undefined

  declare readonly after: readonly DependencySpec[]
  declare readonly terms: Terms

  declare status: TaskStatus
  /** The current or last attempt, from 1; 0 before the first. */
  declare attempt: number
  /** Where the current or last attempt is or was; `noEngine` where none was sent. */
  declare engine: EngineId
  declare trouble: Trouble

  /** The payload of the result, or of the last error of its own; opaque. */
  declare output: unknown
  declare outputBytes: number
  /** What the last attempt that printed did print. */
  declare printed: Kept | undefined
  /** Why it ended, where the scheduler ended it; else undefined. */
  declare fault: Fault | undefined
  /** Its result was dropped: purged on request or beyond the retention limit. */
  declare purged: boolean

  /** @internal */
  declare readonly submitted: Moment
  /** @internal When the current or last attempt was sent, was reported to have begun, and was answered for. */
  declare assigned: Moment | undefined
  /** @internal */
  declare begun: Moment | undefined
  /** @internal */
  declare answered: Moment | undefined
  /** @internal */
  declare ended: Moment | undefined
  /** @internal */
  declare ranMs: number | undefined

  /** @internal Position among all submissions. */
  declare readonly sequence: number
  /** @internal The strategy's order among tasks of equal priority; smaller goes first. */
  declare rank: number
  /** @internal Neighbours in its ready group's list, or in a list of retained records. */
  declare previous: TaskRecord | undefined
  /** @internal */
  declare next: TaskRecord | undefined
  /** @internal Its queue while ready. */
  declare group: ReadyGroup | undefined
  /** @internal Where it waits within its group. */
  declare lane: 'none' | 'list' | 'heap' | 'passed'
  /** @internal Index in its engine's list of its kind while assigned or running. */
  declare slot: number
  /** @internal What is asked of its engine and not answered yet. */
  declare asked: 'nothing' | 'cancel' | 'recall'
  /** @internal Its queue timeout until that is due or void. */
  declare timer: Timer | undefined
  /** @internal Its queue timeout has passed while it was at an engine and not known to have begun. */
  declare overdue: boolean
  /** @internal What is left of its dependencies while that matters. */
  declare dependencies: DependencyState | undefined
  /** @internal Those that are told when this one ends. */
  declare dependents: SpecState[] | undefined
  /** @internal Those among them that need to know no more. */
  declare closedDependents: number

  constructor(spec: TaskSpec, terms: Terms, shared: SharedPart | undefined, sequence: number, now: Moment) {
    this.id = spec.id
    this.body = spec.body
    this.bodyBytes = spec.bodyBytes ?? 0
    this.shared = shared
    this.resubmittedAs = undefined
    this.after = spec.after ?? none
    this.terms = terms
    this.status = 'waiting'
    this.attempt = 0
    this.engine = noEngine
    this.trouble = noTrouble
    this.output = undefined
    this.outputBytes = 0
    this.printed = undefined
    this.fault = undefined
    this.purged = false
    this.submitted = now
    this.assigned = undefined
    this.begun = undefined
    this.answered = undefined
    this.ended = undefined
    this.ranMs = undefined
    this.sequence = sequence
    this.rank = 0
    this.previous = undefined
    this.next = undefined
    this.group = undefined
    this.lane = 'none'
    this.slot = -1
    this.asked = 'nothing'
    this.timer = undefined
    this.overdue = false
    this.dependencies = undefined
    this.dependents = undefined
    this.closedDependents = 0
  }

  get client(): SessionId {
    return this.terms.client
  }

  get priority(): number {
    return this.terms.priority
  }

  get retries(): number {
    return this.terms.retries
  }

  get queueTimeoutMs(): number {
    return this.terms.queueTimeoutMs
  }

  get runTimeoutMs(): number {
    return this.terms.runTimeoutMs
  }

  get retryOnEngineLoss(): boolean {
    return this.terms.retryOnEngineLoss
  }

  get onUnmet(): 'fail' | 'wait' {
    return this.terms.onUnmet
  }

  get label(): string | undefined {
    return this.terms.label
  }

  get resubmittedFrom(): TaskId | undefined {
    return this.terms.resubmittedFrom
  }

  get follow(): readonly DependencySpec[] {
    return this.terms.follow
  }

  /** Empty: any engine. */
  get targets(): readonly EngineId[] {
    return this.terms.targets
  }

  /** For its one target, past the queue and the strategy. */
  get direct(): boolean {
    return this.terms.direct
  }

  /** Of one engine, while it runs. */
  get cores(): number {
    return this.terms.cores
  }

  get failures(): number {
    return this.trouble.failures
  }

  get losses(): number {
    return this.trouble.losses
  }

  get refusedBy(): readonly EngineId[] {
    return this.trouble.refusedBy
  }

  get failedOn(): readonly EngineId[] {
    return this.trouble.failedOn
  }

  /** Times are on the clock given to `step`; NaN: not yet. */
  get submittedAt(): number {
    return this.submitted.ms
  }

  /** When the current or last attempt was sent to its engine. */
  get assignedAt(): number {
    return this.assigned?.ms ?? Number.NaN
  }

  /** Of the current or last attempt: reported or, where its end was the first news, computed from its duration. */
  get startedAt(): number {
    if (this.begun !== undefined) return this.begun.ms
    if (this.answered === undefined) return Number.NaN
    return Math.max(this.assignedAt, this.answered.ms - this.durationMs)
  }

  get endedAt(): number {
    return this.ended?.ms ?? Number.NaN
  }

  /** Of the last attempt that ran to an end. */
  get durationMs(): number {
    return this.ranMs ?? Number.NaN
  }
}
