import type { EngineId, TaskId } from '../core/ids.ts'
import type { DependencySpec } from './events.ts'
import type { SchedulerState } from './state.ts'
import { noEngine, none, type TaskRecord } from './task.ts'
import { isLive } from './transitions.ts'

/** What became of a dependency when one of its tasks ended. `changed`: neither met nor unmet by it, but it tells more of where. */
export type Verdict = 'nothing' | 'changed' | 'met' | 'unreachable'

/**
 * One dependency of one task, as far as it has come. It costs nothing until a task it names ends.
 *
 * Invariant: once `met`, or once reported unreachable, that stays so.
 */
export class SpecState {
  readonly owner: TaskRecord
  readonly spec: DependencySpec
  /** Of `follow`: it says where, and must be satisfied by tasks that ran there. */
  readonly where: boolean
  /** Tasks it names (each time it names them) that have not ended. */
  pending = 0
  met = false
  /** It needs to hear no more. */
  closed = false
  /** Where its tasks ran, of those that ended as asked: one engine with `all`, else any number. Only for `where`. */
  engines: readonly EngineId[] = none

  constructor(owner: TaskRecord, spec: DependencySpec, where: boolean) {
    this.owner = owner
    this.spec = spec
    this.where = where
  }

  /** A task that it names has ended; `pending` counted it. */
  settle(ended: TaskRecord): Verdict {
    this.pending -= 1
    const asAsked = ended.status === 'succeeded' ? this.spec.success : this.spec.failure
    return this.where ? this.settleWhere(asAsked ? ended.engine : noEngine) : this.settleWhen(asAsked)
  }

  /** May this engine still become one where it is satisfied? */
  couldBe(engine: EngineId): boolean {
    if (this.engines.includes(engine)) return true
    return this.pending > 0 && (!this.spec.all || this.engines.length === 0)
  }

  /** No engine but `engines` can satisfy it any more. */
  get placed(): boolean {
    return this.where && (this.pending === 0 || (this.spec.all && this.engines.length > 0))
  }

  private settleWhen(asAsked: boolean): Verdict {
    if (this.met) return 'nothing'
    if (this.spec.all ? !asAsked : !asAsked && this.pending === 0) return 'unreachable'
    if (!(this.spec.all ? this.pending === 0 : asAsked)) return 'nothing'
    this.met = true
    return 'met'
  }

  private settleWhere(engine: EngineId): Verdict {
    if (engine === noEngine) {
      if (this.spec.all) return 'unreachable'
      if (this.met) return 'changed'
      return this.pending === 0 ? 'unreachable' : 'nothing'
    }
    if (this.spec.all && this.engines.length > 0 && this.engines[0] !== engine) return 'unreachable'
    if (!this.engines.includes(engine)) this.engines = [...this.engines, engine]
    if (this.met || (this.spec.all && this.pending > 0)) return 'changed'
    this.met = true
    return 'met'
  }
}

/** Invariant: `unmet` counts the specs that are not met; `follow` holds those of `specs` with `where`. */
export interface DependencyState {
  readonly specs: readonly SpecState[]
  readonly follow: readonly SpecState[]
  unmet: number
  /** For a waiting task bound to particular engines: one that could still take it. */
  witness: EngineId
  /** The tasks of its batch, itself included, that wait for each other. */
  circle: readonly TaskRecord[] | undefined
}

/** Why a task can never run, for the person who submitted it. */
export interface Obstacle {
  readonly reason: string
  readonly dependency?: TaskId
}

/**
 * Looks up what the task depends on and subscribes it to what has not ended. Answers the obstacle if a dependency is unreachable already.
 * `earlier` is the record that it resubmits: what that one had found met stays so where the table has forgotten.
 */
export function attach(state: SchedulerState, task: TaskRecord, earlier?: TaskRecord): Obstacle | undefined {
  // The empty set is met, and says nothing of where.
  const where = task.follow.filter(isBinding).map((spec) => new SpecState(task, spec, true))
  const when = task.after.filter(isBinding).map((spec) => new SpecState(task, spec, false))
  const specs = when.concat(where)
  const follow = where.length > 0 ? where : none
  const dependencies: DependencyState = { specs, follow, unmet: specs.length, witness: noEngine, circle: undefined }
  task.dependencies = dependencies
  for (const spec of specs) {
    const obstacle = subscribe(state, spec, earlier)
    if (obstacle !== undefined) return obstacle
    if (spec.met) dependencies.unmet -= 1
  }
  return undefined
}

/** A short list grows by one at a time: `push` makes room for 17, and most tasks have few dependents. */
function withOne(list: SpecState[] | undefined, spec: SpecState): SpecState[] {
  if (list === undefined) return [spec]
  if (list.length < 8) return list.concat(spec)
  list.push(spec)
  return list
}

function isBinding(spec: DependencySpec): boolean {
  return spec.ids.length > 0
}

/** The task depends on nothing any more: it ended, or all is known. */
export function detach(state: SchedulerState, task: TaskRecord): void {
  if (task.dependencies === undefined) return
  for (const spec of task.dependencies.specs) close(state, spec)
  task.dependencies = undefined
}

/** It needs to hear no more; those it listens to forget it when half of their listeners are such. */
export function close(state: SchedulerState, spec: SpecState): void {
  if (spec.closed) return
  spec.closed = true
  if (spec.pending === 0) return
  for (const id of spec.spec.ids) {
    const record = state.tasks.get(id)
    if (record?.dependents === undefined) continue
    record.closedDependents += 1
    if (record.closedDependents * 2 <= record.dependents.length + 32) continue
    record.dependents = record.dependents.filter((dependent) => !dependent.closed)
    record.closedDependents = 0
  }
}

function subscribe(state: SchedulerState, spec: SpecState, earlier: TaskRecord | undefined): Obstacle | undefined {
  const { ids, all, success, failure } = spec.spec
  if (!success && !failure) return { reason: 'it asks for neither success nor failure' }
  let unknown: TaskId | undefined
  const over: TaskRecord[] = []
  for (const id of ids) {
    const record = state.tasks.get(id)
    if (record === undefined) {
      if (earlier !== undefined && earlier.attempt > 0) return assume(spec, [earlier.engine])
      unknown = id
      continue
    }
    spec.pending += 1
    if (isLive(record.status)) {
      record.dependents = withOne(record.dependents, spec)
    } else {
      over.push(record)
    }
  }
  if (unknown !== undefined && (all || spec.pending === 0)) {
    return { reason: `there is no task ${unknown}`, dependency: unknown }
  }
  for (const record of over) {
    if (spec.settle(record) === 'unreachable') return obstacleOf(spec, record)
  }
  if (spec.met && !spec.where) close(state, spec)
  return undefined
}

/** Met without asking. */
function assume(spec: SpecState, engines: EngineId[]): undefined {
  spec.met = true
  spec.closed = true
  spec.pending = 0
  spec.engines = engines
}

/** Why this end of a dependency stands in the way. */
export function obstacleOf(spec: SpecState, ended: TaskRecord): Obstacle {
  const { id, status, engine } = ended
  const asAsked = status === 'succeeded' ? spec.spec.success : spec.spec.failure
  if (!asAsked) return { reason: `its dependency ${id} ended as ${status}`, dependency: id }
  if (engine === noEngine) return { reason: `it follows ${id}, which never ran`, dependency: id }
  return { reason: `it follows tasks that ran at different engines (${id} at ${engine})`, dependency: id }
}
