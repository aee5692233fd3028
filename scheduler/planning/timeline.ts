/** When how many cores of one engine are taken. */
export class Timeline {
  readonly #cores: number
  /** From `#at[i]` to `#at[i + 1]`, and from the last one for ever, `#used[i]` cores are taken; of the last one none. */
  readonly #at: number[] = [0]
  readonly #used: number[] = [0]
  /** All cores are taken at all times before that one. */
  #firstFree = 0

  constructor(cores: number) {
    this.#cores = cores
  }

  /** The first time from `readyMs` on at which so many cores are free for so long: in a gap, if there is one. */
  earliestGap(readyMs: number, durationMs: number, cores: number): number {
    const at = this.#at
    const used = this.#used
    let i = this.#segmentOf(readyMs)
    let startMs = Math.max(readyMs, at[i] as number)
    for (let j = i; j < at.length && (at[j] as number) < startMs + durationMs; j += 1) {
      if ((used[j] as number) + cores <= this.#cores) continue
      i = j + 1
      startMs = at[i] as number
    }
    return startMs
  }

  /** The first time from `readyMs` on from which so many cores are free for ever. */
  earliestEnd(readyMs: number, cores: number): number {
    let i = this.#at.length - 1
    while (i > this.#firstFree && (this.#used[i - 1] as number) + cores <= this.#cores) i -= 1
    return Math.max(readyMs, this.#at[i] as number)
  }

  take(startMs: number, endMs: number, cores: number): void {
    if (endMs <= startMs) return
    const from = this.#split(startMs)
    const to = this.#split(endMs)
    const used = this.#used
    for (let i = from; i < to; i += 1) used[i] = (used[i] as number) + cores
    while (used[this.#firstFree] === this.#cores) this.#firstFree += 1
  }

  /** Nothing that ends before this time matters any more. */
  forget(ms: number): void {
    const count = this.#segmentOf(ms)
    if (count < 64) return
    this.#at.splice(0, count)
    this.#used.splice(0, count)
    this.#firstFree = 0
  }

  /** The segment in which a time lies, or the first one with a free core if that is later. */
  #segmentOf(ms: number): number {
    const at = this.#at
    let low = this.#firstFree
    let high = at.length
    while (low + 1 < high) {
      const middle = (low + high) >> 1
      if ((at[middle] as number) <= ms) low = middle
      else high = middle
    }
    return low
  }

  /** Lets a segment begin at this time, and answers which. */
  #split(ms: number): number {
    const i = this.#segmentOf(ms)
    if (this.#at[i] === ms) return i
    this.#at.splice(i + 1, 0, ms)
    this.#used.splice(i + 1, 0, this.#used[i] as number)
    return i + 1
  }
}
