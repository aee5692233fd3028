import type { FunctionSpec } from '../../core/function-spec.ts'
import { decodeValue } from '../../core/payload.ts'
import type { KnownFunction, TaskBody } from '../task-body.ts'
import { bounds } from './feed/run-model.ts'

/** Of a function that captured more than this, in bytes, the name is not read. */
const functionBytesMax = 32 * 1024
/** In one interval, so many functions are asked for their names. */
const namesReadMax = 40
const labelLengthMax = 80
/** The label of all that come when there are too many. */
const others = 'others'
const nameless = 'a function'

/** What tasks are called, by number: their label, or else the name of their function, or where that stands. */
export class LabelTable {
  readonly all: string[] = []
  readonly #numbers = new Map<string, number>()
  readonly #functions = new Map<string, string>()
  #namesRead = 0

  numberOf(label: string | undefined, body: unknown): number {
    const text = (label ?? this.#functionName((body as TaskBody | undefined)?.function)).slice(0, labelLengthMax)
    const known = this.#numbers.get(text)
    if (known !== undefined) return known
    if (this.all.length >= bounds.labels - 1 && text !== others) return this.numberOf(others, undefined)
    this.#numbers.set(text, this.all.length)
    return this.all.push(text) - 1
  }

  nextInterval(): void {
    this.#namesRead = 0
  }

  #functionName(held: KnownFunction | undefined): string {
    if (held === undefined) return nameless
    const known = this.#functions.get(held.hash)
    if (known !== undefined) return known
    if (this.#namesRead >= namesReadMax) return others
    this.#namesRead += 1
    if (this.#functions.size >= bounds.labels) this.#functions.clear()
    const name = nameIn(held) || nameless
    this.#functions.set(held.hash, name)
    return name
  }
}

function nameIn({ bytes, payload }: KnownFunction): string | undefined {
  if (bytes > functionBytesMax) return undefined
  try {
    // What it captured stays with those that it is for.
    const spec = decodeValue(payload.lent) as FunctionSpec
    if (spec.kind === 'module') return spec.exportName === 'default' ? fileIn(spec.url) : spec.exportName
    const location = spec.functions[0]?.location
    return spec.name || (location ? `${fileIn(location.url)}:${location.line + 1}` : undefined)
  } catch {
    return undefined
  }
}

function fileIn(url: string): string {
  return url.slice(url.lastIndexOf('/') + 1)
}
