import Type, { type TUnsafe } from 'typebox'
import { CloneError, ProtocolError, PurgedError } from './errors.ts'
import { moved, unmark } from './transfer.ts'
import type { Frame } from './transport.ts'
import { isShared } from './value-kinds.ts'
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
  readonly memory: Memory

  constructor(frames: readonly Frame[], memory: Memory = 'owned') {
    this.frames = frames
    this.memory = memory
  }

  get isBorrowed(): boolean {
    return this.memory === 'borrowed'
  }

  /** Whether its memory was moved on, so that it is nobody's to read any more. */
  get isGone(): boolean {
    return this.memory === 'moved' && this.frames.some((frame) => frame.byteLength === 0 && !isShared(frame.buffer))
  }

  /** The same, to be read by several, or again: each reader gets a copy. */
  get lent(): Payload {
    return this.memory !== 'borrowed' && this.frames.length > 1 ? new Payload(this.frames, 'borrowed') : this
  }

  /** The same in memory of its own, so that who encoded it may write to its buffers at once. */
  get detached(): Payload {
    if (!this.isBorrowed) return this
    return new Payload(this.frames.map((frame) => (isShared(frame.buffer) ? frame : frame.slice())))
  }

  /** The buffers that hold a frame of this and nothing else: who has no more use for it can move them. */
  get ownBuffers(): ArrayBuffer[] {
    if (this.memory !== 'owned') return []
    return this.frames.slice(1).flatMap((frame) => (isWhole(frame) ? [frame.buffer] : []))
  }

  /**
   * The frames for who decodes them or sends them on. What is to be moved is then the caller's alone.
   * @throws PurgedError if they are gone
   */
  take(): readonly Frame[] {
    if (this.memory !== 'moved') return this.frames
    if (this.isGone) throw new PurgedError(movedOn)
    return this.frames.map((frame, index) => (index === 0 ? frame : ownFrame(frame)))
  }

  get byteLength(): number {
    let bytes = 0
    for (const frame of this.frames) bytes += frame.byteLength
    return bytes
  }
}

export const movedOn =
  'Its buffers were moved, by transfer(), to who has read it first, and exist there alone. Leave transfer() away where they are needed again.'

/**
 * Whose the frames beyond the body are. `borrowed`: still of who encoded it; `decodeValue` copies them, as any other link would have.
 * `moved`: given up by who encoded it; the first reader gets them, and then nobody else has them.
 */
export type Memory = 'owned' | 'borrowed' | 'moved'

/** Whether nothing else lies in its buffer, so that it can be moved without harm to others. */
function isWhole(frame: Frame): frame is Uint8Array<ArrayBuffer> {
  return frame.byteLength === frame.buffer.byteLength && !isShared(frame.buffer)
}

function ownFrame(frame: Frame): Frame {
  if (isShared(frame.buffer)) return frame
  return isWhole(frame) ? new Uint8Array(moved(frame.buffer)) : frame.slice()
}

/** Where a Payload stands in a message. */
export const PayloadSchema: TUnsafe<Payload> = Type.Refine(
  Type.Unsafe<Payload>({}),
  (value) => value instanceof Payload,
  () => 'must be a payload',
)

/**
 * `name` is what messages call the value: `args` gives `args[0].socket.on is a function`. Large buffers are not copied: they must not be
 * written to until the payload has been sent. What `transfer` has marked is gone when this returns.
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
      if (this.toMove) return this.#moving(body, this.toMove)
      return this.frames.length === 0 ? new Payload([body]) : new Payload([body, ...this.frames], 'borrowed')
    } finally {
      // A mark is for one attempt: one that failed must not surprise the next.
      if (this.toMove) for (const buffer of this.toMove) unmark(buffer)
      this.forget()
    }
  }

  /** A part of a buffer is copied, and so is what is not marked: the payload must own all of its frames. */
  #moving(body: Frame, toMove: ReadonlySet<ArrayBuffer>): Payload {
    const frames = this.frames.map((frame) => {
      const { buffer } = frame
      if (isShared(buffer) || (toMove.has(buffer as ArrayBuffer) && isWhole(frame))) return frame
      return frame.slice()
    })
    const fresh = new Map<ArrayBufferLike, ArrayBuffer>()
    for (const buffer of toMove) {
      try {
        fresh.set(buffer, moved(buffer))
      } catch (cause) {
        throw new CloneError('holds a buffer that cannot be transferred: pass it as it is', { cause })
      }
    }
    const own = frames.map((frame) => {
      const buffer = fresh.get(frame.buffer)
      return buffer ? new Uint8Array(buffer) : frame
    })
    return new Payload([body, ...own], 'moved')
  }
}

class PayloadReader extends ValueReader {
  decode(payload: Payload): unknown {
    const body = payload.frames[0]
    if (!body) throw new ProtocolError('A payload has no body')
    this.openFrames(payload.take(), payload.isBorrowed)
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
