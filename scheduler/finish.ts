import type { ErrorCode, Fault } from '../core/errors.ts'
import { detach } from './dependencies.ts'
import type { SchedulerState } from './state.ts'
import type { TaskRecord, TerminalStatus } from './task.ts'
import { move } from './transitions.ts'
import { unwatch } from './witnesses.ts'

/**
 * Ends a task: the one terminal reply. It must hold no slot at an engine any more. Its dependents are told by `propagate`,
 * after the event that ended it, so that no chain of any length recurses.
 */
export function finish(state: SchedulerState, task: TaskRecord, status: TerminalStatus, fault?: Fault): void {
  if (task.status === 'ready') state.ready.remove(task)
  else if (task.status === 'waiting') unwatch(state, task)
  move(state, task, status)
  detach(state, task)
  state.deadlines.disarm(task)
  task.fault = fault
  if (fault !== undefined) {
    task.output = undefined
    task.outputBytes = 0
  }
  task.ended = state.moment
  task.asked = 'nothing'
  if (!task.direct) state.strategy.run.taskEnded?.(task)
  state.effects.push({ type: 'end', task })
  if (task.dependents !== undefined) state.toldNext.push(task)
  // In this order: what it shares with others stays known.
  state.retention.keep(task)
  state.quota.close(task)
}

/** A fault about one task. */
export function faultOf(code: ErrorCode, task: TaskRecord, message: string, details: object = {}): Fault {
  return { code, message, details: { task: task.id, ...details } }
}
