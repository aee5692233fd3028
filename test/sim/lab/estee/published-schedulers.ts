/** The list schedulers of Estee as it runs them, with the defects that were found in them, each of which can be mended. */
import { ClusterModel } from '../../../../sim/lab/cluster-model.ts'
import type { EngineSpec } from '../../../../sim/lab/engine-spec.ts'
import type { NetworkSpec } from '../../../../sim/lab/network.ts'
import type { Workload } from '../../../../sim/lab/workload.ts'
import {
  type Links,
  linksOf,
  publishedBottomLevels,
  publishedLatestStarts,
  publishedTopLevels,
} from './published-levels.ts'

export type PublishedName = 'blevel' | 'tlevel' | 'mcp' | 'etf' | 'dls'

/**
 * - `placement`: what a task needs counts only where it does not lie.
 * - `running`: `blevel` and `tlevel` know what runs, as the others do.
 * - `queue`: a worker with a free core is not free if tasks wait there.
 * - `twice`: `mcp` counts what it has just assigned once.
 * - `levels`, `alap`: see the levels.
 */
export type Repair = 'placement' | 'running' | 'queue' | 'twice' | 'levels' | 'alap'

export interface PublishedSettings {
  readonly engines: readonly EngineSpec[]
  readonly network: Extract<NetworkSpec, { readonly bytesPerSecond: number }>
  readonly repairs?: readonly Repair[]
}

/** The makespan, in milliseconds: every duration and size is known, decisions take no time. */
export function publishedMakespan(workload: Workload, name: PublishedName, settings: PublishedSettings): number {
  return new PublishedRun(workload, name, settings).toTheEnd()
}

class PublishedRun {
  readonly #workload: Workload
  readonly #name: PublishedName
  readonly #repairs: ReadonlySet<Repair>
  readonly #bytesPerSecond: number
  readonly #model: ClusterModel
  readonly #links: Links
  readonly #level: Float64Array
  /** Of `mcp`. */
  readonly #keys: readonly (readonly number[])[]
  readonly #engineCores: readonly number[]
  readonly #left: number[]
  /** By engine: tasks known to run there, and tasks assigned there that have not begun, in order. */
  readonly #running: Set<number>[]
  readonly #waiting: Set<number>[]
  /** Placed in this call, by engine. */
  #placed: number[][] = []
  /** In how many milliseconds an engine has so many cores, as long as nothing changes. */
  #coresKnown: Map<number, number>[] = []

  constructor(workload: Workload, name: PublishedName, { engines, network, repairs = [] }: PublishedSettings) {
    this.#workload = workload
    this.#name = name
    this.#repairs = new Set(repairs)
    this.#bytesPerSecond = network.bytesPerSecond
    this.#model = new ClusterModel(workload, { engines, network, rules: 'estee', notesBegun: true })
    this.#links = linksOf(workload)
    const levels = this.#repairs.has('levels')
    const levelsOf = name === 'tlevel' ? publishedTopLevels : publishedBottomLevels
    this.#level = levelsOf(workload, this.#links, levels)
    this.#keys = name === 'mcp' ? this.#keysOf(levels) : []
    this.#engineCores = engines.map(({ cores = 1 }) => cores)
    this.#left = this.#links.parents.map((parents) => parents.length)
    this.#running = engines.map(() => new Set())
    this.#waiting = engines.map(() => new Set())
  }

  toTheEnd(): number {
    const model = this.#model
    let unfinished = this.#workload.size
    this.#call(this.#left.flatMap((count, task) => (count === 0 ? [task] : [])))
    while (unfinished > 0) {
      model.advance(model.nextMs)
      const ended = model.ended.splice(0).sort((a, b) => a - b)
      unfinished -= ended.length
      this.#note()
      for (const task of ended) this.#running[model.engine[task] as number]?.delete(task)
      this.#call(ended.flatMap((task) => this.#released(task)))
    }
    return model.nowMs
  }

