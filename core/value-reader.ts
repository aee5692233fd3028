import { ProtocolError } from './errors.ts'
import type { Frame } from './transport.ts'
import {
  arrayBufferElement,
  bufferElement,
  elementTypes,
  extension,
  nodeBuffer,
  sharedBufferElement,
} from './wire-format.ts'
import { WireReader } from './wire-reader.ts'

const errorClasses = { Error, EvalError, RangeError, ReferenceError, SyntaxError, TypeError, URIError } as const
const none = -1

/** Reads what `ValueWriter` wrote. Whatever is wrong with the bytes is a `ProtocolError`. */
export class ValueReader extends WireReader {
  protected frames: readonly Frame[] = []
  /** Whether the frames are still the sender's own memory. */
  #copying = false
  #defined: Map<number, object> | undefined
  /** The id for the next object that comes into being. */
  #pending = none

  protected openFrames(frames: readonly Frame[], copying: boolean): void {
    this.frames = frames
    this.#copying = copying
    this.#defined = undefined
    this.#pending = none
  }

  protected readMap(length: number): unknown {
    this.checkCount(length)
    const object: Record<string, unknown> = {}
    if (this.#pending !== none) this.#define(object)
    this.enter()
    for (let i = 0; i < length; i += 1) {
      const key = this.readKey()
      const value = this.readValue()
      if (key === '__proto__') this.setProtoField(object, value)
      else object[key] = value
    }
    this.depth -= 1
    return object
  }

  /** A field that is called `__proto__` is a field, and changes no prototype. */
  protected setProtoField(object: object, value: unknown): void {
    Object.defineProperty(object, '__proto__', { value, enumerable: true, configurable: true, writable: true })
  }

  protected readArray(length: number): unknown[] {
    this.checkCount(length)
    const array: unknown[] = []
    if (this.#pending !== none) this.#define(array)
    this.enter()
    for (let i = 0; i < length; i += 1) array.push(this.readValue())
    this.depth -= 1
    return array
  }

  #define<T extends object>(value: T): T {
    if (this.#pending === none) return value
    this.#defined ??= new Map()
    this.#defined.set(this.#pending, value)
    this.#pending = none
    return value
  }

  /** For values that are complete only after others have been read: keeps the id from those. */
  #takePending(): number {
    const id = this.#pending
    this.#pending = none
    return id
  }

  protected override readBinary(length: number): Uint8Array {
    return this.#define(super.readBinary(length))
  }

  protected readExtension(type: number, length: number): unknown {
    switch (type) {
      case extension.undefined:
        this.take(length)
        return undefined
      case extension.define:
        this.#pending = this.readUint32()
        return this.readValue()
      case extension.reference:
        return this.#readReference()
      case extension.date:
        return this.#define(new Date(this.view.getFloat64(this.take(8))))
      case extension.bigInt:
        return this.#readBigInt(length)
      case extension.utf16:
        return this.#readUtf16(length)
      case extension.typed:
        return this.#readTyped(length)
      case extension.frame:
        return this.#readFrame()
      case extension.view:
        return this.#readView()
      case extension.map:
        return this.#readMap()
      case extension.set:
        return this.#readSet()
      case extension.sparseArray:
        return this.#readSparse()
      case extension.error:
        return this.#readError()
      default:
        return this.#readSimple(type)
    }
  }

  #readSimple(type: number): unknown {
    const id = this.#takePending()
    let value: object
    if (type === extension.boxed) value = Object(this.readValue())
    else if (type === extension.regExp) {
      const [source, flags] = this.#readItems(2)
      try {
        value = new RegExp(String(source), String(flags))
      } catch (cause) {
        throw new ProtocolError('A regular expression is malformed', { cause })
      }
    } else throw new ProtocolError(`Unknown extension type ${type}`)
    this.#pending = id
    return this.#define(value)
  }

