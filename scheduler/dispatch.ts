import TinyQueue from 'tinyqueue'
import { ConfigurationError, faultFrom } from '../core/errors.ts'
import type { EngineId } from '../core/ids.ts'
import { EngineRecord } from './engine-record.ts'
import { type IndexView, ListView } from './engine-views.ts'
import { takeSlot } from './engines.ts'
import { compareTasks, type ReadyGroup } from './ready-group.ts'
import type { SchedulerState } from './state.ts'
import type { TaskRecord } from './task.ts'
import { move } from './transitions.ts'

/**
 * Sends ready tasks to engines until no group of them has both a task and a place. Between steps that is so for every group, so
 * only those are looked at that got a task or one of whose engines became available in this step.
 */
export function dispatch(state: SchedulerState): void {
  const { ready, index } = state
  if (ready.size > 0 && index.count > 0) {
    if (ready.size === ready.any.size) while (ready.any.size > 0 && index.count > 0) serveAny(state)
    else dispatchGroups(state)
  }
  for (let group = ready.dirty.pop(); group !== undefined; group = ready.dirty.pop()) group.dirty = false
  if (state.freed.length > 0) state.freed = []
}

function serveAny(state: SchedulerState): void {
  const task = state.ready.any.first() as TaskRecord
  if (task.failedOn.length > 0) assign(state, task, chooseElsewhere(state, task, []))
  else assign(state, task, choose(state, task, state.strategy.view))
}

function dispatchGroups(state: SchedulerState): void {
  const groups = new TinyQueue<ReadyGroup>([...candidates(state)], (a, b) =>
    compareTasks(a.first() as TaskRecord, b.first() as TaskRecord),
  )
  for (let group = groups.pop(); group !== undefined; group = groups.pop()) {
    if (!serve(state, group)) continue
    if (group.size > 0) groups.push(group)
  }
}

/** The groups with a task that may have a place now. */
function candidates(state: SchedulerState): Set<ReadyGroup> {
  const { ready } = state
  const found = new Set<ReadyGroup>()
  for (const group of ready.dirty) if (group.size > 0) found.add(group)
  for (const engine of state.freed) {
    if (!engine.available) continue
    if (ready.any.size > 0) found.add(ready.any)
    for (const group of ready.except) if (!group.engines.includes(engine.id)) found.add(group)
    for (const group of ready.byEngine.get(engine.id) ?? []) found.add(group)
  }
  return found
}

/** Dispatches the group's first task; false when there is no place for it. */
function serve(state: SchedulerState, group: ReadyGroup): boolean {
  if (state.index.count === 0) return false
  if (group.kind === 'any') {
    serveAny(state)
    return true
  }
  const task = group.first() as TaskRecord
  if (group.kind === 'except') {
    if (state.index.count === countAvailable(state, group.engines)) return false
    assign(state, task, chooseElsewhere(state, task, group.engines))
    return true
  }
  const places = availableOf(state, group.engines)
  if (places.length === 0) return false
  const preferred = task.failedOn.length > 0 ? places.filter((engine) => !task.failedOn.includes(engine.id)) : places
  const view = new ListView(preferred.length > 0 ? preferred : places, state.strategy.random)
  assign(state, task, choose(state, task, view))
  return true
}

/**
 * Chooses among all available engines but `refused`, and but those where the task failed if there are others. They are taken
 * out of the index for the moment, so that the choice costs no more than any.
 */
function chooseElsewhere(state: SchedulerState, task: TaskRecord, refused: readonly EngineId[]): EngineRecord {
  const { index } = state
  const hidden = availableOf(state, refused)
  for (const engine of hidden) index.remove(engine)
  const failed = availableOf(state, task.failedOn)
  if (failed.length < index.count) {
    for (const engine of failed) index.remove(engine)
    hidden.push(...failed)
  }
  const chosen = choose(state, task, state.strategy.view)
  for (const engine of hidden) index.add(engine)
  return chosen
}

function choose(state: SchedulerState, task: TaskRecord, engines: IndexView | ListView): EngineRecord {
  const { strategy, run, random } = state.strategy
  try {
    const chosen = run.choose(task, engines, random)
    if (chosen instanceof EngineRecord && engines.offers(chosen)) return chosen
    throw new ConfigurationError(
      `Strategy '${strategy.name}' chose engine ${chosen?.id} for task ${task.id}, which was not offered.`,
    )
  } catch (error) {
    state.effects.push({ type: 'strategyFault', strategy: strategy.name, fault: faultFrom(error) })
    return engines.leastLoaded()
  }
}

/** A ready task is at the engine from here on, as this attempt. */
export function occupy(state: SchedulerState, task: TaskRecord, engine: EngineRecord, attempt: number): void {
  state.ready.remove(task)
  move(state, task, 'assigned')
  task.attempt = attempt
  task.assigned = state.moment
  task.begun = undefined
  task.answered = undefined
  takeSlot(state, engine, task)
}

function assign(state: SchedulerState, task: TaskRecord, engine: EngineRecord): void {
  occupy(state, task, engine, task.attempt + 1)
  state.effects.push({ type: 'assign', engine: engine.id, task, attempt: task.attempt })
  state.strategy.run.taskAssigned?.(task, engine)
}

function availableOf(state: SchedulerState, ids: readonly EngineId[]): EngineRecord[] {
  const found: EngineRecord[] = []
  for (const id of ids) {
    const engine = state.engines.get(id)
    if (engine?.available) found.push(engine)
  }
  return found
}

function countAvailable(state: SchedulerState, ids: readonly EngineId[]): number {
  let count = 0
  for (const id of ids) if (state.engines.get(id)?.available) count += 1
  return count
}
