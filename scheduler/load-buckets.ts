import type { Random } from '../core/random.ts'

/** Small integers by their load, for draws whose probability depends on the load alone. Changes are O(1). */
export class LoadBuckets {
  private readonly buckets = new Map<number, number[]>()
  private readonly loadOf: Float64Array
  /** Where each stands in its bucket. */
  private readonly place: Int32Array

  constructor(capacity: number) {
    this.loadOf = new Float64Array(capacity)
    this.place = new Int32Array(capacity)
  }

  add(member: number, load: number): void {
    let bucket = this.buckets.get(load)
    if (bucket === undefined) {
      bucket = []
      this.buckets.set(load, bucket)
    }
    this.loadOf[member] = load
    this.place[member] = bucket.length
    bucket.push(member)
  }

  remove(member: number): void {
    const load = this.loadOf[member] as number
    const bucket = this.buckets.get(load) as number[]
    const last = bucket.pop() as number
    if (bucket.length === 0) this.buckets.delete(load)
    if (last === member) return
    const at = this.place[member] as number
    bucket[at] = last
    this.place[last] = at
  }

  changed(member: number, load: number): void {
    if (this.loadOf[member] === load) return
    this.remove(member)
    this.add(member, load)
  }

  /** One member, with a probability proportional to `weight(load)`; O(number of different loads). There must be one. */
  draw(weight: (load: number) => number, random: Random): number {
    let total = 0
    for (const [load, bucket] of this.buckets) total += weight(load) * bucket.length
    let left = random.unit() * total
    let chosen: number[] = []
    for (const [load, bucket] of this.buckets) {
      chosen = bucket
      left -= weight(load) * bucket.length
      if (left < 0) break
    }
    return chosen[random.below(chosen.length)] as number
  }
}
