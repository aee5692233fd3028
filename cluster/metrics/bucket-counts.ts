/** How often values fell between bounds: adding one is a search among a few numbers, and nothing else. */
export class BucketCounts {
  /** Ascending; a value belongs to the first bound that is not less. */
  readonly bounds: readonly number[]
  /** One more than bounds: the last is of the values above all. */
  readonly counts: Float64Array
  sum = 0

  constructor(bounds: readonly number[]) {
    this.bounds = bounds
    this.counts = new Float64Array(bounds.length + 1)
  }

  add(value: number): void {
    const { bounds, counts } = this
    let low = 0
    let high = bounds.length
    while (low < high) {
      const middle = (low + high) >> 1
      if (value <= (bounds[middle] as number)) high = middle
      else low = middle + 1
    }
    counts[low] = (counts[low] as number) + 1
    this.sum += value
  }
}
