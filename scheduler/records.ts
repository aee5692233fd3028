import type { ErrorCode } from '../core/errors.ts'
import type { TaskId } from '../core/ids.ts'
import type { SchedulerEvent } from './events.ts'
import type { SchedulerState } from './state.ts'
import { accept, start } from './submit.ts'
import type { TaskRecord } from './task.ts'
import { isLive } from './transitions.ts'

type EventOf<Type> = Extract<SchedulerEvent, { type: Type }>

/** What can be done with tasks that have ended. */

/** Drops results. What is unknown, or has not ended, is refused; what was purged before stays so. */
export function purge(state: SchedulerState, event: EventOf<'purge'>): void {
  for (const id of event.tasks) {
    const record = endedRecord(state, 'purge', id)
    if (record !== undefined && !record.purged) state.retention.purge(record)
  }
}

/** New tasks with the old ones' constraints, linked both ways. */
export function resubmit(state: SchedulerState, event: EventOf<'resubmit'>): void {
  const batch: TaskRecord[] = []
  const earlier: TaskRecord[] = []
  for (const { from, to } of event.pairs) {
    const record = endedRecord(state, 'resubmit', from)
    if (record === undefined) continue
    if (record.purged) {
      refuse(state, 'resubmit', from, 'YM_PURGED', `Task ${from} was purged: what it was called with is gone.`)
      continue
    }
    const task = accept(state, specOf(record, to, event.client), 'resubmit')
    if (task === undefined) continue
    record.resubmittedAs = to
    batch.push(task)
    earlier.push(record)
  }
  start(state, batch, earlier)
}

function specOf(record: TaskRecord, id: TaskId, client = record.client) {
  const { label, after, follow, targets, retries, queueTimeoutMs, runTimeoutMs, priority } = record
  const { retryOnEngineLoss, onUnmet, direct, body, bodyBytes, shared } = record
  const constraints = {
    after,
    follow,
    targets,
    retries,
    queueTimeoutMs,
    runTimeoutMs,
    priority,
    retryOnEngineLoss,
    onUnmet,
    direct,
  }
  return {
    id,
    client,
    ...constraints,
    ...(label === undefined ? {} : { label }),
    resubmittedFrom: record.id,
    body,
    bodyBytes,
    shared: shared?.part,
  }
}

function endedRecord(state: SchedulerState, request: 'purge' | 'resubmit', id: TaskId): TaskRecord | undefined {
  const record = state.tasks.get(id)
  if (record === undefined) {
    refuse(state, request, id, 'YM_UNKNOWN_TASK', `There is no task ${id}, or it was forgotten.`)
  } else if (isLive(record.status)) {
    refuse(state, request, id, 'YM_PENDING', `Task ${id} is ${record.status}; ${request} needs it to have ended.`)
  } else return record
  return undefined
}

function refuse(
  state: SchedulerState,
  request: 'purge' | 'resubmit',
  id: TaskId,
  code: ErrorCode,
  message: string,
): void {
  state.effects.push({ type: 'refuse', request, id, fault: { code, message, details: { task: id } } })
}
