import type { EachResult, ThrownByTask } from '../../core/messages.ts'
import { decodeValue } from '../../core/payload.ts'
import { StreamOutput, type TaskOutput } from '../task-output.ts'
import type { TaskError } from './feed/run.ts'

/** Larger ones are not read: the controller has better to do. */
const outputBytesMax = 256 * 1024
const nameLengthMax = 100
const messageLengthMax = 1_000
const stackLengthMax = 8_000

type Texts = Pick<TaskError, 'name' | 'message' | 'stack'>

/** What an attempt threw, from its opaque payload; of a chunk, what its first item that failed threw. Never throws. */
export function textsOf(kept: TaskOutput | undefined): Texts {
  const output = kept instanceof StreamOutput ? kept.output : kept
  if (output === undefined) return { name: 'Error', message: 'nothing is known of it', stack: '' }
  if (output.byteLength > outputBytesMax) {
    return { name: 'Error', message: `it came with ${output.byteLength} bytes, too many to be shown here`, stack: '' }
  }
  try {
    // Buffers in it still belong to whoever awaits it.
    return described(decodeValue(output.lent))
  } catch {
    return { name: 'Error', message: 'it cannot be read', stack: '' }
  }
}

function described(value: unknown): Texts {
  if (typeof value !== 'object' || value === null) return { name: 'Error', message: 'it says nothing', stack: '' }
  if ('errors' in value && Array.isArray(value.errors)) {
    const { errors } = value as EachResult
    const [first] = errors
    const { name, message, stack } = described(first?.[1])
    const place = first === undefined ? '' : `item ${first[0]} of the chunk: `
    const more = errors.length > 1 ? ` (and ${errors.length - 1} more items failed)` : ''
    return { name, message: `${place}${message}${more}`, stack }
  }
  const { name, message, stack } = value as Partial<ThrownByTask>
  return {
    name: String(name ?? 'Error').slice(0, nameLengthMax),
    message: String(message ?? '').slice(0, messageLengthMax),
    stack: String(stack ?? '').slice(0, stackLengthMax),
  }
}
