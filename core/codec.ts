/**
 * The only place where messages become bytes and back. A message is a list of frames: the header, one value in the format of
 * `wire-format.ts` without references; then the frames of its payloads, in the order in which the header names them. A payload of one small
 * frame stands in the header itself. A header describes itself: nothing is remembered from one message to the next. Fields that are
 * undefined are left out.
 */
import type { Static, TSchema } from 'typebox'
import { ProtocolError } from './errors.ts'
import { Payload } from './payload.ts'
import type { Connection, Frame, SendOptions } from './transport.ts'
import { checkerOf } from './validation.ts'
import { ValueReader } from './value-reader.ts'
import { ValueWriter } from './value-writer.ts'
import { extension } from './wire-format.ts'

/** A payload of one frame up to this size stands in the header. */
const inlineBytesMax = 4096

export type Decode<Message> = (frames: readonly Frame[]) => Message

/** @throws CloneError if a field of the message, payloads aside, cannot be cloned */
export function encode(message: object): Frame[] {
  return writer.encode(message, false)
}

/** Encodes the message and sends it. Between threads, the memory of payloads that are to be moved is moved with it. */
export function sendEncoded(connection: Connection, message: object, options?: SendOptions): boolean {
  const frames = writer.encode(message, connection.supports.transfer)
  const { moved } = writer
  if (moved === undefined) return connection.send(frames, options)
  return connection.send(frames, { transfer: options?.transfer ? [...moved, ...options.transfer] : moved })
}

/**
 * A decoder for the messages of one route: a union of objects that differ in their `type`, or a single object.
 * @throws ProtocolError (the decoder does) that names the field which is wrong
 */
export function decoder<Schema extends TSchema>(schema: Schema): Decode<Static<Schema>> {
  const check = checkerOf(schema)
  return (frames) => check(reader.decode(frames))
}

class HeaderWriter extends ValueWriter {
  /** What the last message took with it. */
  moved: ArrayBuffer[] | undefined
  #isMoving = false

  encode(message: object, isMoving: boolean): Frame[] {
    this.#isMoving = isMoving
    this.moved = undefined
    this.begin()
    try {
      this.writeRoot(message, false)
      return [this.end(), ...this.frames]
    } finally {
      this.forget()
    }
  }

  protected override writeObject(value: object): void {
    if (value instanceof Payload) this.#writePayload(value)
    else super.writeObject(value)
  }

  protected override writeFields(value: Record<string, unknown>, keys: readonly string[]): void {
    for (let i = 0; i < keys.length; i += 1) {
      if (value[keys[i] as string] === undefined)
        return super.writeFields(
          value,
          keys.filter((key) => value[key] !== undefined),
        )
    }
    super.writeFields(value, keys)
  }

  #writePayload(payload: Payload): void {
    const [body] = payload.frames
    if (payload.frames.length === 1 && body && body.length <= inlineBytesMax) {
      this.writeExtensionHead(extension.payloadInline, body.length)
      this.writeBytes(body)
      return
    }
    const isMoved = this.#isMoving && payload.memory === 'moved'
    const frames = isMoved ? payload.take() : payload.frames
    this.writeExtensionHead(isMoved ? extension.payloadMoved : extension.payloadFrames, 8)
    this.writeUint32(this.frames.length + 1)
    this.writeUint32(frames.length)
    for (const frame of frames) this.frames.push(frame)
    if (!isMoved) return
    const buffers = frames.slice(1).map(({ buffer }) => buffer)
    this.moved = [...(this.moved ?? []), ...buffers.filter((buffer) => buffer instanceof ArrayBuffer)]
  }
}

class HeaderReader extends ValueReader {
  decode(frames: readonly Frame[]): unknown {
    const header = frames[0]
    if (!header) throw new ProtocolError('A message without a header')
    this.openFrames(frames, false)
    this.open(header)
    try {
      const message = this.readValue()
      this.finish()
      return message
    } catch (error) {
      if (error instanceof ProtocolError)
        throw new ProtocolError(`Malformed message: ${error.message}`, { cause: error })
      throw new ProtocolError('Malformed message', { cause: error })
    } finally {
      this.openFrames([], false)
    }
  }

  protected override readExtension(type: number, length: number): unknown {
    if (type === extension.payloadInline) {
      const at = this.take(length)
      return new Payload([this.bytes.subarray(at, at + length)])
    }
    const isMoved = type === extension.payloadMoved
    if (!isMoved && type !== extension.payloadFrames) return super.readExtension(type, length)
    const first = this.readUint32()
    const count = this.readUint32()
    if (first < 1 || count < 1 || first + count > this.frames.length) {
      throw new ProtocolError(
        `a payload of frames ${first} to ${first + count - 1}, and there are ${this.frames.length}`,
      )
    }
    return new Payload(this.frames.slice(first, first + count), isMoved ? 'moved' : 'owned')
  }

  protected override setProtoField(): void {
    throw new ProtocolError('a field called __proto__')
  }
}

const writer = new HeaderWriter()
const reader = new HeaderReader()
