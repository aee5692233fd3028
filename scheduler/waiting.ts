import type { EngineId } from '../core/ids.ts'
import { close, type Obstacle, obstacleOf, type SpecState } from './dependencies.ts'
import { faultOf, finish } from './finish.ts'
import { outlook, placeOf, possibleEngines } from './placement.ts'
import type { SchedulerState } from './state.ts'
import type { TaskRecord } from './task.ts'
import { isLive, move } from './transitions.ts'
import { unwatch } from './witnesses.ts'

const nowhere = 'none of the engines that could take it is left'

/** From `waiting` to `ready`, or to `impossible`, as dependencies end and engines leave. */

/** Tells those that depend on what has ended, and those that depend on them in turn, without recursion. */
export function propagate(state: SchedulerState): void {
  const { toldNext } = state
  if (toldNext.length === 0) return
  for (let i = 0; i < toldNext.length; i += 1) {
    const ended = toldNext[i] as TaskRecord
    const dependents = ended.dependents ?? []
    ended.dependents = undefined
    ended.closedDependents = 0
    for (const spec of dependents) if (!spec.closed) tell(state, spec, ended)
  }
  state.toldNext = []
}

function tell(state: SchedulerState, spec: SpecState, ended: TaskRecord): void {
  const task = spec.owner
  const verdict = spec.settle(ended)
  if (task.dependencies === undefined) return
  if (verdict === 'nothing') {
    suspectCircle(state, task)
    return
  }
  if (verdict === 'unreachable') {
    finishImpossible(state, task, obstacleOf(spec, ended))
    return
  }
  if (verdict === 'met') {
    task.dependencies.unmet -= 1
    if (!spec.where) close(state, spec)
  }
  reconsider(state, task)
}

/** Something about where or when it may run has changed. Assigned and running tasks are looked at when they come back. */
export function reconsider(state: SchedulerState, task: TaskRecord): void {
  if (task.status === 'waiting') {
    if (release(state, task)) return
    watch(state, task)
    suspectCircle(state, task)
  } else if (task.status === 'ready') {
    state.ready.remove(task)
    requeue(state, task)
  }
}

/** Makes a waiting task ready if it may run somewhere, now or when there is room. False: it still waits. */
export function release(state: SchedulerState, task: TaskRecord): boolean {
  const { dependencies } = task
  if (dependencies !== undefined && dependencies.unmet > 0) return false
  if (dependencies !== undefined) {
    const place = placeOf(state, task)
    if (place.kind === 'only' && place.engines.length === 0) return false
    unwatch(state, task)
    if (dependencies.follow.length === 0) task.dependencies = undefined
  }
  move(state, task, 'ready')
  enqueue(state, task)
  return true
}

/** A task has become ready: puts it into its queue, or ends it when no place is left for it. */
export function enqueue(state: SchedulerState, task: TaskRecord): void {
  const { run } = state.strategy
  task.rank = run.rank === undefined ? 0 : run.rank(task)
  if (requeue(state, task)) run.taskReady?.(task)
}

/** Puts a ready task that is in no queue into the right one; false if there is none, and it has ended. */
function requeue(state: SchedulerState, task: TaskRecord): boolean {
  const bound = task.targets.length > 0 || task.refusedBy.length > 0 || task.dependencies !== undefined
  const view = bound ? outlook(state, task) : 'open'
  if (view !== 'open') {
    if (view === 'refused' && task.failures === 0) finishRefused(state, task)
    else finishUnplaced(state, task, nowhere)
    return false
  }
  const place = placeOf(state, task)
  state.ready.add(task, place)
  if (place.kind === 'only' && place.engines.length === 0) suspectCircle(state, task)
  return true
}

/** Keeps a waiting task that is bound to particular engines under one that could take it, or ends it when there is none. */
export function watch(state: SchedulerState, task: TaskRecord): void {
  const { dependencies } = task
  if (dependencies === undefined) return
  const possible = task.targets.length > 0 || dependencies.follow.length > 0 ? possibleEngines(state, task) : undefined
  unwatch(state, task)
  if (possible === undefined) return
  // One that is to leave stays for as long as something counts on it.
  const isLeaving = (id: EngineId) => (state.engines.get(id)?.stage ?? 'serving') !== 'serving'
  const witness = possible.find((id) => !isLeaving(id)) ?? possible[0]
  if (witness === undefined) {
    finishImpossible(state, task, { reason: nowhere })
    return
  }
  dependencies.witness = witness
  const tasks = state.witnesses.get(witness)
  if (tasks === undefined) state.witnesses.set(witness, new Set([task]))
  else tasks.add(task)
}

export function finishImpossible(state: SchedulerState, task: TaskRecord, { reason, dependency }: Obstacle): void {
  if (!isLive(task.status)) return
  const fault = faultOf('YM_IMPOSSIBLE_DEPENDENCY', task, `Task ${task.id} can never run: ${reason}.`, { dependency })
  finish(state, task, 'impossible', fault)
}

/** Nothing can place it any more. If it failed by its own error before, it ends with that one: the last real error. */
export function finishUnplaced(state: SchedulerState, task: TaskRecord, reason: string): void {
  if (task.failures === 0) finishImpossible(state, task, { reason })
  else finish(state, task, task.fault === undefined ? 'failed' : 'timedOut', task.fault)
}

export function finishRefused(state: SchedulerState, task: TaskRecord): void {
  const engines: readonly EngineId[] = task.refusedBy
  const message = `Every engine that could take task ${task.id} refused it (an unmet dependency on ${engines.join(', ')}).`
  finish(state, task, 'failed', faultOf('YM_UNMET_DEPENDENCY', task, message, { engines }))
}

/** One that it could have hoped for is gone; what is left may be waiting for it. */
function suspectCircle(state: SchedulerState, task: TaskRecord): void {
  if (task.dependencies?.circle !== undefined) state.circles.push(task.dependencies.circle)
}
