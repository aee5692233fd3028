/**
 * How messages are packed for a byte link. A block is a head and, behind it, large frames as parts of their own, which nobody copies.
 * All numbers are little-endian and unsigned.
 *
 *   head of messages:  u32 kind (1, or 2 to ask for a receipt), u32 number of messages,
 *                      for each message u32 number of frames, and for each frame u32 length (bit 31 set: it is a part),
 *                      then the bytes of all frames that are not parts, in order, and zeros up to a multiple of 8
 *   head of a signal:  u32 kind (3 and more), u32 zero, f64 value
 *
 * Parts follow in order. Where a link has no parts of its own they are concatenated, each with zeros up to a multiple of 8.
 */
import { ProtocolError } from '../core/errors.ts'
import type { Frame } from '../core/transport.ts'
import { bytesOf, type Carried } from './base-connection.ts'

export const kinds = {
  messages: 1,
  messagesWithReceipt: 2,
  /** Value: how many bytes of messages have been consumed on this connection, each message counting 16 more than its frames. */
  receipt: 3,
  /** Nothing follows. */
  goodbye: 4,
  /** Asks for a connection, where the link has none of its own. */
  connect: 5,
  /** Grants it. */
  accept: 6,
  /** There is no such connection, or no more. */
  reset: 7,
  /** Asks for nothing; an unreachable peer shows. Value: the bytes of the block that follows, where that is large. */
  probe: 8,
} as const

/** Several messages as they cross a link together: a head, and behind it large frames as parts. */
export interface Block {
  readonly head: Uint8Array
  readonly parts: readonly Frame[]
  /** The messages in it. */
  readonly messages: readonly Carried[]
}

type Allocate = (length: number) => Uint8Array

/** Small buffers of their own are expensive: sharing one allocation among several is twenty times cheaper. */
function fromPool(length: number): Uint8Array {
  return typeof Buffer === 'function' ? Buffer.allocUnsafe(length) : new Uint8Array(length)
}

/** For links that move or clone whole buffers. */
export function ofItsOwn(length: number): Uint8Array {
  return new Uint8Array(length)
}

/** A larger frame is a part. */
const inlineBytesMax = 16 * 1024
/** A larger block would only delay its first message. */
const blockBytesMax = 256 * 1024
const partBit = 0x8000_0000

/** Packs messages in order. Parts end a block, so that its size is bounded by that of its largest message. */
export function packBlocks(
  messages: readonly Carried[],
  wantsReceipt: boolean,
  allocate: Allocate = fromPool,
): Block[] {
  const blocks: Block[] = []
  let first = 0
  let bytes = 0
  for (let i = 0; i < messages.length; i += 1) {
    const message = messages[i] as Carried
    bytes += message.bytes
    const isLast = i === messages.length - 1
    if (!isLast && bytes < blockBytesMax && !message.frames.some(isPart)) continue
    const batch = blocks.length === 0 && isLast ? messages : messages.slice(first, i + 1)
    blocks.push(packBlock(batch, wantsReceipt && isLast, allocate))
    first = i + 1
    bytes = 0
  }
  return blocks
}

/** Large frames, and shared ones, which must not be copied. */
function isPart(frame: Frame, index: number): boolean {
  return frame.length > inlineBytesMax || (index > 0 && isShared(frame.buffer))
}

function isShared(buffer: ArrayBufferLike): boolean {
  return typeof SharedArrayBuffer === 'function' && buffer instanceof SharedArrayBuffer
}

function packBlock(messages: readonly Carried[], wantsReceipt: boolean, allocate: Allocate): Block {
  let tableBytes = 8
  let inlineBytes = 0
  for (const { frames } of messages) {
    tableBytes += 4 + 4 * frames.length
    for (let j = 0; j < frames.length; j += 1) {
      const frame = frames[j] as Frame
      if (!isPart(frame, j)) inlineBytes += frame.length
    }
  }
  const length = tableBytes + inlineBytes
  const head = allocate((length + 7) & ~7)
  head.fill(0, length)
  const view = new DataView(head.buffer, head.byteOffset, head.length)
  view.setUint32(0, wantsReceipt ? kinds.messagesWithReceipt : kinds.messages, true)
  view.setUint32(4, messages.length, true)
  const parts: Frame[] = []
  let at = 8
  let inlineAt = tableBytes
  for (const { frames } of messages) {
    view.setUint32(at, frames.length, true)
    at += 4
    for (let j = 0; j < frames.length; j += 1) {
      const frame = frames[j] as Frame
      const { length } = frame
      if (isPart(frame, j)) {
        view.setUint32(at, length + partBit, true)
        parts.push(frame)
      } else {
        view.setUint32(at, length, true)
        copyInto(head, inlineAt, frame)
        inlineAt += length
      }
      at += 4
    }
  }
  return { head, parts, messages }
}

