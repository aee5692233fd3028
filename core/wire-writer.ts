import { CloneError } from './errors.ts'
import { depthMax, extension, nodeBuffer } from './wire-format.ts'

const chunkBytes = 64 * 1024
const textEncoder = new TextEncoder()

/** Writes natural MessagePack into chunks that consecutive messages share, so that a small one costs no allocation of its own. */
export class WireWriter {
  protected bytes: Uint8Array = new Uint8Array(0)
  protected view: DataView = new DataView(this.bytes.buffer)
  protected position = 0
  protected depth = 0
  /** The keys that lead to the value being written, for messages. Set only on the way to something that may fail. */
  protected readonly path: (string | number)[] = []
  #start = 0
  #text: Buffer | undefined

  protected begin(): void {
    if (this.bytes.length - this.position < 1024) this.#replace(chunkBytes)
    this.#start = this.position
    this.depth = 0
  }

  protected rewind(): void {
    this.position = this.#start
    this.depth = 0
  }

  /** What was written since `begin`; its memory is not written to again. */
  protected end(): Uint8Array {
    const written = new Uint8Array(this.bytes.buffer, this.#start, this.position - this.#start)
    if (this.bytes.length > chunkBytes) this.#replace(0)
    return written
  }

  protected room(count: number): void {
    if (this.position + count > this.bytes.length) this.#grow(count)
  }

  #grow(count: number): void {
    const used = this.position - this.#start
    const old = this.bytes.subarray(this.#start, this.position)
    this.#replace(Math.max(chunkBytes, used * 2, used + count))
    this.bytes.set(old)
    this.#start = 0
    this.position = used
  }

  #replace(size: number): void {
    // What is not zeroed here is written before it leaves `end`.
    this.#text = nodeBuffer?.allocUnsafeSlow(size)
    this.bytes = this.#text ? new Uint8Array(this.#text.buffer) : new Uint8Array(size)
    this.view = new DataView(this.bytes.buffer)
    this.position = 0
    this.#start = 0
  }

  protected writeNumber(value: number): void {
    this.room(9)
    const { bytes } = this
    if (value >>> 0 === value && (value !== 0 || 1 / value > 0)) {
      if (value < 0x80) bytes[this.position++] = value
      else if (value < 0x100) {
        bytes[this.position++] = 0xcc
        bytes[this.position++] = value
      } else if (value < 0x10000) {
        bytes[this.position++] = 0xcd
        bytes[this.position++] = value >> 8
        bytes[this.position++] = value
      } else this.#tagged32(0xce, value)
    } else if (value >> 0 === value && value !== 0) {
      if (value >= -0x20) bytes[this.position++] = value
      else this.#tagged32(0xd2, value)
    } else {
      bytes[this.position++] = 0xcb
      this.view.setFloat64(this.position, value)
      this.position += 8
    }
  }

