import { recall } from './abort.ts'
import { assign } from './dispatch.ts'
import type { EngineRecord } from './engine-record.ts'
import { admit } from './engines.ts'
import type { SchedulerEvent } from './events.ts'
import { compareTasks, type ReadyGroup } from './ready-group.ts'
import type { SchedulerState } from './state.ts'
import type { TaskRecord } from './task.ts'
import { watch } from './waiting.ts'

/**
 * Engines that are to leave in order. From then on one takes only what none of those that stay could take: tasks that are bound to it, or that all
 * others refused. What has begun there ends there; what has not is asked back, unless it could go nowhere else. When nothing is there and
 * nothing that waits needs it, it is let go, once.
 */
export function drainEngines(state: SchedulerState, event: Extract<SchedulerEvent, { type: 'drainEngines' }>): void {
  const leaving: EngineRecord[] = []
  for (const id of event.engines) {
    const engine = state.engines.get(id)
    if (engine?.stage !== 'serving') continue
    engine.stage = 'draining'
    state.draining.add(engine)
    admit(state, engine)
    // To the strategy it is gone: nothing is to be planned there.
    state.strategy.run.engineLeft?.(engine)
    leaving.push(engine)
  }
  for (const engine of leaving) {
    for (const task of [...(state.witnesses.get(engine.id) ?? [])]) watch(state, task)
    for (const task of engine.tasks) if (task.status === 'assigned' && couldMove(state, task)) recall(state, task)
  }
}

/** Gives draining engines what only they can take, and lets go of those that nothing needs. */
export function serveDraining(state: SchedulerState): void {
  if (state.draining.size === 0) return
  for (const engine of state.draining) {
    const groups = boundGroups(state, engine)
    while (engine.load < engine.mark) {
      const task = firstOf(groups)
      if (task === undefined) break
      assign(state, task, engine)
    }
    if (isOccupied(engine) || isNeeded(state, engine)) continue
    state.draining.delete(engine)
    engine.stage = 'released'
    state.effects.push({ type: 'release', engine: engine.id })
  }
}

export function isOccupied({ load, direct }: EngineRecord): boolean {
  return load > 0 || direct.length > 0
}

/** Whether something that has not been sent could run nowhere else. */
export function isNeeded(state: SchedulerState, engine: EngineRecord): boolean {
  return state.witnesses.has(engine.id) || boundGroups(state, engine).length > 0
}

/** The ready tasks that none of the engines that stay can take. */
export function boundGroups(state: SchedulerState, engine: EngineRecord): ReadyGroup[] {
  const groups: ReadyGroup[] = []
  for (const group of state.ready.byEngine.get(engine.id) ?? []) {
    if (!group.engines.some((id) => stays(state, id))) groups.push(group)
  }
  for (const group of state.ready.except) {
    if (!group.engines.includes(engine.id) && refusedByAllThatStay(state, group.engines)) groups.push(group)
  }
  return groups
}

function firstOf(groups: readonly ReadyGroup[]): TaskRecord | undefined {
  let first: TaskRecord | undefined
  for (const group of groups) {
    const task = group.first()
    if (task !== undefined && (first === undefined || compareTasks(task, first) < 0)) first = task
  }
  return first
}

function couldMove(state: SchedulerState, { targets, refusedBy, dependencies }: TaskRecord): boolean {
  const follow = dependencies?.follow ?? []
  const bound = follow[0]?.engines ?? (targets.length > 0 ? targets : undefined)
  if (bound === undefined) return refusedBy.length === 0 || !refusedByAllThatStay(state, refusedBy)
  return bound.some(
    (id) =>
      stays(state, id) &&
      !refusedBy.includes(id) &&
      (targets.length === 0 || targets.includes(id)) &&
      follow.every((spec) => spec.engines.includes(id)),
  )
}

/** False where none stays: then those that come may take it. */
function refusedByAllThatStay(state: SchedulerState, refusedBy: readonly EngineRecord['id'][]): boolean {
  let staying = 0
  for (const { id, stage } of state.engines.values()) {
    if (stage !== 'serving') continue
    if (!refusedBy.includes(id)) return false
    staying += 1
  }
  return staying > 0
}

function stays(state: SchedulerState, id: EngineRecord['id']): boolean {
  return state.engines.get(id)?.stage === 'serving'
}
