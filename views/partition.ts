/** Any kind of typed array, as far as it matters here. */
interface TypedList extends ArrayLike<unknown> {
  readonly [Symbol.toStringTag]: string
  subarray(start: number, end: number): TypedList
  set(values: ArrayLike<unknown>, at: number): void
}

type List = readonly unknown[] | TypedList

/** Arrays and typed arrays as they are; anything else that can be iterated as an array. */
export function listOf(sequence: Iterable<unknown>): List {
  return Array.isArray(sequence) || isTyped(sequence) ? sequence : [...sequence]
}

/** `count` contiguous parts, whose sizes differ by one at most, the larger ones first. */
export function blocksOf<T>(list: readonly T[], count: number): T[][]
export function blocksOf(list: List, count: number): List[]
export function blocksOf(list: List, count: number): List[] {
  const size = Math.floor(list.length / count)
  const larger = list.length % count
  const startOf = (part: number): number => part * size + Math.min(part, larger)
  return Array.from({ length: count }, (_, part) => {
    const [start, end] = [startOf(part), startOf(part + 1)]
    return isTyped(list) ? list.subarray(start, end) : list.slice(start, end)
  })
}

/** Dealt like cards: item `i` goes to part `i % count`. */
export function dealt(list: List, count: number): List[] {
  return Array.from({ length: count }, (_, part) => {
    const items = Array.from({ length: Math.ceil((list.length - part) / count) }, (_, i) => list[part + i * count])
    return isTyped(list) ? typedAs(list, items) : items
  })
}

/** The parts one after the other: a typed array where all are of one kind, else an array. */
export function joined(parts: readonly List[]): List {
  const typed = ofOneKind(parts)
  if (!typed) return parts.flatMap((part) => Array.from(part))
  const result = newTyped(
    typed[0],
    typed.reduce((sum, { length }) => sum + length, 0),
  )
  let at = 0
  for (const part of typed) {
    result.set(part, at)
    at += part.length
  }
  return result
}

/** What `dealt` took apart. */
export function collected(parts: readonly List[]): List {
  const items: unknown[] = []
  const rounds = Math.max(0, ...parts.map(({ length }) => length))
  for (let i = 0; i < rounds; i += 1) for (const part of parts) if (i < part.length) items.push(part[i])
  const typed = ofOneKind(parts)
  return typed ? typedAs(typed[0], items) : items
}

function ofOneKind(parts: readonly List[]): readonly [TypedList, ...TypedList[]] | undefined {
  const [first, ...others] = parts
  if (first === undefined || !isTyped(first)) return undefined
  const alike = others.filter(isTyped).filter((part) => part[Symbol.toStringTag] === first[Symbol.toStringTag])
  return alike.length === others.length ? [first, ...alike] : undefined
}

function typedAs(list: TypedList, items: readonly unknown[]): TypedList {
  const result = newTyped(list, items.length)
  result.set(items, 0)
  return result
}

/** The kind is told by the tag: a Buffer has a constructor of its own, which nobody should call. */
function newTyped(like: TypedList, length: number): TypedList {
  if (globalThis.Buffer?.isBuffer(like)) return Buffer.alloc(length)
  const Kind = Reflect.get(globalThis, like[Symbol.toStringTag])
  return new Kind(length)
}

function isTyped(value: unknown): value is TypedList {
  return ArrayBuffer.isView(value) && 'subarray' in value
}
