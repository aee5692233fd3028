import { ProtocolError } from './errors.ts'
import { depthMax, nodeBuffer } from './wire-format.ts'

const textDecoder = new TextDecoder()
const cacheSize = 1024
/** Longer texts are no names. */
const shortLength = 32

/** Reads natural MessagePack from bytes that may be anything: every length is checked against what is there before memory is taken for it. */
export abstract class WireReader {
  protected bytes: Uint8Array = new Uint8Array(0)
  protected view: DataView = new DataView(this.bytes.buffer)
  protected position = 0
  protected end = 0
  protected depth = 0
  #text: Buffer | undefined
  readonly #texts: string[] = new Array(cacheSize).fill('')

  protected open(bytes: Uint8Array): void {
    // A Node Buffer's `slice` would not copy.
    this.bytes = bytes.constructor === Uint8Array ? bytes : new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.length)
    this.view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
    this.#text = undefined
    this.position = 0
    this.end = bytes.length
    this.depth = 0
  }

  protected finish(): void {
    if (this.position !== this.end) throw new ProtocolError(`${this.end - this.position} bytes follow a complete value`)
  }

  protected abstract readExtension(type: number, length: number): unknown
  protected abstract readMap(length: number): unknown
  protected abstract readArray(length: number): unknown

  /** The start of the next `count` bytes, which are there. */
  protected take(count: number): number {
    const at = this.position
    if (count > this.end - at)
      throw new ProtocolError(`A value is cut off: ${count} bytes announced, ${this.end - at} left`)
    this.position = at + count
    return at
  }

  protected readUint32(): number {
    return this.view.getUint32(this.take(4))
  }

  protected enter(): void {
    this.depth += 1
    if (this.depth > depthMax) throw new ProtocolError(`A value is nested more than ${depthMax} levels deep`)
  }

  protected readValue(): unknown {
    const tag = this.bytes[this.take(1)] as number
    if (tag < 0x80) return tag
    if (tag >= 0xe0) return tag - 0x100
    if (tag >= 0xc0) return this.#readTagged(tag)
    if (tag >= 0xa0) return this.readText(tag & 0x1f)
    return tag >= 0x90 ? this.readArray(tag & 0x0f) : this.readMap(tag & 0x0f)
  }

  #readTagged(tag: number): unknown {
    const { view } = this
    switch (tag) {
      case 0xc0:
        return null
      case 0xc2:
        return false
      case 0xc3:
        return true
      case 0xc4:
      case 0xc5:
      case 0xc6:
        return this.readBinary(this.#readLength(tag - 0xc4))
      case 0xc7:
      case 0xc8:
      case 0xc9:
        return this.#readExtension(this.#readLength(tag - 0xc7))
      case 0xca:
        return view.getFloat32(this.take(4))
      case 0xcb:
        return view.getFloat64(this.take(8))
      case 0xcc:
        return view.getUint8(this.take(1))
      case 0xcd:
        return view.getUint16(this.take(2))
      case 0xce:
        return view.getUint32(this.take(4))
      case 0xcf:
        return view.getBigUint64(this.take(8))
      case 0xd0:
        return view.getInt8(this.take(1))
      case 0xd1:
        return view.getInt16(this.take(2))
      case 0xd2:
        return view.getInt32(this.take(4))
      case 0xd3:
        return view.getBigInt64(this.take(8))
      case 0xd4:
      case 0xd5:
      case 0xd6:
      case 0xd7:
      case 0xd8:
        return this.#readExtension(1 << (tag - 0xd4))
      case 0xd9:
      case 0xda:
      case 0xdb:
        return this.readText(this.#readLength(tag - 0xd9))
      case 0xdc:
      case 0xdd:
        return this.readArray(this.#readLength(tag - 0xdb))
      case 0xde:
      case 0xdf:
        return this.readMap(this.#readLength(tag - 0xdd))
      default:
        throw new ProtocolError('0xc1 is no MessagePack value')
    }
  }

  /** A length of 8, 16 or 32 bits. */
  #readLength(width: number): number {
    if (width === 0) return this.view.getUint8(this.take(1))
    return width === 1 ? this.view.getUint16(this.take(2)) : this.view.getUint32(this.take(4))
  }

  #readExtension(length: number): unknown {
    const type = this.bytes[this.take(1)] as number
    const outerEnd = this.end
    const innerEnd = this.take(length) + length
    this.position = innerEnd - length
    this.end = innerEnd
    const value = this.readExtension(type, length)
    if (this.position !== innerEnd) throw new ProtocolError(`Extension ${type} holds more than it should`)
    this.end = outerEnd
    return value
  }

  /** Checks a count of items, each of which takes a byte at least. */
  protected checkCount(count: number): void {
    if (count > this.end - this.position) {
      throw new ProtocolError(`${count} items announced, ${this.end - this.position} bytes left`)
    }
  }

  /** A copy: whoever gets it may keep it without keeping the message, and its `buffer` is its own. */
  protected readBinary(length: number): Uint8Array {
    const at = this.take(length)
    return this.bytes.slice(at, at + length)
  }

  protected readText(length: number): string {
    const at = this.take(length)
    return length < shortLength ? this.#shortText(at, length) : this.#decodeText(at, length)
  }

  #decodeText(at: number, length: number): string {
    if (!nodeBuffer) return textDecoder.decode(this.bytes.subarray(at, at + length))
    this.#text ??= nodeBuffer.from(this.bytes.buffer, this.bytes.byteOffset, this.bytes.byteLength)
    return this.#text.toString('utf8', at, at + length)
  }

  /** Names and states recur: a short text is compared with the last of its kind before it becomes a string. */
  #shortText(at: number, length: number): string {
    if (length === 0) return ''
    const { bytes } = this
    const last = bytes[at + length - 1] as number
    const slot =
      (length * 31 + (bytes[at] as number) * 7 + last * 13 + (bytes[at + (length >> 1)] as number)) % cacheSize
    const cached = this.#texts[slot] as string
    if (cached.length === length) {
      let i = 0
      while (i < length && cached.charCodeAt(i) === bytes[at + i]) i += 1
      // What is not ASCII is in more bytes than characters, and never equal.
      if (i === length) return cached
    }
    const text = this.#decodeText(at, length)
    if (text.length === length) this.#texts[slot] = text
    return text
  }

  protected readKey(): string {
    const key = this.readValue()
    if (typeof key !== 'string') throw new ProtocolError(`A field is named by a ${typeof key}, not a string`)
    return key
  }
}
