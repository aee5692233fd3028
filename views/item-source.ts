/** A sequence that a map reads: anything with an iterator. */
export type Sequence<Item> = Iterable<Item> | AsyncIterable<Item>

/** Items, each an item or (of several sequences) a list of arguments, and whether they were the last. */
export interface ItemBatch {
  readonly items: readonly unknown[]
  readonly isLast: boolean
}

/** The items of a map, read no further than they are taken. */
export interface ItemSource {
  /** How many there are in all, where the sequences tell. */
  readonly length: number | undefined
  /** Whether `take` gets all it asks for, down to the last item. Otherwise it gets what is there. */
  readonly isImmediate: boolean
  /**
   * At most `countMax` items; a stream reads on until, with these, it has got `wanted`. Throws what a sequence throws,
   * after the items before.
   */
  take(countMax: number, wanted: number): ItemBatch
  /** No more will be taken: the sequences may let go of what they hold. */
  close(): void
}

/** Several sequences are read side by side, as long as the shortest. `onMore` is called when a stream has got further. */
export function itemSource(sequences: readonly Sequence<unknown>[], onMore: () => void): ItemSource {
  const [only] = sequences
  if (sequences.length === 1 && Array.isArray(only)) return new ArraySource([...only])
  if (sequences.every(isIterable)) return new IterableSource(sequences)
  return new StreamSource(sequences, onMore)
}

export function isIterable(value: unknown): value is Iterable<unknown> {
  return typeof value === 'string' || (typeof value === 'object' && value !== null && Symbol.iterator in value)
}

export function isAsyncIterable(value: unknown): value is AsyncIterable<unknown> {
  return typeof value === 'object' && value !== null && Symbol.asyncIterator in value
}

/** A copy, so that nobody changes it while it is read. */
class ArraySource implements ItemSource {
  readonly length: number
  readonly isImmediate = true
  readonly #items: readonly unknown[]
  #position = 0

  constructor(items: readonly unknown[]) {
    this.#items = items
    this.length = items.length
  }

  take(countMax: number): ItemBatch {
    const items = this.#items.slice(this.#position, this.#position + countMax)
    this.#position += items.length
    return { items, isLast: this.#position === this.#items.length }
  }

  close(): void {}
}

class IterableSource implements ItemSource {
  readonly length: number | undefined
  readonly isImmediate = true
  readonly #iterators: Iterator<unknown>[]
  #failure: { readonly error: unknown } | undefined

  constructor(sequences: readonly Iterable<unknown>[]) {
    const lengths = sequences.map(lengthOf)
    this.length = lengths.every((length) => length !== undefined) ? Math.min(...lengths) : undefined
    this.#iterators = sequences.map((sequence) => sequence[Symbol.iterator]())
  }

  take(countMax: number): ItemBatch {
    const items: unknown[] = []
    if (this.#failure) throw this.#failure.error
    try {
      while (items.length < countMax) {
        const next = this.#next()
        if (next.done) return { items, isLast: true }
        items.push(next.value)
      }
    } catch (error) {
      if (items.length === 0) throw error
      this.#failure = { error }
    }
    return { items, isLast: false }
  }

  close(): void {
    for (const iterator of this.#iterators.splice(0)) iterator.return?.()
  }

  #next(): IteratorResult<unknown> {
    const [only] = this.#iterators
    if (only && this.#iterators.length === 1) return only.next()
    const row: unknown[] = []
    for (const iterator of this.#iterators) {
      const next = iterator.next()
      if (next.done) return next
      row.push(next.value)
    }
    return { done: row.length === 0, value: row }
  }
}

class StreamSource implements ItemSource {
  readonly length = undefined
  readonly isImmediate = false
  readonly #iterators: (Iterator<unknown> | AsyncIterator<unknown>)[]
  readonly #onMore: () => void
  #buffer: unknown[] = []
  #wanted = 0
  #isReading = false
  #isOver = false
  #failure: { readonly error: unknown } | undefined

  constructor(sequences: readonly Sequence<unknown>[], onMore: () => void) {
    this.#iterators = sequences.map((sequence) =>
      isAsyncIterable(sequence) ? sequence[Symbol.asyncIterator]() : sequence[Symbol.iterator](),
    )
    this.#onMore = onMore
  }

  take(countMax: number, wanted: number): ItemBatch {
    const items = this.#buffer.splice(0, countMax)
    if (items.length === 0 && this.#failure) throw this.#failure.error
    this.#wanted = wanted - items.length
    if (!this.#isReading && !this.#isOver && this.#buffer.length < this.#wanted) void this.#read()
    return { items, isLast: this.#isOver && !this.#failure && this.#buffer.length === 0 }
  }

  close(): void {
    this.#isOver = true
    for (const iterator of this.#iterators.splice(0)) {
      // What a stream says about being left does not concern the map, which has its items.
      void (async () => iterator.return?.())().catch(() => {})
    }
  }

  /** Reads until enough waits. What comes within one turn of the event loop is told of together. */
  async #read(): Promise<void> {
    this.#isReading = true
    let isTold = false
    const tell = (): void => {
      isTold = false
      this.#onMore()
    }
    try {
      while (!this.#isOver && this.#buffer.length < this.#wanted) {
        const next = await this.#next()
        if (next.done) this.#isOver = true
        if (this.#isOver) break
        this.#buffer.push(next.value)
        if (!isTold) {
          isTold = true
          setImmediate(tell)
        }
      }
    } catch (error) {
      this.#isOver = true
      this.#failure = { error }
    }
    this.#isReading = false
    if (!isTold) setImmediate(tell)
  }

  #next(): IteratorResult<unknown> | Promise<IteratorResult<unknown>> {
    const [only] = this.#iterators
    if (only && this.#iterators.length === 1) return only.next()
    return Promise.all(this.#iterators.map((iterator) => iterator.next())).then((row) => ({
      done: row.length === 0 || row.some((next) => next.done),
      value: row.map((next) => next.value),
    }))
  }
}

function lengthOf(sequence: Iterable<unknown>): number | undefined {
  if (typeof sequence !== 'object') return undefined
  if ('length' in sequence && typeof sequence.length === 'number') return sequence.length
  if ('size' in sequence && typeof sequence.size === 'number') return sequence.size
  return undefined
}
