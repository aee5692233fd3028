import { type Clock, wallTimeOffset } from '../core/clock.ts'
import type { Fault } from '../core/errors.ts'
import type { TaskId } from '../core/ids.ts'
import type { Reply } from '../core/messages.ts'
import { movedOn } from '../core/payload.ts'
import type { TaskRecord } from '../scheduler/task.ts'
import { Owed } from './owed-replies.ts'
import { printedBy } from './printed.ts'
import type { TaskBody } from './task-body.ts'
import { StreamOutput, type TaskOutput } from './task-output.ts'

type Mutable<T> = { -readonly [Key in keyof T]: T[Key] }

/** The terminal reply about a task, as its record stands; about one that is not there, the reason. */
export function replyFor(id: TaskId, task: TaskRecord | undefined, clock: Clock): Reply {
  if (task === undefined) return replyWithFault(id, unknown(id), clock.wallTime())
  const toWallTime = wallTimeOffset(clock)
  // Field by field: this is built once a task, and spreading optional parts costs five times the memory.
  const reply: Mutable<Reply> = {
    id,
    // Without its result, not even a success can be told as one.
    status: task.purged ? 'failed' : (task.status as Reply['status']),
    call: (task.body as TaskBody | undefined)?.call ?? 'once',
    attempts: task.attempt,
    submittedAt: task.submittedAt + toWallTime,
    endedAt: task.endedAt + toWallTime,
    durationMs: task.durationMs || 0,
  }
  const { engine, startedAt } = task
  if (engine >= 0) reply.engine = engine
  if (!Number.isNaN(startedAt)) reply.startedAt = startedAt + toWallTime
  const kept = task.output as TaskOutput | undefined
  const output = kept instanceof StreamOutput ? kept.output : kept
  const isGone = output?.isGone ?? false
  // The controller keeps it for others, and a client within this thread would be given this very memory.
  if (output !== undefined && !isGone) reply.output = output.memory === 'moved' ? output : output.lent
  if (isGone) reply.status = 'failed'
  if (kept instanceof StreamOutput) reply.stream = kept.lentStream
  const fault = isGone ? taken(id) : task.purged ? purged(id) : task.fault
  if (fault !== undefined) reply.fault = fault
  return reply
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

/** As `replyFor`, of a task that had ended when its client was to be told, and was not yet. */
export function owedBy(id: TaskId, task: TaskRecord | undefined, clock: Clock): Owed {
  if (task === undefined) return new Owed(replyWithFault(id, untaken(id), clock.wallTime()), undefined)
  const reply = replyFor(id, task, clock)
  return new Owed(task.purged ? { ...reply, fault: untaken(id) } : reply, printedBy(task))
}

export const shutDown: Fault = {
  code: 'YM_CLOSED',
  message: 'the controller is shutting down and takes no more tasks',
}

function unknown(id: TaskId): Fault {
  return { code: 'YM_UNKNOWN_TASK', message: `the controller knows no task ${id}`, details: { id } }
}

function taken(id: TaskId): Fault {
  return { code: 'YM_PURGED', message: `the result of task ${id} has been taken. ${movedOn}`, details: { id } }
}

function untaken(id: TaskId): Fault {
  return {
    code: 'YM_PURGED',
    message: `the result of task ${id} was dropped before this client took it: more waited for it than the controller's limits.unsentBytesMax and its retention hold`,
    details: { id },
  }
}

function purged(id: TaskId): Fault {
  return {
    code: 'YM_PURGED',
    message: `the result of task ${id} was dropped: purged on request, or beyond the controller's retention limit`,
    details: { id },
  }
}
