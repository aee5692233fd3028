/**
 * A binary min-heap of small integers, each at most once, ordered by two keys in typed arrays that the owner keeps. Whoever
 * changes the keys of a member calls `changed`. All operations are O(log n).
 */
export class OrdinalHeap {
  private readonly heap: Int32Array
  /** Where each ordinal stands; -1: not in the heap. */
  private readonly position: Int32Array
  private readonly primary: Float64Array
  private readonly secondary: Float64Array
  private length = 0

  constructor(primary: Float64Array, secondary: Float64Array) {
    this.primary = primary
    this.secondary = secondary
    this.heap = new Int32Array(primary.length)
    this.position = new Int32Array(primary.length).fill(-1)
  }

  /** The least ordinal; the heap must not be empty. */
  least(): number {
    return this.heap[0] as number
  }

  add(ordinal: number): void {
    this.length += 1
    this.up(this.length - 1, ordinal)
  }

  remove(ordinal: number): void {
    const at = this.position[ordinal] as number
    this.position[ordinal] = -1
    this.length -= 1
    if (at === this.length) return
    const moved = this.heap[this.length] as number
    this.up(at, moved)
    this.down(this.position[moved] as number, moved)
  }

  changed(ordinal: number): void {
    this.up(this.position[ordinal] as number, ordinal)
    this.down(this.position[ordinal] as number, ordinal)
  }

  private up(from: number, ordinal: number): void {
    const { heap, position } = this
    let at = from
    while (at > 0) {
      const parent = (at - 1) >> 1
      const above = heap[parent] as number
      if (!this.before(ordinal, above)) break
      heap[at] = above
      position[above] = at
      at = parent
    }
    heap[at] = ordinal
    position[ordinal] = at
  }

  private down(from: number, ordinal: number): void {
    const { heap, position, length } = this
    let at = from
    for (;;) {
      let child = 2 * at + 1
      if (child >= length) break
      if (child + 1 < length && this.before(heap[child + 1] as number, heap[child] as number)) child += 1
      const below = heap[child] as number
      if (!this.before(below, ordinal)) break
      heap[at] = below
      position[below] = at
      at = child
    }
    heap[at] = ordinal
    position[ordinal] = at
  }

  private before(a: number, b: number): boolean {
    const first = this.primary[a] as number
    const second = this.primary[b] as number
    if (first !== second) return first < second
    return (this.secondary[a] as number) < (this.secondary[b] as number)
  }
}