  #released(ended: number): number[] {
    return (this.#links.children[ended] as number[]).filter((task) => {
      const left = (this.#left[task] as number) - 1
      this.#left[task] = left
      return left === 0
    })
  }

  /** What has begun is known to run. */
  #note(): void {
    for (const task of this.#model.begun.splice(0)) {
      const engine = this.#model.engine[task] as number
      this.#waiting[engine]?.delete(task)
      if (this.#repairs.has('running') || (this.#name !== 'blevel' && this.#name !== 'tlevel')) {
        this.#running[engine]?.add(task)
      }
    }
  }

  #call(ready: readonly number[]): void {
    this.#placed = this.#engineCores.map(() => [])
    this.#coresKnown = this.#engineCores.map(() => new Map())
    const order = [...ready]
    if (this.#name === 'mcp') order.sort((a, b) => lexicographically(this.#keys[a] ?? [], this.#keys[b] ?? []))
    const placed: (readonly [task: number, engine: number])[] = []
    while (order.length > 0) {
      const [i, engine] = this.#choose(order)
      const [task] = order.splice(i, 1) as [number]
      placed.push([task, engine])
      this.#placed[engine]?.push(task)
      this.#coresKnown[engine]?.clear()
    }
    for (const [task, engine] of placed) {
      this.#waiting[engine]?.add(task)
      this.#model.assign(task, engine)
    }
    this.#model.settle()
    this.#note()
  }

  /** Which of the ready tasks is placed next, and where. */
  #choose(ready: readonly number[]): readonly [index: number, engine: number] {
    switch (this.#name) {
      case 'mcp':
        return [0, this.#earliest(ready[0] as number)]
      case 'blevel':
      case 'tlevel': {
        const sign = this.#name === 'blevel' ? -1 : 1
        const best = ready.reduce(
          (first, task, i) =>
            sign * (this.#level[task] as number) < sign * (this.#level[ready[first] as number] as number) ? i : first,
          0,
        )
        return [best, this.#earliest(ready[best] as number)]
      }
      case 'etf':
        return this.#bestPair(ready, (task, atMs) => [atMs, -(this.#level[task] as number)])
      case 'dls':
        return this.#bestPair(ready, (task, atMs) => [atMs - (this.#level[task] as number)])
    }
  }

  #bestPair(
    ready: readonly number[],
    value: (task: number, atMs: number) => readonly number[],
  ): readonly [index: number, engine: number] {
    let best: readonly [number, number] = [0, 0]
    let least: readonly number[] | undefined
    for (let engine = 0; engine < this.#engineCores.length; engine += 1) {
      ready.forEach((task, i) => {
        const found = value(task, this.#beginsIn(task, engine))
        if (least !== undefined && lexicographically(found, least) >= 0) return
        least = found
        best = [i, engine]
      })
    }
    return best
  }

  #earliest(task: number): number {
    let best = 0
    let bestMs = Number.POSITIVE_INFINITY
    for (let engine = 0; engine < this.#engineCores.length; engine += 1) {
      const ms = this.#beginsIn(task, engine)
      if (ms >= bestMs) continue
      best = engine
      bestMs = ms
    }
    return best
  }

  #beginsIn(task: number, engine: number): number {
    const known = this.#coresKnown[engine] as Map<number, number>
    const cores = this.#workload.cores[task] as number
    let ms = known.get(cores)
    if (ms === undefined) {
      ms = this.#coresIn(cores, engine)
      known.set(cores, ms)
    }
    return Math.max(this.#transferMs(task, engine), ms)
  }

  #transferMs(task: number, engine: number): number {
    const { data } = this.#workload
    if (data === undefined) return 0
    let largest = 0
    for (let i = data.firstInput[task] as number; i < (data.firstInput[task + 1] as number); i += 1) {
      const object = data.inputs[i] as number
      if (this.#repairs.has('placement') && this.#model.engine[data.producer[object] as number] === engine) continue
      largest = Math.max(largest, data.bytes[object] as number)
    }
    return (largest / this.#bytesPerSecond) * 1_000
  }

  /** In how many milliseconds there are so many cores, by what is expected. */
  #coresIn(needed: number, engine: number): number {
    const { cores, durationMs } = this.#workload
    const { nowMs, startMs } = this.#model
    let free = this.#engineCores[engine] as number
    for (const running of this.#running[engine] ?? []) free -= cores[running] as number
    const isQueueMended = this.#repairs.has('queue')
    if (free >= needed && !isQueueMended) return 0
    const placed = this.#placed[engine] ?? []
    const pending = [...(this.#waiting[engine] ?? []), ...placed]
    if (this.#name === 'mcp' && !this.#repairs.has('twice')) pending.push(...placed)
    const ends = [...(this.#running[engine] ?? [])].map((running) => {
      const ms = (durationMs[running] as number) || 1_000
      return { atMs: (startMs[running] as number) + ms, cores: cores[running] as number }
    })
    let clock = nowMs
    const begin = () => {
      for (let next = pending[0]; next !== undefined && (cores[next] as number) <= free; next = pending[0]) {
        pending.shift()
        free -= cores[next] as number
        ends.push({ atMs: clock + ((durationMs[next] as number) || 1_000), cores: cores[next] as number })
      }
    }
    if (isQueueMended) begin()
    while (free < needed || (isQueueMended && pending.length > 0)) {
      const first = ends.reduce(
        (least, one, i) => (one.atMs < (ends[least]?.atMs ?? Number.POSITIVE_INFINITY) ? i : least),
        0,
      )
      const [ended] = ends.splice(first, 1)
      if (ended === undefined) break
      clock = ended.atMs
      free += ended.cores
      begin()
    }
    return clock - nowMs
  }

  #keysOf(levels: boolean): number[][] {
    const alap = publishedLatestStarts(this.#workload, this.#links, this.#bytesPerSecond, {
      levels,
      alap: this.#repairs.has('alap'),
    })
    return Array.from(alap, (own, task) =>
      [own, ...[...new Set(this.#links.children[task])].map((child) => alap[child] as number)].sort((a, b) => b - a),
    )
  }
}

function lexicographically(a: readonly number[], b: readonly number[]): number {
  for (let i = 0; i < Math.min(a.length, b.length); i += 1) {
    if (a[i] !== b[i]) return (a[i] as number) - (b[i] as number)
  }
  return a.length - b.length
}
