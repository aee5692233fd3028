import type { Call, FunctionMessage } from '../core/messages.ts'
import type { Payload } from '../core/payload.ts'

/** What the scheduler keeps of a task without looking at it: what an engine needs to run it. */
export interface TaskBody {
  readonly function: FunctionMessage
  readonly call: Call
  readonly args: Payload
}
