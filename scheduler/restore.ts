import type { Fault } from '../core/errors.ts'
import type { EngineId, TaskId } from '../core/ids.ts'
import { occupy } from './dispatch.ts'
import { takeDirectSlot } from './engines.ts'
import type { Kept, SchedulerEvent, TaskSpec } from './events.ts'
import { faultOf, finish } from './finish.ts'
import type { SchedulerState } from './state.ts'
import { accountOf, start } from './submit.ts'
import { noEngine, TaskRecord, type TerminalStatus, termsOf } from './task.ts'
import { move } from './transitions.ts'

/** How a task of an earlier scheduler had ended. Times are on the clock given to `step`. */
export interface RestoredEnd {
  readonly status: TerminalStatus
  readonly attempt: number
  readonly engine: EngineId
  readonly startedAt: number
  readonly endedAt: number
  readonly durationMs: number
  readonly output?: unknown
  readonly outputBytes: number
  readonly printed?: Kept | undefined
  readonly fault?: Fault | undefined
  readonly purged: boolean
  readonly resubmittedAs?: TaskId | undefined
}

/** A task that an earlier scheduler had accepted. */
export interface RestoredTask {
  readonly spec: TaskSpec
  readonly submittedAt: number
  readonly end?: RestoredEnd | undefined
  /** The attempt that an engine says it still has, or has the result of. */
  readonly held?: { readonly engine: EngineId; readonly attempt: number } | undefined
  /** Where one that must not run twice may have been sent. */
  readonly sentTo?: EngineId | undefined
}

/**
 * Takes over what another scheduler had accepted, in the order of its submission. It comes first, after the engines that were
 * there before have joined again, with the numbers that they had. A task that is held goes on where it is, without a word to its engine,
 * unless it can have no place there; the others are as if they had just been submitted.
 */
export function restore(
  state: SchedulerState,
  { tasks, nextEngine }: Extract<SchedulerEvent, { type: 'restore' }>,
): void {
  // Those that have not come back are gone for good.
  state.nextEngine = Math.max(state.nextEngine, nextEngine)
  const ended: TaskRecord[] = []
  const live: TaskRecord[] = []
  const held = new Map<TaskRecord, RestoredTask>()
  for (const restored of tasks) {
    const task = record(state, restored)
    if (restored.end) ended.push(task)
    else if (restored.held || restored.sentTo !== undefined) held.set(task, restored)
    if (!restored.end && !adoptDirect(state, task, restored)) live.push(task)
  }
  for (const task of ended.sort((a, b) => a.endedAt - b.endedAt)) state.retention.keep(task)
  start(state, live)
  // Those that name them have looked at them.
  state.retention.forgetSurplus()
  // What must not run twice comes first: it has a place where it is, whatever the mark.
  for (const isBound of [true, false]) {
    for (const [task, restored] of held) {
      if (task.status === 'ready' && task.retryOnEngineLoss !== isBound) adopt(state, task, restored)
    }
  }
}

function record(state: SchedulerState, { spec, submittedAt, end }: RestoredTask): TaskRecord {
  state.lastTerms = termsOf(spec, state.lastTerms, accountOf(state, spec.client))
  const shared = spec.shared && state.shared.find(spec.shared)
  const task = new TaskRecord(spec, state.lastTerms, shared, state.nextSequence, { ms: submittedAt })
  state.nextSequence += 1
  state.tasks.add(task)
  if (end === undefined) {
    state.counts.waiting += 1
    // It was accepted once, whatever the limits are now.
    state.quota.open(task)
    return task
  }
  state.counts[end.status] += 1
  const { startedAt, endedAt, durationMs, printed, fault, ...fields } = end
  Object.assign(task, fields, { printed, fault, ended: { ms: endedAt } })
  if (!Number.isNaN(startedAt)) task.begun = { ms: startedAt }
  if (!Number.isNaN(durationMs)) task.ranMs = durationMs
  return task
}

/** A direct task stays at its engine; whether it was sent there is for the engine to say. */
function adoptDirect(state: SchedulerState, task: TaskRecord, { held }: RestoredTask): boolean {
  const engine = held && state.engines.get(held.engine)
  if (!task.direct || engine === undefined || held === undefined) return false
  move(state, task, 'ready')
  move(state, task, 'assigned')
  task.attempt = held.attempt
  task.assigned = state.moment
  takeDirectSlot(engine, task)
  return true
}

function adopt(state: SchedulerState, task: TaskRecord, { held, sentTo = noEngine }: RestoredTask): void {
  const engine = held && state.engines.get(held.engine)
  if (held && engine && (engine.hwm === 'auto' || engine.load < engine.mark || !task.retryOnEngineLoss)) {
    occupy(state, task, engine, held.attempt)
    state.strategy.run.taskAssigned?.(task, engine)
    return
  }
  // It is taken back there: the next attempt is not to be mistaken for it.
  task.attempt = held?.attempt ?? 0
  if (sentTo !== noEngine && !task.retryOnEngineLoss && !state.engines.has(sentTo)) {
    const message = `Engine ${sentTo} did not come back after the controller's restart, and task ${task.id}, which must not run twice, may have begun there.`
    finish(state, task, 'failed', faultOf('YM_ENGINE_LOST', task, message, { engine: sentTo }))
  }
}
