import { ProtocolError } from '../core/errors.ts'
import { takeFunctions } from '../core/function-table.ts'
import type { EngineId, TaskId } from '../core/ids.ts'
import type { ClientToController, FunctionMessage } from '../core/messages.ts'
import type { TaskSpec } from '../scheduler/events.ts'
import type { ClientPeer } from './client-peer.ts'
import { bodyOf, KnownFunction } from './task-body.ts'
import { specOf } from './task-spec.ts'

type MessageOf<Type> = Extract<ClientToController, { type: Type }>

/** What a client submits, as the scheduler takes it: the tasks that `accepts` lets through, of which it answers the others. */
export function submittedSpecs(
  peer: ClientPeer,
  message: MessageOf<'submit'>,
  accepts: (id: TaskId) => boolean,
): TaskSpec[] {
  const functions = takeFunctions(peer.functions, message.tasks, message.functions, known)
  const specs: TaskSpec[] = []
  for (const [i, submission] of message.tasks.entries()) {
    if (!accepts(submission.id)) continue
    const { call, args, traceparent } = submission
    const body = bodyOf(functions[i] as KnownFunction, call, args, traceparent)
    specs.push(specOf(submission, peer.session, body))
  }
  return specs
}

/** The same of a direct task for each target. */
export function broadcastSpecs(
  peer: ClientPeer,
  message: MessageOf<'broadcast'>,
  accepts: (id: TaskId) => boolean,
): TaskSpec[] {
  const { args, targets, runTimeoutMs, label, traceparent } = message
  if (message.tasks.length !== targets.length) throw new ProtocolError('a broadcast needs a task for each target')
  const [held] = takeFunctions(peer.functions, [message], message.functions, known) as [KnownFunction]
  const body = bodyOf(held, 'once', args)
  const shared = { bytes: held.bytes + args.byteLength }
  const specs: TaskSpec[] = []
  for (const [i, id] of message.tasks.entries()) {
    if (!accepts(id)) continue
    // Where each stands in a trace is its own.
    const own = traceparent === undefined ? body : bodyOf(held, 'once', args, traceparent)
    const target = targets[i] as EngineId
    specs.push({ id, client: peer.session, body: own, shared, targets: [target], direct: true, runTimeoutMs, label })
  }
  return specs
}

const known = (brought: FunctionMessage) => new KnownFunction(brought)
