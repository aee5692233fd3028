import type { EngineRecord } from './engine-record.ts'
import { outlook, placeOf, possibleEngines } from './placement.ts'
import { compareTasks, type ReadyGroup } from './ready-group.ts'
import type { SchedulerState } from './state.ts'
import { noEngine, type TaskRecord } from './task.ts'
import { isLive } from './transitions.ts'

/** A broken rule of the semantics, by its number there. */
export interface Violation {
  readonly invariant: number
  readonly message: string
}

/**
 * Everything that must hold between two steps, checked from scratch: O(tasks · engines). An empty list means that all is well. Invariants that
 * speak of histories (one reply, order of dispatch, determinism) are for whoever sees the effects.
 */
export function validate(state: SchedulerState): Violation[] {
  const violations: Violation[] = []
  const check = (holds: boolean, invariant: number, message: () => string) => {
    if (!holds) violations.push({ invariant, message: message() })
  }
  checkTasks(state, check)
  checkEngines(state, check)
  checkReady(state, check)
  checkIndexes(state, check)
  return violations
}

type Check = (holds: boolean, invariant: number, message: () => string) => void

function checkTasks(state: SchedulerState, check: Check): void {
  const counts = { waiting: 0, ready: 0, assigned: 0, running: 0 }
  let ended = 0
  let purged = 0
  for (const task of state.tasks) {
    const { id, status } = task
    check(state.tasks.get(id) === task, 2, () => `task ${id} is not found under its id`)
    check(
      (task.group !== undefined) === (status === 'ready'),
      2,
      () => `task ${id} is ${status} but its queue disagrees`,
    )
    const engine = state.engines.get(task.engine)
    const sent = status === 'assigned' || status === 'running'
    check(task.slot >= 0 === sent, 2, () => `task ${id} is ${status} in slot ${task.slot}`)
    check(
      !sent || (task.direct ? engine?.direct : engine?.tasks)?.[task.slot] === task,
      3,
      () => `task ${id} is not at its engine ${task.engine}`,
    )
    check(task.failures <= task.retries + 1, 11, () => `task ${id} failed ${task.failures} times`)
    check(task.failures + task.losses <= task.attempt, 12, () => `task ${id} counts more ends than attempts`)
    check(status !== 'running' || task.timer === undefined, 17, () => `the queue timer of running task ${id} is set`)
    check(
      task.timer === undefined || (task.timer.task === task && isLive(status)),
      17,
      () => `the timer of ${id} is stale`,
    )
    if (isLive(status)) {
      check(!task.direct || sent, 6, () => `direct task ${id} is ${status}`)
      counts[status] += 1
      if (status === 'waiting' || status === 'ready') checkOutlook(state, task, check)
      if (status === 'waiting') checkWaiting(state, task, check)
      continue
    }
    ended += 1
    if (task.purged) purged += 1
    check(!Number.isNaN(task.endedAt), 1, () => `task ${id} ended at no time`)
    check(task.dependencies === undefined, 23, () => `ended task ${id} still holds its dependencies`)
    check(task.dependents === undefined, 8, () => `the dependents of ended task ${id} were not told`)
  }
  for (const status of ['waiting', 'ready', 'assigned', 'running'] as const) {
    const held = state.counts[status]
    check(held === counts[status], 2, () => `${held} tasks are counted as ${status}, ${counts[status]} are`)
  }
  check(state.retention.kept.count === ended - purged, 23, () => 'retained records are miscounted')
  check(state.retention.stubs.count === purged, 23, () => 'purged records are miscounted')
  check(state.retention.stubs.count <= state.retention.limits.purgedMax, 23, () => 'too many purged records')
}

/** Neither ended too late, nor kept from a place it could have. */
function checkOutlook(state: SchedulerState, task: TaskRecord, check: Check): void {
  const view = outlook(state, task)
  const refusals = task.refusedBy.length > 0
  check(view === 'open' || refusals, 14, () => `task ${task.id} has no engine left, and is ${task.status}`)
  check(view !== 'refused', 10, () => `task ${task.id} was refused everywhere, and is ${task.status}`)
}

