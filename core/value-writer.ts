import { CloneError } from './errors.ts'
import { isDetached, isToMove } from './transfer.ts'
import type { Frame } from './transport.ts'
import { describe, elementTypeOfView, hasHole, isPooled, isShared, kindOf, type ValueKind } from './value-kinds.ts'
import { arrayBufferElement, bufferElement, elementTypes, extension, sharedBufferElement } from './wire-format.ts'
import { WireWriter } from './wire-writer.ts'

/** Buffers of this size and more travel in frames of their own, where nobody copies them. */
const frameBytesMin = 4096

/** More objects than these are hashed. */
const metMax = 16

type Buffers = ArrayBuffer | SharedArrayBuffer

/** Where the views of one buffer begin and end, when there are several. */
interface Span {
  start: number
  end: number
  views: number
}

/**
 * Writes any value that `structuredClone` takes. Objects met twice are found in the first pass; only then a second pass marks them.
 * With `tracking` off, an object met twice is written twice, and a cycle is an error.
 */
export class ValueWriter extends WireWriter {
  protected frames: Frame[] = []
  /** Buffers that are to leave with this value. */
  protected toMove: Set<ArrayBuffer> | undefined
  #tracking = true
  /** The objects met so far; scanned while they are few, hashed afterwards. The list is kept from one value to the next. */
  readonly #met: (object | undefined)[] = new Array(metMax).fill(undefined)
  #metCount = 0
  #metSet: Set<object> | undefined
  #spans: Map<Buffers, Span> | undefined
  /** What the first pass met twice. The number is its id, once it has been defined. */
  #shared: Map<object, number | undefined> | undefined
  #marking = false
  #ids = 0

  protected writeRoot(value: unknown, tracking: boolean): void {
    this.#reset(tracking)
    this.writeValue(value)
    if (!tracking) return
    const shared = this.#sharedBuffers()
    if (shared === undefined) return
    this.rewind()
    this.frames = []
    this.#marking = true
    this.writeValue(value)
  }

  /** Lets go of what the last message referred to. */
  protected forget(): void {
    this.frames = []
    this.#reset(true)
  }

