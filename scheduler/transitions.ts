import { InternalError } from '../core/errors.ts'
import type { SchedulerState } from './state.ts'
import type { LiveStatus, TaskRecord, TaskStatus, TerminalStatus } from './task.ts'

/**
 * Every legal step in the life of a task.
 * - A task that has an engine reaches an end that is not the engine's doing by way of `ready`.
 * - `ready` → `failed`: every engine refused it, or no place is left for a retry, which then ends with the last error of its own.
 * - Nothing leaves a terminal state.
 */
const transitions: Readonly<Record<LiveStatus, readonly TaskStatus[]>> = {
  waiting: ['ready', 'aborted', 'timedOut', 'impossible'],
  ready: ['assigned', 'failed', 'aborted', 'timedOut', 'impossible'],
  assigned: ['running', 'ready', 'succeeded', 'failed', 'aborted', 'timedOut'],
  running: ['ready', 'succeeded', 'failed', 'aborted', 'timedOut'],
}

/** Whether a task in this state has ended. */
export function isTerminal(status: TaskStatus): status is TerminalStatus {
  return !isLive(status)
}

export function isLive(status: TaskStatus): status is LiveStatus {
  return status === 'waiting' || status === 'ready' || status === 'assigned' || status === 'running'
}

/** The only place that changes a status. The indexes are the caller's. */
export function move(state: SchedulerState, task: TaskRecord, to: TaskStatus): void {
  const from = task.status
  if (!isLive(from) || !transitions[from].includes(to)) throw illegal(state, task, to)
  count(state, from, -1)
  count(state, to, 1)
  task.status = to
}

/** By a switch, since a computed property name costs more than all else here. */
function count({ counts }: SchedulerState, status: TaskStatus, change: number): void {
  switch (status) {
    case 'waiting':
      counts.waiting += change
      break
    case 'ready':
      counts.ready += change
      break
    case 'assigned':
      counts.assigned += change
      break
    case 'running':
      counts.running += change
      break
    case 'succeeded':
      counts.succeeded += change
      break
    default:
      counts[status] += change
  }
}

function illegal(state: SchedulerState, task: TaskRecord, to: TaskStatus): InternalError {
  const { recentEvents, eventCount } = state
  const from = eventCount % Math.max(1, recentEvents.length)
  const events = [...recentEvents.slice(from), ...recentEvents.slice(0, from)]
  return new InternalError(
    `Task ${task.id} cannot go from ${task.status} to ${to} (attempt ${task.attempt}, engine ${task.engine}). Last events: ${events.join(', ')}.`,
    { details: { task: task.id, from: task.status, to, events } },
  )
}
