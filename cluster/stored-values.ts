import { StoreError } from '../core/errors.ts'
import { decodeValue, encodeValue, Payload } from '../core/payload.ts'
import type { Frame } from '../core/transport.ts'

/** A value as one run of bytes: the number of its frames, their lengths, and the frames. */
export function toBytes(value: unknown): Uint8Array {
  const { frames } = encodeValue(value)
  const head = 4 + 4 * frames.length
  const length = frames.reduce((sum, { byteLength }) => sum + byteLength, head)
  // Small ones share memory, which costs a task less than one of its own for each.
  const pooled = Buffer.allocUnsafe(length)
  const bytes = new Uint8Array(pooled.buffer, pooled.byteOffset, length)
  const view = new DataView(bytes.buffer, bytes.byteOffset, length)
  view.setUint32(0, frames.length, true)
  let at = head
  for (const [i, frame] of frames.entries()) {
    view.setUint32(4 + 4 * i, frame.byteLength, true)
    bytes.set(frame, at)
    at += frame.byteLength
  }
  return bytes
}

/** @throws StoreError where `toBytes` did not write them */
export function fromBytes(bytes: Uint8Array): unknown {
  try {
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
    const frames: Frame[] = []
    const count = view.getUint32(0, true)
    let at = 4 + 4 * count
    for (let i = 0; i < count; i += 1) {
      const length = view.getUint32(4 + 4 * i, true)
      frames.push(bytes.subarray(at, at + length))
      at += length
    }
    return decodeValue(new Payload(frames))
  } catch (cause) {
    throw new StoreError('the store has an entry that no controller wrote', { cause })
  }
}
