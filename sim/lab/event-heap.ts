/**
 * What will happen, earliest first; of what happens at one time, what was added first. A 4-ary heap in plain arrays: half the
 * depth of a binary one, and no object for an entry. All operations are O(log n).
 */
export class EventHeap<Item> {
  readonly #times: number[] = []
  readonly #orders: number[] = []
  readonly #items: Item[] = []
  #order = 0

  /** Infinity where nothing is left. */
  get firstAt(): number {
    return this.#times.length > 0 ? (this.#times[0] as number) : Number.POSITIVE_INFINITY
  }

  add(at: number, item: Item): void {
    const times = this.#times
    const orders = this.#orders
    const items = this.#items
    const order = this.#order
    this.#order += 1
    let place = items.length
    items.push(item)
    times.push(at)
    orders.push(order)
    while (place > 0) {
      const above = (place - 1) >> 2
      // What is added later goes after all of the same time, so equals do not move.
      if ((times[above] as number) <= at) break
      times[place] = times[above] as number
      orders[place] = orders[above] as number
      items[place] = items[above] as Item
      place = above
    }
    times[place] = at
    orders[place] = order
    items[place] = item
  }

  /** Takes the first. There must be one. */
  take(): Item {
    const times = this.#times
    const orders = this.#orders
    const items = this.#items
    const first = items[0] as Item
    const at = times.pop() as number
    const order = orders.pop() as number
    const item = items.pop() as Item
    const size = items.length
    if (size === 0) return first
    let place = 0
    for (;;) {
      const child = 4 * place + 1
      if (child >= size) break
      let least = child
      let leastAt = times[child] as number
      const end = Math.min(child + 4, size)
      for (let other = child + 1; other < end; other += 1) {
        const otherAt = times[other] as number
        if (otherAt < leastAt || (otherAt === leastAt && (orders[other] as number) < (orders[least] as number))) {
          least = other
          leastAt = otherAt
        }
      }
      if (leastAt > at || (leastAt === at && (orders[least] as number) > order)) break
      times[place] = leastAt
      orders[place] = orders[least] as number
      items[place] = items[least] as Item
      place = least
    }
    times[place] = at
    orders[place] = order
    items[place] = item
    return first
  }
}