  #tagged32(tag: number, value: number): void {
    this.bytes[this.position++] = tag
    this.view.setUint32(this.position, value)
    this.position += 4
  }

  protected writeByte(byte: number): void {
    this.room(1)
    this.bytes[this.position++] = byte
  }

  protected writeUint32(value: number): void {
    this.room(4)
    this.view.setUint32(this.position, value)
    this.position += 4
  }

  protected writeBigInt(value: bigint): void {
    this.room(9)
    if (BigInt.asIntN(64, value) === value) {
      this.bytes[this.position++] = 0xd3
      this.view.setBigInt64(this.position, value)
      this.position += 8
      return
    }
    const hex = (value < 0n ? -value : value).toString(16)
    const padded = hex.length % 2 === 0 ? hex : `0${hex}`
    const count = padded.length / 2
    this.writeExtensionHead(extension.bigInt, count + 1)
    this.writeByte(value < 0n ? 1 : 0)
    this.room(count)
    for (let i = 0; i < count; i += 1) this.bytes[this.position++] = Number.parseInt(padded.slice(i * 2, i * 2 + 2), 16)
  }

  protected writeString(text: string): void {
    const { length } = text
    if (length < 64) {
      this.room(length + 2)
      const { bytes } = this
      const start = this.position
      let at = start
      if (length < 32) bytes[at++] = 0xa0 | length
      else {
        bytes[at++] = 0xd9
        bytes[at++] = length
      }
      let i = 0
      for (; i < length; i += 1) {
        const code = text.charCodeAt(i)
        if (code >= 0x80) break
        bytes[at++] = code
      }
      if (i === length) {
        this.position = at
        return
      }
    }
    this.#writeLongString(text)
  }

  #writeLongString(text: string): void {
    if (!(text as string & { isWellFormed(): boolean }).isWellFormed()) {
      this.#writeUtf16(text)
      return
    }
    const bytesMax = text.length * 3
    this.room(bytesMax + 5)
    const headBytes = bytesMax < 0x10000 ? 3 : 5
    const start = this.position + headBytes
    const written = this.#text
      ? this.#text.write(text, start, 'utf8')
      : textEncoder.encodeInto(text, this.bytes.subarray(start)).written
    if (headBytes === 3) {
      this.bytes[this.position] = 0xda
      this.view.setUint16(this.position + 1, written)
    } else {
      this.bytes[this.position] = 0xdb
      this.view.setUint32(this.position + 1, written)
    }
    this.position = start + written
  }

  #writeUtf16(text: string): void {
    this.writeExtensionHead(extension.utf16, text.length * 2)
    this.room(text.length * 2)
    for (let i = 0; i < text.length; i += 1, this.position += 2) {
      this.view.setUint16(this.position, text.charCodeAt(i), true)
    }
  }

  /** `short` is the tag of the form with the length in its low 4 bits; `long` the tag of the 16 bit form, the 32 bit form's is next. */
  protected writeLength(length: number, short: number, long: number): void {
    this.room(5)
    if (length < 0x10) this.bytes[this.position++] = short | length
    else if (length < 0x10000) {
      this.bytes[this.position++] = long
      this.bytes[this.position++] = length >> 8
      this.bytes[this.position++] = length
    } else this.#tagged32(long + 1, length)
  }

  protected writeArrayHead(length: number): void {
    this.writeLength(length, 0x90, 0xdc)
  }

  protected writeMapHead(length: number): void {
    this.writeLength(length, 0x80, 0xde)
  }

  protected writeBytes(bytes: Uint8Array): void {
    this.room(bytes.length)
    this.bytes.set(bytes, this.position)
    this.position += bytes.length
  }

  protected writeBinary(bytes: Uint8Array): void {
    this.room(5)
    if (bytes.length < 0x100) {
      this.bytes[this.position++] = 0xc4
      this.bytes[this.position++] = bytes.length
    } else this.#tagged32(0xc6, bytes.length)
    this.writeBytes(bytes)
  }

  protected writeExtensionHead(type: number, length: number): void {
    this.room(6)
    if (length === 1 || length === 4 || length === 8) {
      this.bytes[this.position++] = length === 1 ? 0xd4 : length === 4 ? 0xd6 : 0xd7
    } else if (length < 0x100) {
      this.bytes[this.position++] = 0xc7
      this.bytes[this.position++] = length
    } else this.#tagged32(0xc9, length)
    this.bytes[this.position++] = type
  }

  /** An extension whose length is known only once it is written: close it with what this answers. */
  protected openExtension(type: number): number {
    this.room(6)
    this.bytes[this.position++] = 0xc9
    this.position += 4
    this.bytes[this.position++] = type
    return this.position - this.#start
  }

  protected closeExtension(opened: number): void {
    const start = this.#start + opened
    this.view.setUint32(start - 5, this.position - start)
  }

  protected enter(): void {
    this.depth += 1
    if (this.depth > depthMax)
      throw new CloneError(`is nested more than ${depthMax} levels deep`, { details: { path: this.where() } })
  }

  /** The path to the value being written: `[0].socket.on`. */
  protected where(): string {
    let text = ''
    for (const key of this.path.slice(0, Math.min(this.depth, 40))) {
      if (typeof key === 'number') text += `[${key}]`
      else
        text +=
          /^[\p{ID_Start}$_][\p{ID_Continue}$]*$/u.test(key) || key.startsWith('<')
            ? `.${key}`
            : `[${JSON.stringify(key)}]`
    }
    return this.depth > 40 ? `${text}…` : text
  }
}