/** `set` is a call into the runtime; for a few bytes that costs more than the bytes. */
function copyInto(target: Uint8Array, at: number, source: Uint8Array): void {
  const { length } = source
  if (length > 64) target.set(source, at)
  else for (let i = 0; i < length; i += 1) target[at + i] = source[i] as number
}

export function signal(kind: number, value = 0): Uint8Array {
  const head = new Uint8Array(16)
  const view = new DataView(head.buffer)
  view.setUint32(0, kind, true)
  view.setFloat64(8, value, true)
  return head
}

export function kindOf(head: Uint8Array): number {
  if (head.length < 8) throw new ProtocolError(`A block of ${head.length} bytes is too short`)
  return new DataView(head.buffer, head.byteOffset, 8).getUint32(0, true)
}

export function signalValue(head: Uint8Array): number {
  if (head.length < 16) throw new ProtocolError('A signal lacks its value')
  return new DataView(head.buffer, head.byteOffset, 16).getFloat64(8, true)
}

/** The length of a head of messages, which may stand at the start of something longer; undefined if it is longer than what is there. */
export function headLength(bytes: Uint8Array): number | undefined {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length)
  const count = view.getUint32(4, true)
  let at = 8
  let inlineBytes = 0
  for (let i = 0; i < count; i += 1) {
    if (at + 4 > bytes.length) return undefined
    const frames = view.getUint32(at, true)
    at += 4
    if (at + frames * 4 > bytes.length) return undefined
    for (let j = 0; j < frames; j += 1, at += 4) {
      const length = view.getUint32(at, true)
      if (length < partBit) inlineBytes += length
    }
  }
  const total = Math.ceil((at + inlineBytes) / 8) * 8
  return total > bytes.length ? undefined : total
}

/** Unpacks a head of messages; `takePart` answers the next part, which must have that length. Frames are views of what came. */
export function unpackMessages(head: Uint8Array, takePart: (length: number) => Frame): Carried[] {
  if (headLength(head) !== head.length) throw new ProtocolError('A block does not have the length that its table says')
  const view = new DataView(head.buffer, head.byteOffset, head.length)
  const count = view.getUint32(4, true)
  let inlineAt = 8
  for (let i = 0; i < count; i += 1) inlineAt += 4 + 4 * view.getUint32(inlineAt, true)
  const messages: Carried[] = []
  let at = 8
  for (let i = 0; i < count; i += 1) {
    const frames: Frame[] = []
    const frameCount = view.getUint32(at, true)
    at += 4
    for (let j = 0; j < frameCount; j += 1, at += 4) {
      const length = view.getUint32(at, true)
      if (length >= partBit) frames.push(takePart(length - partBit))
      else {
        frames.push(new Uint8Array(head.buffer as ArrayBuffer, head.byteOffset + inlineAt, length))
        inlineAt += length
      }
    }
    messages.push({ frames, bytes: bytesOf(frames) })
  }
  return messages
}

/** A block's bytes in order, for links without parts of their own. */
export function piecesOf({ head, parts }: Block): Uint8Array[] {
  const pieces = [head]
  parts.forEach((part, index) => {
    pieces.push(part)
    const gap = -part.length & 7
    if (gap > 0 && index < parts.length - 1) pieces.push(new Uint8Array(gap))
  })
  return pieces
}

/**
 * The messages of a block whose bytes lie together. Frames are views of them.
 * @throws ProtocolError where they are no block of messages
 */
export function unpackBlock(bytes: Uint8Array): Carried[] {
  if (kindOf(bytes) !== kinds.messages) throw new ProtocolError(`A block of the unknown kind ${kindOf(bytes)}`)
  const length = headLength(bytes)
  if (length === undefined) throw new ProtocolError('A block is cut off')
  let next = length
  return unpackMessages(bytes.subarray(0, length), (size) => {
    if (next + size > bytes.length) missingPart()
    const part = new Uint8Array(bytes.buffer as ArrayBuffer, bytes.byteOffset + next, size)
    next += size + (-size & 7)
    return part
  })
}

export function missingPart(): never {
  throw new ProtocolError('A block lacks one of its parts, or has one of another length')
}
