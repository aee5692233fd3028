import TinyQueue from 'tinyqueue'
import { ConfigurationError, faultFrom } from '../core/errors.ts'
import type { EngineId } from '../core/ids.ts'
import { EngineRecord } from './engine-record.ts'
import { type IndexView, ListView } from './engine-views.ts'
import { takeSlot } from './engines.ts'
import { compareTasks, type ReadyGroup } from './ready-group.ts'
import type { SchedulerState } from './state.ts'
import type { Deferral } from './strategies/strategy.ts'
import type { TaskRecord } from './task.ts'
import { move } from './transitions.ts'

/**
 * Sends ready tasks to engines until no group of them has both a task and a place. Between steps that is so for every group, so
 * only those are looked at that got a task or one of whose engines became available in this step.
 * What the strategy lets wait is out of the way until something changes. So each task is asked about once in a step, at most.
 */
export function dispatch(state: SchedulerState): void {
  const { ready, index } = state
  if (ready.isChanged) ready.reopen()
  if (ready.size > ready.passed && index.count > 0 && !ready.isHeld) {
    if (ready.size === ready.any.size) serveAll(state)
    else dispatchGroups(state, choose)
    if (state.load === 0 && (ready.isHeld || ready.passed > 0)) overrule(state)
  }
  for (let group = ready.dirty.pop(); group !== undefined; group = ready.dirty.pop()) group.dirty = false
  if (state.freed.length > 0) state.freed = []
}

/** Where the task goes, among engines of which there is at least one; or that it waits. */
type Decide = (state: SchedulerState, task: TaskRecord, engines: IndexView | ListView) => EngineRecord | Deferral

function serveAll(state: SchedulerState): void {
  const { ready, index } = state
  const { any } = ready
  while (index.count > 0 && any.size > any.passed) {
    if (!serveAny(state, choose)) continue
    ready.hold([any])
    return
  }
}

/** True where the strategy holds everything back. */
function serveAny(state: SchedulerState, decide: Decide): boolean {
  const task = state.ready.any.first() as TaskRecord
  if (task.failedOn.length > 0) return settle(state, task, decideElsewhere(state, task, [], decide))
  return settle(state, task, decide(state, task, state.strategy.view))
}

/** True where the strategy holds everything back. */
function settle(state: SchedulerState, task: TaskRecord, choice: EngineRecord | Deferral): boolean {
  if (choice === 'hold') return true
  if (choice === 'pass') state.ready.pass(task)
  else assign(state, task, choice)
  return false
}

function dispatchGroups(state: SchedulerState, decide: Decide): void {
  const groups = new TinyQueue<ReadyGroup>([...candidates(state)], (a, b) =>
    compareTasks(a.first() as TaskRecord, b.first() as TaskRecord),
  )
  for (let group = groups.pop(); group !== undefined; group = groups.pop()) {
    if (!hasPlace(state, group)) continue
    const isHeld = serve(state, group, decide)
    if (group.size > group.passed) groups.push(group)
    if (!isHeld) continue
    state.ready.hold(groups.data)
    return
  }
}

/**
 * Nothing is under way that would change anything, and the strategy lets tasks wait that have a place: the first of them goes to the
 * least loaded engine that may take it, the others wait for what comes of that.
 */
function overrule(state: SchedulerState): void {
  state.ready.reopen()
  dispatchGroups(state, (_state, task, engines) => {
    if (state.load > 0) return 'hold'
    const { name } = state.strategy.strategy
    const message = `Strategy '${name}' lets task ${task.id} wait, and nothing is under way that could change anything.`
    state.effects.push({ type: 'strategyFault', strategy: name, fault: { code: 'YM_CONFIGURATION', message } })
    return engines.leastLoaded()
  })
}

/** The groups with a task that may have a place now. */
function candidates(state: SchedulerState): Set<ReadyGroup> {
  const { ready } = state
  const found = new Set<ReadyGroup>()
  for (const group of ready.dirty) if (group.size > group.passed) found.add(group)
  for (const engine of state.freed) {
    if (!engine.available) continue
    if (ready.any.first() !== undefined) found.add(ready.any)
    for (const group of ready.except) if (!group.engines.includes(engine.id)) found.add(group)
    for (const group of ready.byEngine.get(engine.id) ?? []) found.add(group)
  }
  return found
}

function hasPlace(state: SchedulerState, { kind, engines }: ReadyGroup): boolean {
  if (kind === 'except') return state.index.count > countAvailable(state, engines)
  return kind === 'any' ? state.index.count > 0 : engines.some((id) => state.engines.get(id)?.available)
}

/** Deals with the first task, of those not passed by, of a group that has a place. True where the strategy holds everything back. */
function serve(state: SchedulerState, group: ReadyGroup, decide: Decide): boolean {
  if (group.kind === 'any') return serveAny(state, decide)
  const task = group.first() as TaskRecord
  if (group.kind === 'except') return settle(state, task, decideElsewhere(state, task, group.engines, decide))
  const places = availableOf(state, group.engines)
  const others = task.failedOn.length > 0 ? places.filter(({ id }) => !task.failedOn.includes(id)) : places
  const view = new ListView(others.some(({ cores }) => cores >= task.cores) ? others : places, state.strategy.random)
  return settle(state, task, decide(state, task, view))
}

/**
 * Decides among all available engines but `refused`, and but those where the task failed if there are others with as many cores as it needs. They
 * are taken out of the index for the moment, so that the choice costs no more than any.
 */
function decideElsewhere(
  state: SchedulerState,
  task: TaskRecord,
  refused: readonly EngineId[],
  decide: Decide,
): EngineRecord | Deferral {
  const { index } = state
  const hidden = availableOf(state, refused)
  for (const engine of hidden) index.remove(engine)
  const failed = availableOf(state, task.failedOn)
  if (failed.length < index.count && (task.cores === 1 || isServedElsewhere(state, task))) {
    for (const engine of failed) index.remove(engine)
    hidden.push(...failed)
  }
  const choice = decide(state, task, state.strategy.view)
  for (const engine of hidden) index.add(engine)
  return choice
}

function choose(state: SchedulerState, task: TaskRecord, engines: IndexView | ListView): EngineRecord | Deferral {
  const { strategy, run, random } = state.strategy
  try {
    const chosen = run.choose(task, engines, random)
    if (chosen instanceof EngineRecord && engines.offers(chosen)) return chosen
    if (chosen === 'pass' || chosen === 'hold') return chosen
    const what = chosen instanceof EngineRecord ? `engine ${chosen.id}` : String(chosen)
    throw new ConfigurationError(
      `Strategy '${strategy.name}' chose ${what} for task ${task.id}, which was not offered.`,
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

export function assign(state: SchedulerState, task: TaskRecord, engine: EngineRecord): void {
  occupy(state, task, engine, task.attempt + 1)
  state.effects.push({ type: 'assign', engine: engine.id, task, attempt: task.attempt })
  state.strategy.run.taskAssigned?.(task, engine)
}

/** An engine where it has not failed has cores enough, and room. */
function isServedElsewhere({ engines }: SchedulerState, { cores, failedOn }: TaskRecord): boolean {
  for (const engine of engines.values()) {
    if (engine.available && engine.cores >= cores && !failedOn.includes(engine.id)) return true
  }
  return false
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
