import type { Clock } from '../core/clock.ts'
import type { Fault } from '../core/errors.ts'
import type { TaskId } from '../core/ids.ts'
import type { Reply } from '../core/messages.ts'
import type { Payload } from '../core/payload.ts'
import type { TaskRecord } from '../scheduler/task.ts'
import type { TaskBody } from './task-body.ts'

/** The terminal reply about a task, as its record stands; about one that is not there, the reason. */
export function replyFor(id: TaskId, task: TaskRecord | undefined, clock: Clock): Reply {
  const wallTime = clock.wallTime()
  if (task === undefined) return replyWithFault(id, unknown(id), wallTime)
  const toWallTime = wallTime - clock.now()
  return {
    id,
    status: task.status as Reply['status'],
    call: (task.body as TaskBody | undefined)?.call ?? 'once',
    attempts: task.attempt,
    ...(task.engine >= 0 ? { engine: task.engine } : {}),
    submittedAt: task.submittedAt + toWallTime,
    ...(Number.isNaN(task.startedAt) ? {} : { startedAt: task.startedAt + toWallTime }),
    endedAt: task.endedAt + toWallTime,
    durationMs: task.durationMs || 0,
    ...(task.output === undefined ? {} : { output: task.output as Payload }),
    ...faultOf(task),
  }
}

export function replyWithFault(id: TaskId, fault: Fault, wallTime: number): Reply {
  return {
    id,
    status: 'failed',
    call: 'once',
    attempts: 0,
    submittedAt: wallTime,
    endedAt: wallTime,
    durationMs: 0,
    fault,
  }
}

function faultOf(task: TaskRecord): { fault?: Fault } {
  if (task.purged) return { fault: purged(task.id) }
  return task.fault === undefined ? {} : { fault: task.fault }
}

function unknown(id: TaskId): Fault {
  return { code: 'YM_UNKNOWN_TASK', message: `the controller knows no task ${id}`, details: { id } }
}

function purged(id: TaskId): Fault {
  return {
    code: 'YM_PURGED',
    message: `the result of task ${id} was dropped: purged on request, or beyond the controller's retention limit`,
    details: { id },
  }
}
