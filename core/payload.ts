import Type, { type TUnsafe } from 'typebox'
import { CloneError, ProtocolError } from './errors.ts'
import type { Frame } from './transport.ts'
import { ValueReader } from './value-reader.ts'
import { ValueWriter } from './value-writer.ts'

/**
 * A value as bytes, which only its two ends ever decode. On the way it is opaque. The first frame is the body, one value in the format of
 * `wire-format.ts`; the others are its large buffers (4 kB and more), in the order in which the body names them.
 *
 * The meaning is that of `structuredClone`, with these differences: a Node Buffer stays one; errors keep their name and own fields, less
 * those that cannot be cloned; a partial view of a buffer carries only what its views reach together; and named fields of an array without
 * holes are left out.
 */
export class Payload {
  readonly frames: readonly Frame[]
  /** Whether the frames beyond the body are still the memory of who encoded it. `decodeValue` then copies them, as any other link would have. */
  readonly isBorrowed: boolean

  constructor(frames: readonly Frame[], isBorrowed = false) {
    this.frames = frames
    this.isBorrowed = isBorrowed
  }

  get byteLength(): number {
    let bytes = 0
    for (const frame of this.frames) bytes += frame.byteLength
    return bytes
  }
}

/** Where a Payload stands in a message. */
export const PayloadSchema: TUnsafe<Payload> = Type.Refine(
  Type.Unsafe<Payload>({}),
  (value) => value instanceof Payload,
  () => 'must be a payload',
)

/**
 * `name` is what messages call the value: `args` gives `args[0].socket.on is a function`. Large buffers are not copied: they must not be
 * written to until the payload has been sent.
 * @throws CloneError naming the path to what cannot be cloned
 */
export function encodeValue(value: unknown, name = 'value'): Payload {
  const writer = idleWriter ?? new PayloadWriter()
  // A getter in the value may encode another value meanwhile.
  idleWriter = undefined
  try {
    return writer.encode(value)
  } catch (error) {
    throw explained(error, name)
  } finally {
    idleWriter = writer
  }
}

/** @throws ProtocolError if the payload is malformed */
export function decodeValue(payload: Payload): unknown {
  return reader.decode(payload)
}

class PayloadWriter extends ValueWriter {
  encode(value: unknown): Payload {
    this.begin()
    try {
      this.writeRoot(value, true)
      const body = this.end()
      return this.frames.length === 0 ? new Payload([body]) : new Payload([body, ...this.frames], true)
    } finally {
      this.forget()
    }
  }
}

class PayloadReader extends ValueReader {
  decode(payload: Payload): unknown {
    const body = payload.frames[0]
    if (!body) throw new ProtocolError('A payload has no body')
    this.openFrames(payload.frames, payload.isBorrowed)
    this.open(body)
    try {
      const value = this.readValue()
      this.finish()
      return value
    } catch (error) {
      if (error instanceof ProtocolError) throw error
      throw new ProtocolError('A payload is malformed', { cause: error })
    } finally {
      this.openFrames([], false)
    }
  }
}

let idleWriter: PayloadWriter | undefined
const reader = new PayloadReader()

function explained(error: unknown, name: string): unknown {
  if (error instanceof RangeError) return new CloneError(`${name} is nested too deeply, or too large`, { cause: error })
  if (!(error instanceof CloneError)) return error
  const path = `${name}${error.details.path ?? ''}`
  return new CloneError(`${path} ${error.message}`, { details: { path } })
}
