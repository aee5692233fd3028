import type { EngineRecord } from '../../scheduler/engine-record.ts'
import type { SchedulerState } from '../../scheduler/state.ts'
import type { LiveStatus, TaskRecord } from '../../scheduler/task.ts'
import { currentAttempt, type EngineAccount, loadOf, type TaskAccount } from './accounts.ts'
import type { InvariantCheck, Scene } from './invariant-check.ts'
import type { Ledger } from './ledger.ts'
import { hasPlaceNow, isReleased } from './prospects.ts'

/** Of where a task is kept, and how much is where. */

/** Checks that a live task is in exactly one of waiting, ready, assigned, running, and all indexes agree. */
export const oneState: InvariantCheck = {
  number: 2,
  sentence: 'a live task is in exactly one of waiting, ready, assigned, running, and all indexes agree',
  *afterStep(_step, { ledger, state }) {
    const queued = tally([...state.ready.occupied()].flatMap((group) => [...group]))
    const sent = tally([...state.engines.values()].flatMap((engine) => [...engine.tasks, ...engine.direct]))
    const counts: Record<LiveStatus, number> = { waiting: 0, ready: 0, assigned: 0, running: 0 }
    for (const task of ledger.pending) {
      const record = state.tasks.get(task.id)
      if (record === undefined) {
        yield `${task.id} is not known`
        continue
      }
      const possible = statusesOf(ledger, task)
      const { status } = record
      if (!possible.some((one) => one === status)) yield `${task.id} is ${status}, not ${possible.join(' or ')}`
      else counts[status as LiveStatus] += 1
      const wanted = [status === 'ready' ? 1 : 0, status === 'assigned' || status === 'running' ? 1 : 0]
      const found = [queued.get(record) ?? 0, sent.get(record) ?? 0]
      if (wanted.join() !== found.join())
        yield `${task.id} is ${status}, in ${found[0]} queues and at ${found[1]} engines`
      queued.delete(record)
      sent.delete(record)
    }
    for (const record of [...queued.keys(), ...sent.keys()]) yield `${record.id} has ended, and is still kept somewhere`
    for (const status of ['waiting', 'ready', 'assigned', 'running'] as const) {
      if (state.counts[status] !== counts[status])
        yield `${counts[status]} tasks are ${status}, and ${state.counts[status]} are counted`
    }
    yield* wrongOrders(ledger, state)
  },
}

function tally(records: readonly TaskRecord[]): Map<TaskRecord, number> {
  const counts = new Map<TaskRecord, number>()
  for (const record of records) counts.set(record, (counts.get(record) ?? 0) + 1)
  return counts
}

function statusesOf(ledger: Ledger, task: TaskAccount): LiveStatus[] {
  const attempt = currentAttempt(task)
  if (attempt !== undefined) return [attempt.begun ? 'running' : 'assigned']
  if (!isReleased(task)) return ['waiting']
  return hasPlaceNow(ledger, task) ? ['ready'] : ['ready', 'waiting']
}

/** The engines with room, in the orders that strategies ask for. */
function* wrongOrders(ledger: Ledger, state: SchedulerState): Iterable<string> {
  if ([...state.engines.keys()].join() !== [...ledger.engines.keys()].join())
    yield `the engines are [${[...ledger.engines.keys()]}], and [${[...state.engines.keys()]}] are known`
  const { index } = state
  const open = [...ledger.engines.values()].filter((engine) => hasRoom(engine, state.engines.get(engine.id)))
  if (index.count !== open.length) yield `${open.length} engines have room, and ${index.count} are on offer`
  if (open.length === 0 || index.count === 0) return
  const byUse = open.toSorted((a, b) => a.lastUsed - b.lastUsed)
  const byLoad = byUse.toSorted((a, b) => loadOf(a) - loadOf(b))
  const oldest = index.leastRecentlyUsed().id
  if (oldest !== byUse[0]?.id) yield `engine ${byUse[0]?.id} is the least recently used, not ${oldest}`
  const idlest = index.leastLoaded().id
  if (idlest !== byLoad[0]?.id) yield `engine ${byLoad[0]?.id} is the least loaded, not ${idlest}`
}