function checkWaiting(state: SchedulerState, task: TaskRecord, check: Check): void {
  const { id, dependencies } = task
  if (dependencies === undefined) {
    check(false, 2, () => `task ${id} waits for nothing`)
    return
  }
  const unmet = dependencies.specs.filter((spec) => !spec.met)
  check(unmet.length === dependencies.unmet, 7, () => `task ${id} counts ${dependencies.unmet} unmet dependencies`)
  for (const spec of unmet) {
    const live = spec.spec.ids.filter((other) => isLive(state.tasks.get(other)?.status ?? 'failed'))
    check(spec.pending > 0, 7, () => `an unmet dependency of ${id} can no longer be met`)
    const listens = spec.spec.ids.some((other) => state.tasks.get(other)?.dependents?.includes(spec) ?? false)
    check(listens, 7, () => `an unmet dependency of ${id} is told of nothing`)
    check(live.length > 0, 8, () => `all that ${id} depends on has ended`)
  }
  const place = placeOf(state, task)
  const placeable = place.kind !== 'only' || place.engines.length > 0
  check(unmet.length > 0 || !placeable, 2, () => `task ${id} waits though all is met`)
  if (task.targets.length === 0 && dependencies.follow.length === 0) return
  const possible = possibleEngines(state, task)
  const { witness } = dependencies
  const kept = witness === noEngine || (state.witnesses.get(witness)?.has(task) ?? false)
  check(kept, 2, () => `task ${id} is not kept under engine ${witness}`)
  check(possible === undefined || possible.includes(witness), 9, () => `task ${id} counts on engine ${witness} in vain`)
}

function checkEngines(state: SchedulerState, check: Check): void {
  let available = 0
  for (const engine of state.engines.values()) {
    const { id, load, mark, tasks, direct } = engine
    const occupied = tasks.length + (engine.zombies?.size ?? 0)
    check(load === occupied, 4, () => `engine ${id} has load ${load}, with ${occupied} slots taken`)
    check(load >= 0 && (engine.hwm === 'auto' || load <= mark), 4, () => `engine ${id} has load ${load} of ${mark}`)
    check(engine.available === load < mark, 4, () => `engine ${id} with load ${load} of ${mark} is misfiled`)
    check(id < state.nextEngine, 4, () => `engine ${id} has a number that was not given out`)
    if (engine.available) available += 1
    for (const task of tasks) checkAssigned(state, engine, task, check)
    for (const task of direct) checkAssigned(state, engine, task, check)
    check(
      tasks.every((task) => !task.direct),
      4,
      () => `engine ${id} counts a direct task as load`,
    )
  }
  check(available === state.index.count, 4, () => `${state.index.count} engines are indexed, ${available} have room`)
}

function checkAssigned(state: SchedulerState, engine: EngineRecord, task: TaskRecord, check: Check): void {
  const { id } = task
  check(task.engine === engine.id && state.tasks.get(id) === task, 3, () => `engine ${engine.id} holds a foreign ${id}`)
  const bound = task.targets.length > 0 && !task.targets.includes(engine.id)
  check(!bound, 13, () => `task ${id} is at engine ${engine.id}, which is none of its targets`)
  check(!task.refusedBy.includes(engine.id), 13, () => `task ${id} is at engine ${engine.id}, which refused it`)
  const follows = task.dependencies?.follow.every((spec) => spec.engines.includes(engine.id)) ?? true
  check(follows, 13, () => `task ${id} is at engine ${engine.id}, not where it was to follow`)
  check((task.dependencies?.unmet ?? 0) === 0, 13, () => `task ${id} was sent with a dependency unmet`)
}

function checkReady(state: SchedulerState, check: Check): void {
  let size = 0
  for (const group of state.ready.occupied()) {
    const tasks = [...group]
    size += tasks.length
    check(tasks.length === group.size, 2, () => `group ${group.key} holds ${tasks.length}, and counts ${group.size}`)
    const first = group.first()
    for (const task of tasks) {
      check(task.status === 'ready' && task.group === group, 2, () => `${task.id} is ${task.status} in ${group.key}`)
      check(first !== undefined && compareTasks(first, task) <= 0, 15, () => `${task.id} comes before ${first?.id}`)
    }
    const idle = [...state.engines.values()].find((engine) => engine.available && serves(group, engine))
    check(idle === undefined, 16, () => `group ${group.key} waits while engine ${idle?.id} has room`)
  }
  check(size === state.ready.size, 2, () => `${state.ready.size} tasks are counted as queued, ${size} are`)
}

function serves(group: ReadyGroup, engine: EngineRecord): boolean {
  if (group.kind === 'any') return true
  return group.engines.includes(engine.id) === (group.kind === 'only')
}

/** The index answers as a search would. It is asked for every order, which builds those that were not in use. */
function checkIndexes(state: SchedulerState, check: Check): void {
  const { index } = state
  const available = [...state.engines.values()].filter((engine) => engine.available)
  available.forEach((engine, i) => {
    check(index.at(i) === engine, 2, () => `engine ${engine.id} is not the ${i}th in the index`)
    const next = available[(i + 1) % available.length]
    check(index.after(engine.id) === next, 2, () => `engine ${next?.id} does not come after ${engine.id}`)
  })
  if (available.length === 0) return
  const byUse = available.toSorted((a, b) => a.lastUsed - b.lastUsed)
  const byLoad = byUse.toSorted((a, b) => a.load - b.load)
  check(index.leastRecentlyUsed() === byUse[0], 2, () => 'the index is wrong on the least recently used engine')
  check(index.leastLoaded() === byLoad[0], 2, () => 'the index is wrong on the least loaded engine')
}
