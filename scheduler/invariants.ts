import { taskOverheadBytes } from '../core/limits.ts'
import { boundGroups, isNeeded, isOccupied } from './draining.ts'
import type { EngineRecord } from './engine-record.ts'
import { outlook, placeOf, possibleEngines } from './placement.ts'
import type { ClientAccount } from './quota.ts'
import { compareTasks, type ReadyGroup } from './ready-group.ts'
import type { SharedPart } from './shared-parts.ts'
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
  const broken: Broken = (invariant, message) => violations.push({ invariant, message })
  checkTasks(state, broken)
  checkQuota(state, broken)
  checkEngines(state, broken)
  checkReady(state, broken)
  checkIndexes(state, broken)
  return violations
}

/** Notes a violation. A check that holds costs no closure: simulations make them by the million. */
type Broken = (invariant: number, message: string) => void

function checkTasks(state: SchedulerState, broken: Broken): void {
  const counts = { waiting: 0, ready: 0, assigned: 0, running: 0 }
  let ended = 0
  let purged = 0
  for (const task of state.tasks) {
    const { id, status } = task
    if (state.tasks.get(id) !== task) broken(2, `task ${id} is not found under its id`)
    if ((task.group !== undefined) !== (status === 'ready'))
      broken(2, `task ${id} is ${status} but its queue disagrees`)
    const engine = state.engines.get(task.engine)
    const sent = status === 'assigned' || status === 'running'
    if (task.slot >= 0 !== sent) broken(2, `task ${id} is ${status} in slot ${task.slot}`)
    if (sent && (task.direct ? engine?.direct : engine?.tasks)?.[task.slot] !== task)
      broken(3, `task ${id} is not at its engine ${task.engine}`)
    if (task.failures > task.retries + 1) broken(11, `task ${id} failed ${task.failures} times`)
    if (task.failures + task.losses > task.attempt) broken(12, `task ${id} counts more ends than attempts`)
    if (status === 'running' && task.timer !== undefined) broken(17, `the queue timer of running task ${id} is set`)
    if (task.timer !== undefined && !(task.timer.task === task && isLive(status)))
      broken(17, `the timer of ${id} is stale`)
    if (isLive(status)) {
      if (task.direct && !sent) broken(6, `direct task ${id} is ${status}`)
      counts[status] += 1
      if (status === 'waiting' || status === 'ready') checkOutlook(state, task, broken)
      if (status === 'waiting') checkWaiting(state, task, broken)
      continue
    }
    ended += 1
    if (task.purged) purged += 1
    if (Number.isNaN(task.endedAt)) broken(1, `task ${id} ended at no time`)
    if (task.dependencies !== undefined) broken(23, `ended task ${id} still holds its dependencies`)
    if (task.dependents !== undefined) broken(8, `the dependents of ended task ${id} were not told`)
  }
  for (const status of ['waiting', 'ready', 'assigned', 'running'] as const) {
    const held = state.counts[status]
    if (held !== counts[status]) broken(2, `${held} tasks are counted as ${status}, ${counts[status]} are`)
  }
  if (state.retention.kept.count !== ended - purged) broken(23, 'retained records are miscounted')
  if (state.retention.stubs.count !== purged) broken(23, 'purged records are miscounted')
  if (state.retention.stubs.count > state.retention.limits.purgedMax) broken(23, 'too many purged records')
}

/** What is counted against the limits is what is live, and what is counted against the retention what is retained. */
function checkQuota(state: SchedulerState, broken: Broken): void {
  const { quota, retention } = state
  const live = new Holdings()
  const kept = new Holdings()
  for (const task of state.tasks) {
    if (isLive(task.status)) live.add(task, taskOverheadBytes)
    else kept.add(task, task.outputBytes + (task.printed?.bytes ?? 0))
  }
  if (quota.bytes !== live.bytes) broken(23, `${quota.bytes} bytes are counted as live, ${live.bytes} are`)
  if (retention.bytes !== kept.bytes) broken(23, `${retention.bytes} bytes are counted as kept, ${kept.bytes} are`)
  let bytes = 0
  for (const [client, account] of quota.accounts) {
    const tasks = live.tasks.get(account)
    if (account.client !== client || account.tasks !== tasks)
      broken(23, `${account.tasks} tasks are on the account of ${client}, ${tasks} are live`)
    bytes += account.bytes
  }
  if (quota.accounts.size !== live.tasks.size) broken(23, 'an account is missing')
  // Of another client's task that was submitted again, the function may still be on the account of its first.
  if (bytes > quota.bytes) broken(23, `${bytes} bytes are on all accounts, and ${quota.bytes} are counted`)
  const parts = new Set([...live.parts, ...kept.parts])
  if (state.shared.size !== parts.size) broken(23, `${state.shared.size} parts are kept, ${parts.size} are in use`)
}

