import type { EngineRecord } from './engine-record.ts'
import { makeZombie } from './engines.ts'
import type { SchedulerEvent } from './events.ts'
import { finishAborted, finishQueueTimeout } from './outcomes.ts'
import type { SchedulerState } from './state.ts'
import type { TaskRecord } from './task.ts'
import { isLive } from './transitions.ts'

/** See the rules at the head of `events.ts`. */
export function abort(state: SchedulerState, event: Extract<SchedulerEvent, { type: 'abort' }>): void {
  for (const id of event.tasks) {
    const task = state.tasks.get(id)
    if (task === undefined || !isLive(task.status)) continue
    if (event.client !== undefined && event.client !== task.client) continue
    abortOne(state, task)
  }
}

function abortOne(state: SchedulerState, task: TaskRecord): void {
  if (task.status === 'running') {
    if (task.asked !== 'cancel') askCancel(state, task)
    task.asked = 'cancel'
    return
  }
  if (task.status === 'assigned') {
    const engine = state.engines.get(task.engine) as EngineRecord
    askCancel(state, task)
    makeZombie(state, engine, task)
    state.strategy.finished?.(task, engine, { outcome: 'aborted', durationMs: 0 })
  }
  finishAborted(state, task)
}

function askCancel(state: SchedulerState, { id, engine, attempt }: TaskRecord): void {
  state.effects.push({ type: 'cancel', engine, id, attempt, reason: 'abort' })
}

/** Asks the engine to give the task back, once for each attempt. */
export function recall(state: SchedulerState, task: TaskRecord): void {
  if (task.asked !== 'nothing') return
  task.asked = 'recall'
  state.effects.push({ type: 'recall', engine: task.engine, id: task.id, attempt: task.attempt })
}

/** Queue timeouts that are due. A running task has begun in time. */
export function expire(state: SchedulerState): void {
  for (let task = state.deadlines.takeDue(state.now); task !== undefined; task = state.deadlines.takeDue(state.now)) {
    if (task.status === 'assigned') {
      task.overdue = true
      recall(state, task)
    } else if (task.status !== 'running') finishQueueTimeout(state, task)
  }
}
