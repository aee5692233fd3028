import type { FunctionHash } from '../core/ids.ts'
import type { Call, FunctionMessage } from '../core/messages.ts'
import type { Payload } from '../core/payload.ts'
import type { Kept } from '../scheduler/events.ts'
import { type TaskTrace, traceOf } from './tracing/task-trace.ts'

/** A function as a client has sent it, once for all of its tasks. */
export class KnownFunction implements FunctionMessage, Kept {
  readonly hash: FunctionHash
  readonly payload: Payload
  readonly bytes: number

  constructor({ hash, payload }: FunctionMessage) {
    this.hash = hash
    this.payload = payload
    this.bytes = payload.byteLength
  }
}

/** What the scheduler keeps of a task without looking at it: what an engine needs to run it. */
export interface TaskBody {
  readonly function: KnownFunction
  readonly call: Call
  readonly args: Payload
  /** Absent where nobody traces it. */
  readonly trace?: TaskTrace
}

/** Most have no trace, and no room for one. */
export function bodyOf(held: KnownFunction, call: Call, args: Payload, traceparent?: string): TaskBody {
  if (traceparent === undefined) return { function: held, call, args }
  return { function: held, call, args, trace: traceOf(traceparent) }
}
