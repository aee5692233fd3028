/**
 * The value format, for headers and payloads alike: one MessagePack value (msgpack.org, revision of 2013) with the application
 * extension types below. Readable in any language with a MessagePack library and one handler per type.
 *
 * Natural types mean what they say: nil is null, maps with string keys are objects, `bin` is a Uint8Array, integers of up to 32 bits
 * and float 64 are numbers. Integers of 64 bits are BigInts. Strings are well-formed UTF-8. "Values" are nested values of this format.
 */
export const extension = {
  /** One zero byte. */
  undefined: 0x00,
  /** `A`, an array with holes. Values: an array of length, then key, value, key, value, … */
  sparseArray: 0x41,
  /** `B`, a BigInt beyond 64 bits. One byte, 1 if negative; then the magnitude, most significant byte first. */
  bigInt: 0x42,
  /** `D`, a Date. Milliseconds since the epoch as float 64; NaN for an invalid date. */
  date: 0x44,
  /** `E`, an error. Values: an array of name, message, stack (or nil), and a map of the other own fields, `cause` and `errors` among them. */
  error: 0x45,
  /** `F`, bytes that travel in a frame of their own. One byte, an element type; four bytes, the frame's index, counted from the body's 0. */
  frame: 0x46,
  /** `I`, defines what later `J`s refer to. Four bytes, an id unique in this body; then one value. */
  define: 0x49,
  /** `J`, the same object as the `I` with this id, which may still be open (a cycle). Four bytes. */
  reference: 0x4a,
  /** `M`, a Map. Values: an array of key, value, key, value, … */
  map: 0x4d,
  /** `O`, a boxed primitive. One value. */
  boxed: 0x4f,
  /** `P`, in headers only: a payload whose one frame follows here. */
  payloadInline: 0x50,
  /** `Q`, in headers only: a payload in frames of this message. Four bytes, the index of its first frame (the header is 0); four bytes, their number. */
  payloadFrames: 0x51,
  /** `R`, a RegExp. Values: an array of source, flags. */
  regExp: 0x52,
  /** `S`, a Set. Values: an array. */
  set: 0x53,
  /** `T`, bytes with an element type. One byte, the element type; then the bytes, in little-endian order of each element. */
  typed: 0x54,
  /** `U`, a string that is not well-formed. UTF-16, little-endian. */
  utf16: 0x55,
  /** `V`, a view of a buffer that other views share. Values: an array of element type, byte offset, number of elements, buffer. */
  view: 0x56,
  /** `W`, in headers between threads only: as `Q`, of a payload whose memory goes to its first reader. */
  payloadMoved: 0x57,
} as const

type ViewClass = new (buffer: ArrayBufferLike, byteOffset: number, length: number) => ArrayBufferView

/** Element types: their number is the index. Each with its width in bytes. */
export const elementTypes: readonly { readonly name: string; readonly bytes: number; readonly View: ViewClass }[] = [
  { name: 'Uint8Array', bytes: 1, View: Uint8Array },
  { name: 'Int8Array', bytes: 1, View: Int8Array },
  { name: 'Uint8ClampedArray', bytes: 1, View: Uint8ClampedArray },
  { name: 'Int16Array', bytes: 2, View: Int16Array },
  { name: 'Uint16Array', bytes: 2, View: Uint16Array },
  { name: 'Int32Array', bytes: 4, View: Int32Array },
  { name: 'Uint32Array', bytes: 4, View: Uint32Array },
  { name: 'Float32Array', bytes: 4, View: Float32Array },
  { name: 'Float64Array', bytes: 8, View: Float64Array },
  { name: 'BigInt64Array', bytes: 8, View: BigInt64Array },
  { name: 'BigUint64Array', bytes: 8, View: BigUint64Array },
  { name: 'DataView', bytes: 1, View: DataView },
]

/** A Node Buffer; a Uint8Array where there is none. */
export const bufferElement = 0x20
/** An ArrayBuffer itself. */
export const arrayBufferElement = 0x21
/** A SharedArrayBuffer itself: in a frame only, and only on links within one process. */
export const sharedBufferElement = 0x22

export const elementTypeOf = new Map(elementTypes.map(({ name }, index) => [name, index]))

/** Values nested deeper are refused on both sides, well before the stack ends. */
export const depthMax = 1_000

export const nodeBuffer = typeof Buffer === 'function' ? Buffer : undefined
