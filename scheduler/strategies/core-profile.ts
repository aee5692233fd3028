/**
 * How many cores of an engine are expected to be free, from now on: a step function of time.
 *
 * Invariants: `#from` ascends and is as long as `#free`; `#free[i]` cores are free from `#from[i]` until the next, the last for ever.
 */
export class CoreProfile {
  readonly #from: number[]
  readonly #free: number[]

  constructor(cores: number, fromMs: number) {
    this.#from = [fromMs]
    this.#free = [cores]
  }

  /** Forgets what was before. */
  advance(toMs: number): void {
    let passed = 0
    while (passed + 1 < this.#from.length && (this.#from[passed + 1] as number) <= toMs) passed += 1
    this.#from.splice(0, passed)
    this.#free.splice(0, passed)
    if ((this.#from[0] as number) < toMs) this.#from[0] = toMs
  }

  /** So many cores more, or fewer, from one time until before another. */
  add(cores: number, fromMs: number, toMs: number): void {
    if (!(fromMs < toMs)) return
    const first = this.#split(fromMs)
    const last = toMs === Number.POSITIVE_INFINITY ? this.#from.length : this.#split(toMs)
    for (let i = first; i < last; i += 1) this.#free[i] = (this.#free[i] as number) + cores
    this.#join(last)
    this.#join(first)
  }

  /** From when so many cores are free for so long, not before the profile begins; Infinity: never. */
  earliest(cores: number, durationMs: number): number {
    let start = 0
    for (let i = 0; i < this.#from.length; i += 1) {
      if ((this.#free[i] as number) < cores) start = i + 1
      else if ((this.#from[i + 1] ?? Number.POSITIVE_INFINITY) >= (this.#from[start] as number) + durationMs) break
    }
    return this.#from[start] ?? Number.POSITIVE_INFINITY
  }

  /** Makes a step at this time, which must not be before the profile begins, and answers its place. */
  #split(atMs: number): number {
    let low = 0
    let high = this.#from.length
    while (low < high) {
      const middle = (low + high) >> 1
      if ((this.#from[middle] as number) < atMs) low = middle + 1
      else high = middle
    }
    if (this.#from[low] === atMs) return low
    this.#from.splice(low, 0, atMs)
    this.#free.splice(low, 0, this.#free[low - 1] as number)
    return low
  }

  /** Removes a step that is none. */
  #join(at: number): void {
    if (at === 0 || at >= this.#from.length || this.#free[at] !== this.#free[at - 1]) return
    this.#from.splice(at, 1)
    this.#free.splice(at, 1)
  }
}