class Holdings {
  readonly tasks = new Map<ClientAccount, number>()
  bytes = 0
  readonly parts = new Set<SharedPart>()

  add({ terms: { account }, bodyBytes, shared }: TaskRecord, more: number): void {
    this.tasks.set(account, (this.tasks.get(account) ?? 0) + 1)
    this.bytes += bodyBytes + more
    if (shared === undefined || this.parts.has(shared)) return
    this.parts.add(shared)
    this.bytes += shared.bytes
  }
}

/** Neither ended too late, nor kept from a place it could have. */
function checkOutlook(state: SchedulerState, task: TaskRecord, broken: Broken): void {
  const view = outlook(state, task)
  const refusals = task.refusedBy.length > 0
  if (view !== 'open' && !refusals) broken(14, `task ${task.id} has no engine left, and is ${task.status}`)
  if (view === 'refused') broken(10, `task ${task.id} was refused everywhere, and is ${task.status}`)
}

function checkWaiting(state: SchedulerState, task: TaskRecord, broken: Broken): void {
  const { id, dependencies } = task
  if (dependencies === undefined) {
    broken(2, `task ${id} waits for nothing`)
    return
  }
  const unmet = dependencies.specs.filter((spec) => !spec.met)
  if (unmet.length !== dependencies.unmet) broken(7, `task ${id} counts ${dependencies.unmet} unmet dependencies`)
  for (const spec of unmet) {
    const live = spec.spec.ids.filter((other) => isLive(state.tasks.get(other)?.status ?? 'failed'))
    if (spec.pending <= 0) broken(7, `an unmet dependency of ${id} can no longer be met`)
    const listens = spec.spec.ids.some((other) => state.tasks.get(other)?.dependents?.includes(spec) ?? false)
    if (!listens) broken(7, `an unmet dependency of ${id} is told of nothing`)
    if (live.length <= 0) broken(8, `all that ${id} depends on has ended`)
  }
  const place = placeOf(state, task)
  const placeable = place.kind !== 'only' || place.engines.length > 0
  if (unmet.length === 0 && placeable) broken(2, `task ${id} waits though all is met`)
  if (task.targets.length === 0 && dependencies.follow.length === 0) return
  const possible = possibleEngines(state, task)
  const { witness } = dependencies
  const kept = witness === noEngine || (state.witnesses.get(witness)?.has(task) ?? false)
  if (!kept) broken(2, `task ${id} is not kept under engine ${witness}`)
  if (possible !== undefined && !possible.includes(witness)) broken(9, `task ${id} counts on engine ${witness} in vain`)
}

function checkEngines(state: SchedulerState, broken: Broken): void {
  let available = 0
  let total = 0
  for (const engine of state.engines.values()) {
    const { id, load, mark, tasks, direct } = engine
    total += load
    const held = [...tasks, ...(engine.zombies?.values() ?? [])].reduce((sum, { cores }) => sum + cores, 0)
    if (engine.cores - engine.freeCores !== held) broken(4, `engine ${id} counts ${engine.freeCores} free cores`)
    const occupied = tasks.length + (engine.zombies?.size ?? 0)
    if (load !== occupied) broken(4, `engine ${id} has load ${load}, with ${occupied} slots taken`)
    // After a restart, what must not run twice stays where it is.
    const loadMax =
      engine.hwm === 'auto' ? load : Math.max(mark, tasks.filter((task) => !task.retryOnEngineLoss).length)
    if (load < 0 || load > loadMax) broken(4, `engine ${id} has load ${load} of ${mark}`)
    if (engine.available !== (load < mark && engine.stage === 'serving'))
      broken(4, `engine ${id} with load ${load} of ${mark} is misfiled`)
    checkDraining(state, engine, broken)
    if (id >= state.nextEngine) broken(4, `engine ${id} has a number that was not given out`)
    if (engine.available) available += 1
    for (const task of tasks) checkAssigned(state, engine, task, broken)
    for (const task of direct) checkAssigned(state, engine, task, broken)
    if (tasks.some((task) => task.direct)) broken(4, `engine ${id} counts a direct task as load`)
  }
  if (total !== state.load) broken(4, `${state.load} tasks are counted at all engines, ${total} are`)
  if (available !== state.index.count) broken(4, `${state.index.count} engines are indexed, ${available} have room`)
}