  #reset(tracking: boolean): void {
    this.#tracking = tracking
    this.#marking = false
    this.#ids = 0
    if (this.#metCount > 0) {
      this.#met.fill(undefined, 0, this.#metCount)
      this.#metCount = 0
    }
    this.#metSet = undefined
    this.#spans = undefined
    this.#shared = undefined
    this.toMove = undefined
  }

  #sharedBuffers() {
    for (const [buffer, span] of this.#spans ?? []) {
      if (span.views > 1) this.#share(buffer)
    }
    return this.#shared
  }

  #share(value: object): void {
    this.#shared ??= new Map()
    this.#shared.set(value, undefined)
  }

  protected writeValue(value: unknown): void {
    switch (typeof value) {
      case 'number':
        this.writeNumber(value)
        return
      case 'string':
        this.writeString(value)
        return
      case 'boolean':
        this.writeByte(value ? 0xc3 : 0xc2)
        return
      case 'undefined':
        this.#writeUndefined()
        return
      case 'object':
        if (value === null) this.writeByte(0xc0)
        else this.writeObject(value)
        return
      case 'bigint':
        this.writeBigInt(value)
        return
      default:
        this.refuse(value)
        break
    }
  }

  #writeUndefined(): void {
    this.room(3)
    this.bytes[this.position++] = 0xd4
    this.bytes[this.position++] = extension.undefined
    this.bytes[this.position++] = 0
  }

  protected writeObject(value: object): void {
    if (this.#marking) {
      if (this.#shared?.has(value)) {
        this.#writeShared(value)
        return
      }
    } else if (this.#tracking && this.#meets(value)) {
      this.#share(value)
      this.writeByte(0xc0)
      return
    }
    this.#writeKind(value, kindOf(value))
  }

  /** Whether the object was met before; from now on it was. */
  #meets(value: object): boolean {
    const met = this.#met
    if (this.#metSet) {
      if (this.#metSet.has(value)) return true
      this.#metSet.add(value)
      return false
    }
    for (let i = 0; i < this.#metCount; i += 1) if (met[i] === value) return true
    if (this.#metCount === metMax) this.#metSet = new Set([...(met as object[]), value])
    else met[this.#metCount++] = value
    return false
  }

  #writeShared(value: object): void {
    const known = this.#shared?.get(value)
    if (known !== undefined) {
      this.writeExtensionHead(extension.reference, 4)
      this.writeUint32(known)
      return
    }
    const id = this.#ids++
    this.#shared?.set(value, id)
    const opened = this.openExtension(extension.define)
    this.writeUint32(id)
    if (value instanceof ArrayBuffer || isShared(value)) this.#writeBuffer(value)
    else this.#writeKind(value, kindOf(value))
    this.closeExtension(opened)
  }

  #writeKind(value: object, kind: ValueKind): void {
    switch (kind) {
      case 'plain':
      case 'instance':
        this.writeFields(value as Record<string, unknown>, Object.keys(value))
        return
      case 'array':
        this.#writeArray(value as unknown[])
        return
      case 'view':
      case 'buffer':
        this.#writeView(value as ArrayBufferView, kind === 'buffer')
        return
      case 'Date':
        this.writeExtensionHead(extension.date, 8)
        this.room(8)
        this.view.setFloat64(this.position, Date.prototype.getTime.call(value))
        this.position += 8
        return
      case 'ArrayBuffer':
      case 'SharedArrayBuffer':
        this.#writeWholeBuffer(value as Buffers)
        return
      case 'refused':
        this.refuse(value)
        break
      default:
        this.#writeNested(value, kind)
        return
    }
  }

  protected writeFields(value: Record<string, unknown>, keys: readonly string[]): void {
    this.enter()
    const at = this.depth - 1
    this.writeMapHead(keys.length)
    for (let i = 0; i < keys.length; i += 1) {
      const key = keys[i] as string
      this.path[at] = key
      this.writeString(key)
      this.writeValue(value[key])
    }
    this.depth -= 1
  }

  #writeArray(value: readonly unknown[]): void {
    if (!value.includes(undefined) || !hasHole(value)) {
      this.writeItems(value)
      return
    }
    const entries: unknown[] = [value.length]
    for (const [key, item] of Object.entries(value)) entries.push(/^\d+$/.test(key) ? Number(key) : key, item)
    const opened = this.openExtension(extension.sparseArray)
    this.writeItems(entries)
    this.closeExtension(opened)
  }

  protected writeItems(items: readonly unknown[]): void {
    this.enter()
    const at = this.depth - 1
    this.writeArrayHead(items.length)
    for (let i = 0; i < items.length; i += 1) {
      this.path[at] = i
      this.writeValue(items[i])
    }
    this.depth -= 1
  }

  #writeNested(value: object, kind: ValueKind): void {
    const opened = this.openExtension(nestedExtensions[kind as keyof typeof nestedExtensions])
    if (kind === 'Map') this.#writeMap(value as Map<unknown, unknown>)
    else if (kind === 'Set') this.#writeSet(value as Set<unknown>)
    else if (kind === 'RegExp') this.writeItems([(value as RegExp).source, (value as RegExp).flags])
    else if (kind === 'Error') this.#writeError(value as Error)
    else this.writeValue((value as { valueOf(): unknown }).valueOf())
    this.closeExtension(opened)
  }

  #writeMap(value: Map<unknown, unknown>): void {
    const items: unknown[] = []
    Map.prototype.forEach.call(value, (item, key) => items.push(key, item))
    this.enter()
    const at = this.depth - 1
    this.writeArrayHead(items.length)
    for (let i = 0; i < items.length; i += 1) {
      const key = items[i - (i % 2)]
      this.path[at] = i % 2 === 0 ? '<key>' : `<${typeof key === 'object' ? 'object' : String(key)}>`
      this.writeValue(items[i])
    }
    this.depth -= 1
  }

  #writeSet(value: Set<unknown>): void {
    const items: unknown[] = []
    Set.prototype.forEach.call(value, (item) => items.push(item))
    this.writeItems(items)
  }

  #writeError(error: Error): void {
    const fields = errorFields(error)
    this.writeArrayHead(4)
    this.writeString(String(error.name))
    this.writeString(String(error.message))
    this.writeValue(typeof error.stack === 'string' ? error.stack : null)
    this.writeFields(fields, Object.keys(fields))
  }

  #writeView(view: ArrayBufferView, isBuffer: boolean): void {
    const { buffer } = view
    this.#note(buffer)
    const { byteOffset, byteLength } = view
    const element = isBuffer ? bufferElement : (elementTypeOfView(view) ?? this.refuse(view))
    const shared = isShared(buffer)
    if (this.#marking && (shared || this.#shared?.has(buffer)) && !isPooled(view, isBuffer)) {
      const start = shared ? 0 : (this.#spans?.get(buffer)?.start ?? 0)
      const elements = byteLength / (elementTypes[element]?.bytes ?? 1)
      this.#writeViewOf(element, byteOffset - start, elements, buffer)
      return
    }
    if (shared || (this.#tracking && !isPooled(view, isBuffer))) this.#span(buffer, byteOffset, byteOffset + byteLength)
    if (shared) {
      this.#writeViewOf(element, byteOffset, byteLength / (elementTypes[element]?.bytes ?? 1), buffer)
      return
    }
    const bytes = new Uint8Array(buffer, byteOffset, byteLength)
    if (byteLength >= frameBytesMin) this.#writeFrame(element, bytes)
    else if (element === 0) this.writeBinary(bytes)
    else this.#writeTyped(element, bytes)
  }

  #writeViewOf(element: number, byteOffset: number, elements: number, buffer: Buffers): void {
    const opened = this.openExtension(extension.view)
    this.writeArrayHead(4)
    this.writeNumber(element)
    this.writeNumber(byteOffset)
    this.writeNumber(elements)
    if (this.#marking && this.#shared?.has(buffer)) this.#writeShared(buffer)
    else this.#writeBuffer(buffer)
    this.closeExtension(opened)
  }

  #span(buffer: Buffers, start: number, end: number): void {
    if (this.#marking) return
    this.#spans ??= new Map()
    const span = this.#spans.get(buffer)
    // A multiple of 8 keeps every view aligned.
    const aligned = start - (start % 8)
    if (!span) this.#spans.set(buffer, { start: aligned, end, views: 1 })
    else {
      span.start = Math.min(span.start, aligned)
      span.end = Math.max(span.end, end)
      span.views += 1
    }
  }

  #note(buffer: Buffers): void {
    if (buffer.byteLength === 0 && isDetached(buffer)) {
      const path = this.where()
      throw new CloneError('is detached: its buffer has been transferred', { details: { path } })
    }
    if (!isToMove(buffer)) return
    this.toMove ??= new Set()
    this.toMove.add(buffer)
  }

  #writeWholeBuffer(buffer: Buffers): void {
    this.#note(buffer)
    if (this.#tracking) this.#span(buffer, 0, buffer.byteLength)
    this.#writeBuffer(buffer)
  }

  /** As much of the buffer as the value can see. */
  #writeBuffer(buffer: Buffers): void {
    if (isShared(buffer)) {
      this.#writeFrame(sharedBufferElement, new Uint8Array(buffer))
      return
    }
    const span = this.#spans?.get(buffer)
    const bytes =
      span && span.views > 1 ? new Uint8Array(buffer, span.start, span.end - span.start) : new Uint8Array(buffer)
    if (bytes.length >= frameBytesMin) this.#writeFrame(arrayBufferElement, bytes)
    else this.#writeTyped(arrayBufferElement, bytes)
  }

  #writeTyped(element: number, bytes: Uint8Array): void {
    this.writeExtensionHead(extension.typed, bytes.length + 1)
    this.writeByte(element)
    this.writeBytes(bytes)
  }

  #writeFrame(element: number, bytes: Uint8Array): void {
    this.frames.push(bytes)
    this.writeExtensionHead(extension.frame, 5)
    this.writeByte(element)
    this.writeUint32(this.frames.length)
  }

  protected refuse(value: unknown): never {
    const what = describe(value)
    throw new CloneError(`is ${what}, which cannot be cloned`, { details: { path: this.where() } })
  }
}

