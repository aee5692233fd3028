import type { YardmasterError } from '../core/errors.ts'
import type { ThrownByTask } from '../core/messages.ts'
import { encodeValue } from '../core/payload.ts'
import type { Effect, SchedulerEvent } from '../scheduler/events.ts'

/** What an engine's link cannot carry. */
export interface Unsendable {
  readonly assigned: Extract<Effect, { type: 'assign' }>
  readonly error: YardmasterError
}

/** The scheduler hears of it as of a task that failed there. */
export function failedUnsent({ assigned: { engine, task, attempt }, error }: Unsendable): SchedulerEvent {
  const output = encodeValue({ name: error.name, message: error.message, stack: '' } satisfies ThrownByTask)
  return { type: 'ended', engine, results: [{ id: task.id, attempt, outcome: 'failed', durationMs: 0, output }] }
}