/** Until it is let go, something needs it; what it alone could take does not wait for room that it has. */
function checkDraining(state: SchedulerState, engine: EngineRecord, broken: Broken): void {
  const { id, stage } = engine
  if (state.draining.has(engine) !== (stage === 'draining'))
    broken(28, `engine ${id} is ${stage}, and listed otherwise`)
  if (stage === 'serving') return
  const isInUse = isOccupied(engine)
  if (stage === 'released' && isInUse) broken(28, `engine ${id} was let go with ${engine.load} tasks`)
  if (stage === 'draining' && !isInUse && !isNeeded(state, engine)) broken(28, `engine ${id} is kept for nothing`)
  if (stage !== 'draining' || engine.load >= engine.mark) return
  if (boundGroups(state, engine).length > 0) broken(28, `engine ${id} has room, and what only it can take waits`)
}

function checkAssigned(state: SchedulerState, engine: EngineRecord, task: TaskRecord, broken: Broken): void {
  const { id } = task
  if (!(task.engine === engine.id && state.tasks.get(id) === task))
    broken(3, `engine ${engine.id} holds a foreign ${id}`)
  const bound = task.targets.length > 0 && !task.targets.includes(engine.id)
  if (bound) broken(13, `task ${id} is at engine ${engine.id}, which is none of its targets`)
  if (task.refusedBy.includes(engine.id)) broken(13, `task ${id} is at engine ${engine.id}, which refused it`)
  const follows = task.dependencies?.follow.every((spec) => spec.engines.includes(engine.id)) ?? true
  if (!follows) broken(13, `task ${id} is at engine ${engine.id}, not where it was to follow`)
  if ((task.dependencies?.unmet ?? 0) !== 0) broken(13, `task ${id} was sent with a dependency unmet`)
}

function checkReady(state: SchedulerState, broken: Broken): void {
  const { ready } = state
  let size = 0
  let passed = 0
  for (const group of ready.occupied()) {
    const tasks = [...group]
    size += tasks.length
    if (tasks.length !== group.size) broken(2, `group ${group.key} holds ${tasks.length}, and counts ${group.size}`)
    const open = tasks.filter(({ lane }) => lane !== 'passed')
    passed += tasks.length - open.length
    if (open.length !== group.size - group.passed) broken(2, `group ${group.key} miscounts what was passed by`)
    const first = group.first()
    for (const task of tasks) {
      if (!(task.status === 'ready' && task.group === group)) broken(2, `${task.id} is ${task.status} in ${group.key}`)
    }
    for (const task of open) {
      if (first === undefined || compareTasks(first, task) > 0) broken(15, `${task.id} comes before ${first?.id}`)
    }
    const idle = [...state.engines.values()].find((engine) => engine.available && serves(group, engine))
    if (idle === undefined) continue
    // Only what the strategy lets wait may wait, and only while something is under way.
    const mayWait = state.load > 0 && (ready.isHeld || open.length === 0)
    if (!mayWait) broken(16, `group ${group.key} waits while engine ${idle.id} has room`)
  }
  if (size !== ready.size) broken(2, `${ready.size} tasks are counted as queued, ${size} are`)
  if (passed !== ready.passed) broken(2, `${ready.passed} tasks are counted as passed by, ${passed} are`)
}

function serves(group: ReadyGroup, engine: EngineRecord): boolean {
  if (group.kind === 'any') return true
  return group.engines.includes(engine.id) === (group.kind === 'only')
}

/** The index answers as a search would. It is asked for every order, which builds those that were not in use. */
function checkIndexes(state: SchedulerState, broken: Broken): void {
  const { index } = state
  const available = [...state.engines.values()].filter((engine) => engine.available)
  available.forEach((engine, i) => {
    if (index.at(i) !== engine) broken(2, `engine ${engine.id} is not the ${i}th in the index`)
    const next = available[(i + 1) % available.length]
    if (index.after(engine.id) !== next) broken(2, `engine ${next?.id} does not come after ${engine.id}`)
  })
  if (available.length === 0) return
  const byUse = available.toSorted((a, b) => a.lastUsed - b.lastUsed)
  const byLoad = byUse.toSorted((a, b) => a.load - b.load)
  if (index.leastRecentlyUsed() !== byUse[0]) broken(2, 'the index is wrong on the least recently used engine')
  if (index.leastLoaded() !== byLoad[0]) broken(2, 'the index is wrong on the least loaded engine')
}