const nestedExtensions = {
  Map: extension.map,
  Set: extension.set,
  RegExp: extension.regExp,
  Error: extension.error,
  boxed: extension.boxed,
} as const

const onTrial = new Set<Error>()

/** The own fields of an error, without those that cannot be cloned: an error that carries a socket must still arrive. */
function errorFields(error: Error): Record<string, unknown> {
  const fields: Record<string, unknown> = {}
  // Its fields are being tried one by one further up.
  if (onTrial.has(error)) return fields
  const keys = new Set([...Object.keys(error), 'cause', 'errors'])
  for (const key of ['name', 'message', 'stack']) keys.delete(key)
  onTrial.add(error)
  for (const key of keys) {
    if (!Object.hasOwn(error, key)) continue
    const field: unknown = Reflect.get(error, key)
    if (canWrite(field)) fields[key] = field
  }
  onTrial.delete(error)
  return fields
}

function canWrite(value: unknown): boolean {
  if (typeof value !== 'object' || value === null) return typeof value !== 'function' && typeof value !== 'symbol'
  try {
    new TrialWriter().write(value)
    return true
  } catch {
    return false
  }
}

class TrialWriter extends ValueWriter {
  write(value: unknown): void {
    this.begin()
    this.writeRoot(value, true)
  }
}