/** For whatever comes. Where the mark is measured (`'auto'`), the scheduler's is taken. */
export function hasRoom(engine: EngineAccount, record: EngineRecord | undefined): boolean {
  const { hwm, stage } = engine
  if (stage !== 'serving') return false
  return loadOf(engine) < (hwm === 'auto' ? (record?.mark ?? 0) : hwm === 0 ? Number.POSITIVE_INFINITY : hwm)
}

/** Checks that the load of an engine is what it was sent, direct tasks apart, and has not answered for, and never above its mark. */
export const loadWithinMark: InvariantCheck = {
  number: 4,
  sentence:
    'the load of an engine is what it was sent, direct tasks apart, and has not answered for, and never above its mark',
  *afterStep({ sent }, { ledger, state }) {
    for (const engine of ledger.engines.values()) {
      const { id, hwm } = engine
      const load = loadOf(engine)
      const record = state.engines.get(id)
      if (record?.load !== load) yield `engine ${id} has ${load} load-balanced tasks, and load ${record?.load}`
      if (hwm !== 'auto' && hwm > 0 && load > hwm) yield `engine ${id} has ${load} tasks, and a mark of ${hwm}`
      const mark = record?.mark ?? 0
      if (hwm === 'auto' && load > mark && sent.some((attempt) => attempt.engine === id && !attempt.task.spec.direct))
        yield `engine ${id} has been sent ${load} tasks, and its mark is ${mark}`
    }
  },
}

/** Checks that what is kept is what is live and what is to be retained. */
export const memoryIsBounded: InvariantCheck = {
  number: 23,
  sentence: 'what is kept is what is live and what is to be retained',
  *afterStep(_step, { ledger, state }) {
    const { pending, kept, stubs } = ledger
    const expected = pending.size + kept.size + stubs.size
    if (state.tasks.size !== expected) yield `${expected} records should be there, and ${state.tasks.size} are`
    for (const task of [...kept, ...stubs]) {
      const record = state.tasks.get(task.id)
      if (record === undefined) yield `the record of ${task.id} is gone`
      else yield* wronglyRetained(task, record)
    }
    yield* leftBehind({ ledger, state })
  },
}

function* wronglyRetained(task: TaskAccount, record: TaskRecord): Iterable<string> {
  if (record.purged !== task.purged) yield `${task.id} should be ${task.purged ? 'purged' : 'retained'}`
  if (record.purged && (record.body !== undefined || record.output !== undefined)) yield `${task.id} is not empty`
  if (record.dependencies !== undefined || record.dependents !== undefined) yield `${task.id} still holds its graph`
  if (record.timer !== undefined) yield `${task.id} still has a timer`
}

/** The indexes, by what may be in them. */
function* leftBehind({ ledger, state }: Pick<Scene, 'ledger' | 'state'>): Iterable<string> {
  const timers = [...ledger.pending].filter((task) => task.deadline < Number.POSITIVE_INFINITY).length
  if (state.deadlines.size > 2 * timers + 64) yield `${state.deadlines.size} timers are kept for ${timers} deadlines`
  const witnessed = [...state.witnesses.values()].reduce((sum, tasks) => sum + tasks.size, 0)
  if (witnessed > state.counts.waiting)
    yield `${witnessed} tasks are kept under an engine, ${state.counts.waiting} wait`
  for (const [key, group] of state.ready.groups) if (group.size === 0) yield `the empty queue ${key} is kept`
  for (const { id } of ledger.pending) {
    const dependents = state.tasks.get(id)?.dependents ?? []
    const live = dependents.filter((spec) => ledger.pending.has(ledger.tasks.get(spec.owner.id) as TaskAccount)).length
    if (dependents.length > 2 * live + 32)
      yield `${id} remembers ${dependents.length} dependents, of which ${live} live`
  }
}