  #readReference(): object {
    const id = this.readUint32()
    const value = this.#defined?.get(id)
    if (!value) throw new ProtocolError(`Reference to ${id}, which is not defined`)
    return value
  }

  #readBigInt(length: number): bigint {
    const negative = this.bytes[this.take(1)] === 1
    const at = this.take(length - 1)
    const parts: string[] = []
    for (let i = at; i < this.position; i += 1) parts.push((this.bytes[i] as number).toString(16).padStart(2, '0'))
    const magnitude = BigInt(`0x0${parts.join('')}`)
    return negative ? -magnitude : magnitude
  }

  #readUtf16(length: number): string {
    const at = this.take(length)
    const parts: string[] = []
    for (let i = at; i + 1 < at + length; i += 2) parts.push(String.fromCharCode(this.view.getUint16(i, true)))
    return parts.join('')
  }

  #readTyped(length: number): unknown {
    const element = this.bytes[this.take(1)] as number
    const at = this.take(length - 1)
    return this.#define(viewOf(element, this.bytes.slice(at, at + length - 1), false))
  }

  #readFrame(): unknown {
    const element = this.bytes[this.take(1)] as number
    const index = this.readUint32()
    const frame = index > 0 ? this.frames[index] : undefined
    if (!frame) throw new ProtocolError(`Frame ${index} is missing: there are ${this.frames.length}`)
    const isShared = element === sharedBufferElement
    return this.#define(viewOf(element, frame, this.#copying && !isShared))
  }

  #readView(): unknown {
    const id = this.#takePending()
    const [element, byteOffset, length, buffer] = this.#readItems(4)
    if (!isIndex(element) || !isIndex(byteOffset) || !isIndex(length) || !isBuffer(buffer)) {
      throw new ProtocolError('A view needs an element type, a byte offset, a length and a buffer')
    }
    this.#pending = id
    return this.#define(viewInto(element, buffer, byteOffset, length))
  }

  #readMap(): Map<unknown, unknown> {
    const map = this.#define(new Map<unknown, unknown>())
    const items = this.#readItems()
    for (let i = 0; i < items.length; i += 2) map.set(items[i], items[i + 1])
    return map
  }

  #readSet(): Set<unknown> {
    const set = this.#define(new Set<unknown>())
    for (const item of this.#readItems()) set.add(item)
    return set
  }

  #readSparse(): unknown[] {
    const array = this.#define<unknown[]>([])
    const [length, ...entries] = this.#readItems()
    if (!isIndex(length) || length > 0xffffffff) throw new ProtocolError('An array with holes needs a length')
    array.length = length
    for (let i = 0; i < entries.length; i += 2) {
      const key = entries[i]
      if (typeof key !== 'number' && typeof key !== 'string')
        throw new ProtocolError('An array index is a number or a name')
      Object.defineProperty(array, key, { value: entries[i + 1], enumerable: true, configurable: true, writable: true })
    }
    return array
  }

  /** The error stands before its fields, which may refer to it. */
  #readError(): Error {
    const id = this.#takePending()
    const count = this.bytes[this.take(1)]
    const [name, message, stack] = [this.readValue(), this.readValue(), this.readValue()]
    if (count !== 0x94 || typeof name !== 'string' || typeof message !== 'string') {
      throw new ProtocolError('An error needs a name, a message, a stack and fields')
    }
    const error = emptyError(name, message)
    if (typeof stack === 'string') setHidden(error, 'stack', stack)
    this.#pending = id
    this.#define(error)
    const fields = this.readValue()
    if (typeof fields !== 'object' || fields === null) throw new ProtocolError('The fields of an error are a map')
    for (const [key, value] of Object.entries(fields)) {
      if (key === 'cause' || key === 'errors') setHidden(error, key, value)
      else Object.defineProperty(error, key, { value, enumerable: true, configurable: true, writable: true })
    }
    return error
  }

  /** An array that is of the format, not of the value. */
  #readItems(count?: number): unknown[] {
    const items = this.readValue()
    if (!Array.isArray(items) || (count !== undefined && items.length !== count)) {
      throw new ProtocolError(`An array of ${count ?? 'items'} is expected`)
    }
    return items
  }
}

function isIndex(value: unknown): value is number {
  return typeof value === 'number' && Number.isInteger(value) && value >= 0
}

function isBuffer(value: unknown): value is ArrayBuffer {
  return value instanceof ArrayBuffer || (typeof SharedArrayBuffer === 'function' && value instanceof SharedArrayBuffer)
}

function emptyError(name: string, message: string): Error {
  if (name === 'AggregateError') return new AggregateError([], message)
  const Class = Object.hasOwn(errorClasses, name) ? errorClasses[name as keyof typeof errorClasses] : undefined
  const error = new (Class ?? Error)(message)
  if (!Class) setHidden(error, 'name', name)
  return error
}

function setHidden(target: object, key: string, value: unknown): void {
  Object.defineProperty(target, key, { value, enumerable: false, configurable: true, writable: true })
}

/**
 * Bytes as what their element type says. They become a copy where it is asked for, and where they are a piece of something longer:
 * the owner of an array may use its `buffer`, and must not keep a whole batch of messages alive by it.
 */
function viewOf(element: number, bytes: Uint8Array, copying: boolean): ArrayBufferView | ArrayBufferLike {
  if (element === sharedBufferElement) {
    if (typeof SharedArrayBuffer === 'function' && (bytes.buffer as ArrayBufferLike) instanceof SharedArrayBuffer)
      return bytes.buffer
    throw new ProtocolError('A SharedArrayBuffer cannot cross this link')
  }
  const width = elementTypes[element]?.bytes ?? 1
  const own = copying || bytes.byteLength !== bytes.buffer.byteLength ? new Uint8Array(bytes) : bytes
  if (element === arrayBufferElement) return own.buffer
  return viewInto(element, own.buffer, own.byteOffset, own.byteLength / width)
}

function viewInto(element: number, buffer: ArrayBufferLike, byteOffset: number, length: number): ArrayBufferView {
  try {
    if (element === bufferElement) {
      return nodeBuffer ? nodeBuffer.from(buffer, byteOffset, length) : new Uint8Array(buffer, byteOffset, length)
    }
    const type = elementTypes[element]
    if (!type) throw new ProtocolError(`Unknown element type ${element}`)
    return new type.View(buffer, byteOffset, length)
  } catch (cause) {
    throw cause instanceof ProtocolError ? cause : new ProtocolError('A typed array does not fit its bytes', { cause })
  }
}
