import type { EngineId } from '../core/ids.ts'
import type { Random } from '../core/random.ts'
import type { EngineRecord } from './engine-record.ts'
import { LoadBuckets } from './load-buckets.ts'
import { OrdinalHeap } from './ordinal-heap.ts'
import { RankTree } from './rank-tree.ts'

/**
 * The engines below their mark, in the orders that strategies ask for. Each is built when it is first asked
 * for and kept from then on, so that a strategy pays only for what it uses.
 *
 * Invariant: holds exactly the engines with `available`, and `load` and `lastUsed` mirror theirs.
 */
export class EngineIndex {
  /** How many are available. */
  count = 0
  private capacity = 16
  /** Ordinals are handed out in order of arrival; when they run out the living are numbered afresh. */
  private nextOrdinal = 0
  private byOrdinal: (EngineRecord | undefined)[] = []
  /** By ordinal, ascending; those that left stay until the next numbering. */
  private ids: EngineId[] = []
  private loads = new Float64Array(16)
  private uses = new Float64Array(16)
  private byLoad: OrdinalHeap | undefined
  private byUse: OrdinalHeap | undefined
  private byArrival: RankTree | undefined
  private buckets: LoadBuckets | undefined

  /** A new engine; `living` are all engines in order of arrival, itself included. */
  join(engine: EngineRecord, living: Iterable<EngineRecord>, count: number): void {
    if (this.nextOrdinal === this.capacity) {
      this.renumber(living, count)
      return
    }
    engine.ordinal = this.nextOrdinal
    this.nextOrdinal += 1
    this.byOrdinal[engine.ordinal] = engine
    this.ids[engine.ordinal] = engine.id
  }

  leave(engine: EngineRecord): void {
    if (engine.available) this.remove(engine)
    this.byOrdinal[engine.ordinal] = undefined
  }

  add(engine: EngineRecord): void {
    engine.available = true
    this.count += 1
    const { ordinal } = engine
    this.loads[ordinal] = engine.load
    this.uses[ordinal] = engine.lastUsed
    this.byLoad?.add(ordinal)
    this.byUse?.add(ordinal)
    this.byArrival?.add(ordinal)
    this.buckets?.add(ordinal, engine.load)
  }

  remove(engine: EngineRecord): void {
    engine.available = false
    this.count -= 1
    this.byLoad?.remove(engine.ordinal)
    this.byUse?.remove(engine.ordinal)
    this.byArrival?.remove(engine.ordinal)
    this.buckets?.remove(engine.ordinal)
  }

  /** An available engine's load or last use changed. */
  changed(engine: EngineRecord): void {
    const { ordinal } = engine
    const moved = this.uses[ordinal] !== engine.lastUsed
    this.loads[ordinal] = engine.load
    this.uses[ordinal] = engine.lastUsed
    this.byLoad?.changed(ordinal)
    if (moved) this.byUse?.changed(ordinal)
    this.buckets?.changed(ordinal, engine.load)
  }

  leastLoaded(): EngineRecord {
    this.byLoad ??= this.heap(this.loads, this.uses)
    return this.byOrdinal[this.byLoad.least()] as EngineRecord
  }

  leastRecentlyUsed(): EngineRecord {
    this.byUse ??= this.heap(this.uses, this.uses)
    return this.byOrdinal[this.byUse.least()] as EngineRecord
  }

  at(rank: number): EngineRecord {
    this.byArrival ??= this.tree()
    return this.byOrdinal[this.byArrival.select(rank)] as EngineRecord
  }

  draw(weight: (load: number) => number, random: Random): EngineRecord {
    if (this.buckets === undefined) {
      this.buckets = new LoadBuckets(this.capacity)
      for (const engine of this.byOrdinal) if (engine?.available) this.buckets.add(engine.ordinal, engine.load)
    }
    return this.byOrdinal[this.buckets.draw(weight, random)] as EngineRecord
  }

  /** The first in order of arrival with a greater number, or the very first. `id` may have left long ago. */
  after(id: EngineId): EngineRecord {
    this.byArrival ??= this.tree()
    const rank = this.byArrival.below(this.firstOrdinalAfter(id))
    return this.at(rank === this.count ? 0 : rank)
  }

  /** Forgets the orders that the last strategy used. */
  reset(): void {
    this.byLoad = undefined
    this.byUse = undefined
    this.byArrival = undefined
    this.buckets = undefined
  }

  /** Ordinals and numbers grow alike. */
  private firstOrdinalAfter(id: EngineId): number {
    let low = 0
    let high = this.nextOrdinal
    while (low < high) {
      const middle = (low + high) >> 1
      if ((this.ids[middle] as EngineId) > id) high = middle
      else low = middle + 1
    }
    return low
  }

  private heap(primary: Float64Array, secondary: Float64Array): OrdinalHeap {
    const heap = new OrdinalHeap(primary, secondary)
    for (const engine of this.byOrdinal) if (engine?.available) heap.add(engine.ordinal)
    return heap
  }

  private tree(): RankTree {
    const tree = new RankTree(this.capacity)
    for (const engine of this.byOrdinal) if (engine?.available) tree.add(engine.ordinal)
    return tree
  }

  private renumber(living: Iterable<EngineRecord>, count: number): void {
    this.capacity = Math.max(16, 2 * count)
    this.loads = new Float64Array(this.capacity)
    this.uses = new Float64Array(this.capacity)
    this.byOrdinal = []
    this.ids = []
    this.nextOrdinal = 0
    for (const engine of living) {
      engine.ordinal = this.nextOrdinal
      this.nextOrdinal += 1
      this.byOrdinal.push(engine)
      this.ids.push(engine.id)
      this.loads[engine.ordinal] = engine.load
      this.uses[engine.ordinal] = engine.lastUsed
    }
    this.reset()
  }
}
