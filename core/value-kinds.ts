import { elementTypeOf, nodeBuffer } from './wire-format.ts'

export type ValueKind =
  | 'array'
  | 'plain'
  | 'instance'
  | 'Map'
  | 'Set'
  | 'Date'
  | 'RegExp'
  | 'Error'
  | 'view'
  | 'buffer'
  | 'ArrayBuffer'
  | 'SharedArrayBuffer'
  | 'boxed'
  | 'refused'

const tagOf = Object.prototype.toString
const mapSize = getterOf(Map.prototype, 'size')
const setSize = getterOf(Set.prototype, 'size')

const boxed = new Set(['[object Number]', '[object String]', '[object Boolean]', '[object BigInt]'])

/** What holds more than its fields show, so that a copy of its fields would be an empty shell. */
const refused = new Set(
  [
    'Promise WeakMap WeakSet WeakRef FinalizationRegistry Generator AsyncGenerator Symbol Module Atomics',
    'MessagePort MessageChannel BroadcastChannel AbortSignal AbortController EventTarget Event Worker',
    'ReadableStream WritableStream TransformStream Blob File FormData Headers Request Response WebSocket',
    'URL URLSearchParams CryptoKey KeyObject TextDecoder TextEncoder Performance Window global',
    'WebAssembly.Module WebAssembly.Instance WebAssembly.Memory',
  ]
    .join(' ')
    .split(' ')
    .map((name) => `[object ${name}]`),
)

/**
 * How an object is cloned. It goes by what the object is, not by its class: subclasses and objects of another realm count as what they
 * extend, and what only calls itself a Map through `Symbol.toStringTag` does not count as one.
 */
export function kindOf(value: object): ValueKind {
  if (Array.isArray(value)) return 'array'
  const prototype: unknown = Object.getPrototypeOf(value)
  if (prototype === Object.prototype || prototype === null) return 'plain'
  if (ArrayBuffer.isView(value)) return nodeBuffer?.isBuffer(value) ? 'buffer' : 'view'
  if (value instanceof Error) return 'Error'
  const tag = tagOf.call(value)
  switch (tag) {
    case '[object Map]':
      return answers(mapSize, value) ? 'Map' : 'instance'
    case '[object Set]':
      return answers(setSize, value) ? 'Set' : 'instance'
    case '[object Date]':
      return answers(Date.prototype.getTime, value) ? 'Date' : 'instance'
    case '[object RegExp]':
      return 'RegExp'
    case '[object Error]':
    case '[object DOMException]':
      return 'Error'
    case '[object ArrayBuffer]':
      return 'ArrayBuffer'
    case '[object SharedArrayBuffer]':
      return 'SharedArrayBuffer'
    default:
      if (boxed.has(tag)) return 'boxed'
      return refused.has(tag) || tag.endsWith(' Iterator]') ? 'refused' : 'instance'
  }
}

function getterOf(prototype: object, name: string): () => unknown {
  return Object.getOwnPropertyDescriptor(prototype, name)?.get as () => unknown
}

/** Built-in accessors throw when `this` is not of their kind. */
function answers(method: () => unknown, value: object): boolean {
  try {
    method.call(value as Date)
    return true
  } catch {
    return false
  }
}

export function hasHole(value: readonly unknown[]): boolean {
  for (let i = 0; i < value.length; i += 1) {
    if (!(i in value)) return true
  }
  return false
}

/** By how much the pool of Node's buffers is longer than it says: from Node 26 on it is. */
const poolExtra = nodeBuffer ? Math.max(0, nodeBuffer.allocUnsafe(1).buffer.byteLength - nodeBuffer.poolSize) : 0

/** Small Node buffers are slices of one pool, and share it with strangers. */
export function isPooled({ buffer, byteLength }: ArrayBufferView, isBuffer: boolean): boolean {
  if (!isBuffer || nodeBuffer === undefined) return false
  return buffer.byteLength === nodeBuffer.poolSize + poolExtra && byteLength < buffer.byteLength
}

export function isShared(value: object): value is SharedArrayBuffer {
  return typeof SharedArrayBuffer === 'function' && value instanceof SharedArrayBuffer
}

/** Undefined for kinds that the format does not know. */
export function elementTypeOfView(view: ArrayBufferView): number | undefined {
  return elementTypeOf.get(String(Reflect.get(view, Symbol.toStringTag)))
}

/** What a message calls a value that cannot be cloned. */
export function describe(value: unknown): string {
  if (typeof value === 'function') return nameOf(value)
  if (typeof value !== 'object' || value === null) return `a ${typeof value}`
  const tag = Object.prototype.toString.call(value).slice(8, -1)
  const name = tag === 'EventTarget' || tag === 'Event' ? value.constructor.name : tag
  const advice = {
    Promise: '; await it first',
    URL: '; pass its href',
    AbortSignal: '; a task has a signal of its own',
  }[name]
  return `a ${name}${advice ?? ''}`
}

function nameOf(value: object): string {
  const name = (value as { name?: unknown }).name
  return typeof name === 'string' && name !== '' ? `the function ${name}` : 'a function'
}
