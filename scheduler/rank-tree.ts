/**
 * A set of small integers that answers "the i-th smallest member" and "how many are below x" in O(log n): a Fenwick tree
 * over their presence (Fenwick, A New Data Structure for Cumulative Frequency Tables, 1994).
 */
export class RankTree {
  private readonly sums: Int32Array
  private readonly top: number

  constructor(capacity: number) {
    this.sums = new Int32Array(capacity + 1)
    this.top = 2 ** Math.floor(Math.log2(Math.max(1, capacity)))
  }

  add(member: number): void {
    this.update(member, 1)
  }

  remove(member: number): void {
    this.update(member, -1)
  }

  /** How many members are less than `x`. */
  below(x: number): number {
    let count = 0
    for (let i = x; i > 0; i &= i - 1) count += this.sums[i] as number
    return count
  }

  /** The member with exactly `rank` members below it, which must exist. */
  select(rank: number): number {
    let at = 0
    let left = rank
    for (let stride = this.top; stride > 0; stride >>= 1) {
      const next = at + stride
      if (next < this.sums.length && (this.sums[next] as number) <= left) {
        at = next
        left -= this.sums[next] as number
      }
    }
    return at
  }

  private update(member: number, change: number): void {
    for (let i = member + 1; i < this.sums.length; i += i & -i) this.sums[i] = (this.sums[i] as number) + change
  }
}
