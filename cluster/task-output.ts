import type { AttemptEnd } from '../core/messages.ts'
import type { Payload } from '../core/payload.ts'
import type { StreamEnd } from '../core/stream-messages.ts'

/** What the scheduler keeps of a generator task's end, in place of a payload. */
export class StreamOutput {
  readonly output: Payload
  readonly stream: StreamEnd

  constructor(output: Payload, stream: StreamEnd) {
    this.output = output
    this.stream = stream
  }

  /** As `Payload.lent`. */
  get lentStream(): StreamEnd {
    const { parts, last } = this.stream
    return last ? { parts, last: last.lent } : { parts }
  }

  get byteLength(): number {
    return this.output.byteLength + (this.stream.last?.byteLength ?? 0)
  }
}

export type TaskOutput = Payload | StreamOutput

/** What an attempt ended with, as one. */
export function outputOf({ output, stream }: AttemptEnd): TaskOutput | undefined {
  return output && stream ? new StreamOutput(output, stream) : output
}
