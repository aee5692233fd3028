/** A task of this much work hides the cost of sending it, and ends soon enough to balance the load. */
const workWantedMs = 20
/** Towards the end chunks shrink, but not below this: the engines' last tasks end about that far apart. */
const workLeastMs = 2
/** Every engine shall get at least this many chunks of what is left. */
const chunksPerEngine = 4
/** From one measured chunk to the next. */
const growthMax = 8
const itemsMax = 65_536
/** A chunk's arguments, and its results, shall each stay below this many bytes. */
const bytesMax = 1_000_000
/** The weight of a new measurement against all before. */
const newWeight = 0.5

/**
 * How many items of a map make a task. It starts with one, so that heavy items balance at once, and grows while measured
 * items turn out to be light: guided self-scheduling (Polychronopoulos and Kuck, 1987), between bounds in milliseconds of work.
 */
export class ChunkSize {
  readonly #fixed: number | undefined
  #itemMs: number | undefined
  #itemBytes = 0
  #resultBytes = 0
  #largestMeasured = 0

  constructor(fixed?: number) {
    this.#fixed = fixed
  }

  /** The next chunk's size. `left` is how many items are left, where that is known. */
  next(left: number | undefined, engines: number): number {
    if (this.#fixed !== undefined) return this.#fixed
    if (this.#itemMs === undefined) return 1
    const wanted = workWantedMs / this.#itemMs
    const least = workLeastMs / this.#itemMs
    const share = left === undefined ? wanted : left / (chunksPerEngine * Math.max(1, engines))
    const bounded = Math.min(
      Math.max(Math.min(wanted, share), Math.min(least, wanted)),
      this.#largestMeasured * growthMax,
      bytesMax / Math.max(this.#itemBytes, this.#resultBytes),
      itemsMax,
    )
    return Math.max(1, Math.floor(bounded))
  }

  sent(items: number, bytes: number): void {
    this.#itemBytes = averaged(this.#itemBytes, bytes / items)
  }

  /** A chunk has taken this long at its engine, and its results so many bytes. */
  measured(items: number, durationMs: number, bytes = 0): void {
    this.#resultBytes = averaged(this.#resultBytes, bytes / items)
    // A clock may be too coarse to see a single cheap item.
    const itemMs = Math.max(durationMs / items, 1e-6)
    this.#itemMs = this.#itemMs === undefined ? itemMs : this.#itemMs * (1 - newWeight) + itemMs * newWeight
    this.#largestMeasured = Math.max(this.#largestMeasured, items)
  }
}

function averaged(before: number, now: number): number {
  return before === 0 ? now : (before + now) / 2
}
