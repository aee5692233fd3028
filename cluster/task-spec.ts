import { ProtocolError } from '../core/errors.ts'
import type { SessionId, TaskId } from '../core/ids.ts'
import { bodyBytesOf } from '../core/limits.ts'
import { notDirect, type Submission } from '../core/messages.ts'
import type { TaskSpec } from '../scheduler/events.ts'
import type { TaskBody } from './task-body.ts'

/**
 * A submission as the scheduler takes it. Field by field: spreading a submission costs seven times the memory.
 * @throws ProtocolError where a direct task has what none can have
 */
export function specOf(submission: Submission, client: SessionId, body: TaskBody): TaskSpec {
  const { id, after, follow, targets, retries, queueTimeoutMs, runTimeoutMs } = submission
  const { priority, retryOnEngineLoss, onUnmet, label, direct } = submission
  if (direct) checkDirect(submission)
  return {
    id,
    client,
    body,
    bodyBytes: bodyBytesOf(submission),
    shared: body.function,
    label,
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
}

function checkDirect({ id, targets, ...flags }: Submission): void {
  if (targets?.length !== 1) throw new ProtocolError(`direct task ${id} must have one target`)
  const odd = notDirect.find((flag) => flags[flag] !== undefined)
  if (odd) throw new ProtocolError(`direct task ${id} cannot have '${odd}'`)
}

export function checkOwner({ session }: { readonly session: SessionId }, id: TaskId): void {
  // Without making a string of the two.
  if (!(id.startsWith(session) && id[session.length] === '.'))
    throw new ProtocolError(`task ${id} does not belong to session ${session}`)
}
