interface Waiting<Item> {
  resolve(result: IteratorResult<Item, undefined>): void
  reject(error: unknown): void
}

/** What an iterator reads from. */
export interface Pulled<Item> {
  /** The next value, or the end; undefined where it is not there yet. Throws what the loop shall throw. */
  pull(): IteratorResult<Item, undefined> | undefined
  /** Called once, when the loop is left or has ended. */
  release(): void
}

/** An async iterator over something that says when there is more: `wake` it then. A promise is made only to wait. */
export class PullIterator<Item> implements AsyncIterableIterator<Item, undefined, void> {
  readonly #source: Pulled<Item>
  #waiting: Waiting<Item>[] = []
  #isOver = false
  #isServing = false
  #isWanted = false

  constructor(source: Pulled<Item>) {
    this.#source = source
  }

  next(): Promise<IteratorResult<Item, undefined>> {
    return new Promise((resolve, reject) => {
      this.#waiting.push({ resolve, reject })
      this.wake()
    })
  }

  return(): Promise<IteratorResult<Item, undefined>> {
    this.#end()
    this.wake()
    return Promise.resolve({ done: true, value: undefined })
  }

  [Symbol.asyncIterator](): this {
    return this
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.return()
  }

  wake(): void {
    // Called from within `pull`: who waits is served there, and once.
    this.#isWanted = true
    if (this.#isServing) return
    this.#isServing = true
    while (this.#isWanted) {
      this.#isWanted = false
      this.#serve()
    }
    this.#isServing = false
  }

  #serve(): void {
    while (this.#waiting.length > 0) {
      let result: IteratorResult<Item, undefined> | undefined
      try {
        result = this.#isOver ? { done: true, value: undefined } : this.#source.pull()
      } catch (error) {
        const first = this.#waiting.shift()
        this.#end()
        first?.reject(error)
        continue
      }
      if (result === undefined) return
      if (result.done) this.#end()
      this.#waiting.shift()?.resolve(result)
    }
  }

  #end(): void {
    if (this.#isOver) return
    this.#isOver = true
    this.#source.release()
  }
}
