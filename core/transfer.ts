import { CloneError } from './errors.ts'
import { isPooled, isShared } from './value-kinds.ts'

const marked = new WeakSet<object>()
/** Most programs never mark anything, and need not look. */
let isUsed = false

/**
 * Marks the memory of an ArrayBuffer, or of a view of one, to be moved with the next arguments, items or result that hold it. Then it
 * is gone here, whatever the link: the buffer is detached, and all of its views are empty. Between threads nothing is copied.
 * @throws CloneError where the memory cannot be moved
 */
export function transfer<Held extends ArrayBuffer | ArrayBufferView<ArrayBuffer>>(value: Held): Held {
  const buffer: unknown = ArrayBuffer.isView(value) ? value.buffer : value
  if (typeof buffer === 'object' && buffer !== null && isShared(buffer))
    throw new CloneError('transfer() is given shared memory, which need not be moved: pass it as it is.')
  if (!(buffer instanceof ArrayBuffer))
    throw new CloneError(
      `transfer() takes an ArrayBuffer or a view of one, not ${value === null ? 'null' : typeof value}.`,
    )
  if (ArrayBuffer.isView(value) && isPooled(value, true))
    throw new CloneError(
      'transfer() is given a part of the pool of Node’s buffers: use Buffer.allocUnsafeSlow, or pass it as it is.',
    )
  if (isDetached(buffer)) throw new CloneError('transfer() is given a buffer that has been transferred before.')
  isUsed = true
  marked.add(buffer)
  return value
}

export function isToMove(buffer: ArrayBufferLike): buffer is ArrayBuffer {
  return isUsed && marked.has(buffer)
}

export function unmark(buffer: ArrayBuffer): void {
  marked.delete(buffer)
}

/** The same memory in a buffer of its own; the given one is detached, and with it all of its views. */
export function moved(buffer: ArrayBuffer): ArrayBuffer {
  const held = structuredClone(buffer, { transfer: [buffer] })
  // That of a WebAssembly memory is copied instead.
  if (!isDetached(buffer)) throw new TypeError('The buffer cannot be detached')
  return held
}

export function isDetached(buffer: ArrayBufferLike): boolean {
  try {
    new Uint8Array(buffer)
    return false
  } catch {
    return true
  }
}
