import type { EngineId } from '../core/ids.ts'
import { takeDirectSlot } from './engines.ts'
import { faultOf, finish } from './finish.ts'
import type { SchedulerState } from './state.ts'
import { noEngine, type TaskRecord } from './task.ts'
import { move } from './transitions.ts'
import { finishRefused } from './waiting.ts'

/**
 * Direct tasks belong to one engine. They go there at once, past the ready queue, the strategy and the mark, and end when
 * it cannot run them: what they want of it, its namespace, is nowhere else.
 */

/** Sends a task that has just been submitted, or ends it where its engine is not there. */
export function sendDirect(state: SchedulerState, task: TaskRecord): void {
  const target = task.targets[0] ?? noEngine
  const engine = state.engines.get(target)
  move(state, task, 'ready')
  if (engine === undefined || engine.stage === 'released') {
    finishLost(state, task, target, target < state.nextEngine ? 'it has left' : 'there is none with this number')
    return
  }
  move(state, task, 'assigned')
  task.attempt = 1
  task.assigned = state.moment
  takeDirectSlot(engine, task)
  state.effects.push({ type: 'assign', engine: target, task, attempt: 1 })
}

/** Its engine refused it, or gave it back. */
export function finishDirect(state: SchedulerState, task: TaskRecord): void {
  if (task.refusedBy.length > 0) finishRefused(state, task)
  else finishLost(state, task, task.targets[0] ?? noEngine, 'it gave the task back')
}

export function finishLost(state: SchedulerState, task: TaskRecord, engine: EngineId, reason: string): void {
  const message = `Engine ${engine} cannot run the direct task ${task.id}: ${reason}. Submit it to an engine that is there.`
  finish(state, task, 'failed', faultOf('YM_ENGINE_LOST', task, message, { engine, reason }))
}
