import { finishDirect, finishLost } from './direct.ts'
import type { EngineRecord } from './engine-record.ts'
import { faultOf, finish } from './finish.ts'
import type { SchedulerState } from './state.ts'
import type { TaskRecord } from './task.ts'
import { move } from './transitions.ts'
import { enqueue } from './waiting.ts'

/** What becomes of a task whose attempt is over, or that ends before one. */

/** Puts a task that has left its engine back at its place in the queue. */
export function returnToReady(state: SchedulerState, task: TaskRecord): void {
  move(state, task, 'ready')
  task.asked = 'nothing'
  if (task.overdue) finishQueueTimeout(state, task)
  else if (task.direct) finishDirect(state, task)
  else enqueue(state, task)
}

export function finishQueueTimeout(state: SchedulerState, task: TaskRecord): void {
  const message = `Task ${task.id} had not begun within its queueTimeout of ${task.queueTimeoutMs} ms.`
  finish(state, task, 'timedOut', faultOf('YM_QUEUE_TIMEOUT', task, message))
}

export function finishAborted(state: SchedulerState, task: TaskRecord): void {
  finish(state, task, 'aborted', faultOf('YM_ABORTED', task, `Task ${task.id} was aborted.`))
}

/** Another attempt where one is left, elsewhere if possible; else the end, with this error. */
export function retryOr(
  state: SchedulerState,
  task: TaskRecord,
  engine: EngineRecord,
  status: 'failed' | 'timedOut',
): void {
  const { failures, failedOn } = task.trouble
  const elsewhere = failedOn.includes(engine.id) ? failedOn : [...failedOn, engine.id]
  task.trouble = { ...task.trouble, failures: failures + 1, failedOn: elsewhere }
  if (task.failures > task.retries) {
    finish(state, task, status, task.fault)
    return
  }
  returnToReady(state, task)
}

/** Its engine, or its executor there, died with it. This takes no retry. */
export function resolveLoss(state: SchedulerState, task: TaskRecord, reason: string): void {
  task.trouble = { ...task.trouble, losses: task.trouble.losses + 1 }
  const { id, engine, losses } = task
  if (task.asked === 'cancel') {
    finishAborted(state, task)
  } else if (task.overdue) {
    finishQueueTimeout(state, task)
  } else if (task.direct) {
    finishLost(state, task, engine, reason)
  } else if (!task.retryOnEngineLoss) {
    const message = `Engine ${engine} was lost (${reason}) with task ${id}, which must not run twice.`
    finish(state, task, 'failed', faultOf('YM_ENGINE_LOST', task, message, { engine, reason }))
  } else if (losses >= state.engineLossLimit) {
    const message = `Task ${id} has lost ${losses} engines, the last one ${engine} (${reason}); it may be what kills them.`
    finish(state, task, 'failed', faultOf('YM_ENGINE_LOST', task, message, { engine, reason, losses }))
  } else {
    if (task.status === 'running') state.deadlines.disarm(task)
    returnToReady(state, task)
  }
}
