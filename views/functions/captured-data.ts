import type { InlineFunctionSpec, SourceReference } from '../../core/function-spec.ts'
import { type Callable, isCallable } from './callable.ts'
import { adviceFor, captureError, type Trail } from './capture-error.ts'
import { isBoundHere } from './object-kinds.ts'

type Patch = InlineFunctionSpec['patches'][number]

/**
 * The data that functions capture. It travels as one value, with the meaning of a structured clone; functions within
 * plain objects, arrays, Maps and Sets are taken out and put back on the engine.
 */
export class CapturedData {
  readonly #values: unknown[] = []
  readonly #trails: Trail[] = []
  readonly #indexes = new Map<object, number>()
  readonly #functionReference: (value: Callable, trail: Trail) => SourceReference
  readonly #functions = new Map<Callable, SourceReference>()
  readonly #walked = new Set<object>()

  constructor(functionReference: (value: Callable, trail: Trail) => SourceReference) {
    this.#functionReference = functionReference
  }

  add(value: unknown, trail: Trail): SourceReference {
    const known = typeof value === 'object' && value !== null ? this.#indexes.get(value) : undefined
    if (known !== undefined) return { kind: 'value', index: known }
    if (isBoundHere(value)) throw captureError(trail, 'is bound to this process', adviceFor(value))
    const index = this.#values.push(value) - 1
    this.#trails.push(trail)
    if (typeof value === 'object' && value !== null) {
      this.#indexes.set(value, index)
      this.#findFunctions(value, trail)
    }
    return { kind: 'value', index }
  }

  finish(): { values: unknown[]; patches: Patch[]; trails: readonly Trail[] } {
    const patches: Patch[] = []
    if (this.#functions.size === 0) return { values: this.#values, patches, trails: this.#trails }
    const copies = new Map<object, object>()
    const values = this.#values.map((value) => this.#withoutFunctions(value, copies))
    const indexes = new Map<object, number>()
    const place = (container: object): number => {
      const index = indexes.get(container) ?? values.push(container) - 1
      indexes.set(container, index)
      return index
    }
    for (const [original, copy] of copies) {
      for (const { at, key, value } of entriesOf(original)) {
        const reference = isCallable(value) && this.#functions.get(value)
        if (reference)
          patches.push({ value: place(copy), at, key: at === 'mapValue' ? this.#copied(key, copies) : key, reference })
      }
    }
    return { values, patches, trails: this.#trails }
  }

  #findFunctions(root: object, rootTrail: Trail): void {
    const pending: { value: object; path: string }[] = [{ value: root, path: '' }]
    for (let next = pending.pop(); next; next = pending.pop()) {
      if (this.#walked.has(next.value)) continue
      this.#walked.add(next.value)
      for (const { key, value } of entriesOf(next.value)) {
        if (typeof value === 'object' && value !== null) pending.push({ value, path: `${next.path}${shown(key)}` })
        else if (isCallable(value) && !this.#functions.has(value)) {
          const name = `${rootTrail.at(-1) ?? ''}${next.path}${shown(key)}`
          this.#functions.set(value, this.#functionReference(value, [...rootTrail.slice(0, -1), name]))
        }
      }
    }
  }

  #copied(value: unknown, copies: ReadonlyMap<object, object>): unknown {
    return (typeof value === 'object' && value !== null && copies.get(value)) || value
  }

  /** The same graph in fresh containers, so that functions can be left out of them. */
  #withoutFunctions(root: unknown, copies: Map<object, object>): unknown {
    const pending: object[] = []
    const copyOf = (value: unknown): unknown => {
      if (isCallable(value)) return undefined
      if (typeof value !== 'object' || value === null) return value
      const known = copies.get(value)
      if (known) return known
      const empty = emptyLike(value)
      if (!empty) return value
      copies.set(value, empty)
      pending.push(value)
      return empty
    }
    const copy = copyOf(root)
    for (let original = pending.pop(); original; original = pending.pop()) {
      const target = copies.get(original)
      for (const { at, key, value } of entriesOf(original)) {
        if (target instanceof Map) target.set(copyOf(key), copyOf(value))
        else if (target instanceof Set) {
          if (!isCallable(value)) target.add(copyOf(value))
        } else if (target && at === 'property') Reflect.set(target, String(key), copyOf(value))
      }
    }
    return copy
  }
}

interface Entry {
  readonly at: Patch['at']
  readonly key: unknown
  readonly value: unknown
}

/** What a plain container holds; nothing for any other object. */
function* entriesOf(container: object): Generator<Entry> {
  if (container instanceof Map) {
    for (const [key, value] of container) yield { at: 'mapValue', key, value }
  } else if (container instanceof Set) {
    for (const value of container) yield { at: 'setMember', key: undefined, value }
  } else if (Array.isArray(container) || isPlainObject(container)) {
    for (const key of Object.keys(container)) yield { at: 'property', key, value: Reflect.get(container, key) }
  }
}

function emptyLike(container: object): object | undefined {
  if (container instanceof Map) return new Map()
  if (container instanceof Set) return new Set()
  if (Array.isArray(container)) return new Array(container.length)
  return isPlainObject(container) ? {} : undefined
}

function isPlainObject(value: object): boolean {
  const prototype: unknown = Object.getPrototypeOf(value)
  return prototype === null || Object.getPrototypeOf(prototype) === null
}

function shown(key: unknown): string {
  if (typeof key !== 'string') return '[…]'
  if (/^\d+$/.test(key)) return `[${key}]`
  return /^[\p{ID_Start}$_][\p{ID_Continue}$]*$/u.test(key) ? `.${key}` : `[${JSON.stringify(key)}]`
}
