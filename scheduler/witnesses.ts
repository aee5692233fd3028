import type { SchedulerState } from './state.ts'
import { noEngine, type TaskRecord } from './task.ts'

/**
 * A waiting task that is bound to particular engines is kept under one of them that could take it, so that it is looked at
 * again when that one leaves, and at no other engine's departure.
 */

export function unwatch(state: SchedulerState, task: TaskRecord): void {
  const { dependencies } = task
  if (dependencies === undefined || dependencies.witness === noEngine) return
  const tasks = state.witnesses.get(dependencies.witness)
  tasks?.delete(task)
  if (tasks?.size === 0) state.witnesses.delete(dependencies.witness)
  dependencies.witness = noEngine
}
