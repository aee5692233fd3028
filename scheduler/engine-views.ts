import type { EngineId } from '../core/ids.ts'
import type { Random } from '../core/random.ts'
import type { EngineIndex } from './engine-index.ts'
import type { EngineRecord } from './engine-record.ts'
import type { Engines } from './strategies/strategy.ts'

function outOfRange(i: number, size: number): never {
  throw new RangeError(`There is no engine ${i} among the ${size} that may take the task.`)
}

/** `n` of `size` ranks, uniformly, without replacement, in the order drawn. */
function drawRanks(size: number, n: number, random: Random): number[] {
  if (n * 4 > size) return shuffledRanks(size, Math.min(n, size), random)
  if (n > 16) {
    const ranks = new Set<number>()
    while (ranks.size < n) ranks.add(random.below(size))
    return [...ranks]
  }
  const ranks: number[] = []
  while (ranks.length < n) {
    const rank = random.below(size)
    if (!ranks.includes(rank)) ranks.push(rank)
  }
  return ranks
}

function shuffledRanks(size: number, n: number, random: Random): number[] {
  const ranks = Array.from({ length: size }, (_, rank) => rank)
  for (let i = 0; i < n; i += 1) {
    const other = i + random.below(size - i)
    const rank = ranks[other] as number
    ranks[other] = ranks[i] as number
    ranks[i] = rank
  }
  ranks.length = n
  return ranks
}

/** All available engines. */
export class IndexView implements Engines {
  private readonly index: EngineIndex
  private readonly random: Random

  constructor(index: EngineIndex, random: Random) {
    this.index = index
    this.random = random
  }

  get size(): number {
    return this.index.count
  }

  at(i: number): EngineRecord {
    if (!(i >= 0 && i < this.index.count)) outOfRange(i, this.index.count)
    return this.index.at(i)
  }

  leastLoaded(): EngineRecord {
    return this.index.leastLoaded()
  }

  leastRecentlyUsed(): EngineRecord {
    return this.index.leastRecentlyUsed()
  }

  sample(n: number): EngineRecord[] {
    return drawRanks(this.index.count, n, this.random).map((rank) => this.index.at(rank))
  }

  draw(weight: (load: number) => number): EngineRecord {
    return this.index.draw(weight, this.random)
  }

  after(id: EngineId): EngineRecord {
    return this.index.after(id)
  }

  offers(engine: EngineRecord): boolean {
    return engine.available
  }
}

/** A few engines, in order of arrival. */
export class ListView implements Engines {
  private readonly list: readonly EngineRecord[]
  private readonly random: Random

  constructor(list: readonly EngineRecord[], random: Random) {
    this.list = list
    this.random = random
  }

  get size(): number {
    return this.list.length
  }

  at(i: number): EngineRecord {
    return this.list[i] ?? outOfRange(i, this.list.length)
  }

  leastLoaded(): EngineRecord {
    return this.best((a, b) => a.load < b.load || (a.load === b.load && a.lastUsed < b.lastUsed))
  }

  leastRecentlyUsed(): EngineRecord {
    return this.best((a, b) => a.lastUsed < b.lastUsed)
  }

  sample(n: number): EngineRecord[] {
    return drawRanks(this.list.length, n, this.random).map((rank) => this.at(rank))
  }

  draw(weight: (load: number) => number): EngineRecord {
    const total = this.list.reduce((sum, engine) => sum + weight(engine.load), 0)
    let left = this.random.unit() * total
    for (const engine of this.list) {
      left -= weight(engine.load)
      if (left < 0) return engine
    }
    return this.at(this.list.length - 1)
  }

  after(id: EngineId): EngineRecord {
    return this.list.find((engine) => engine.id > id) ?? this.at(0)
  }

  offers(engine: EngineRecord): boolean {
    return this.list.includes(engine)
  }

  private best(before: (a: EngineRecord, b: EngineRecord) => boolean): EngineRecord {
    let best = this.at(0)
    for (const engine of this.list) if (before(engine, best)) best = engine
    return best
  }
}
