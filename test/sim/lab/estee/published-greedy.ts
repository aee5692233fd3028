/** The schedulers of Estee that go by where data lies, and draw among equals: greedy transfer, and work stealing. */
import type { Random } from '../../../../core/random.ts'
import { ClusterModel } from '../../../../sim/lab/cluster-model.ts'
import type { Workload } from '../../../../sim/lab/workload.ts'
import { type Links, linksOf, publishedBottomLevels } from './published-levels.ts'
import type { PublishedSettings } from './published-schedulers.ts'

export type GreedyName = 'blevel-gt' | 'ws'

/** The makespan, in milliseconds: every duration and size is known, decisions take no time. */
export function greedyMakespan(
  workload: Workload,
  name: GreedyName,
  settings: Omit<PublishedSettings, 'repairs'> & { readonly random: Random },
): number {
  return name === 'ws' ? new Stealing(workload, settings).toTheEnd() : new GreedyTransfer(workload, settings).toTheEnd()
}

abstract class GreedyRun {
  protected readonly workload: Workload
  protected readonly random: Random
  protected readonly model: ClusterModel
  protected readonly links: Links
  protected readonly level: Float64Array
  /** By engine: its cores, less those of all that was assigned there and has not ended. */
  protected readonly free: number[]
  protected readonly engineCores: readonly number[]
  /** By object, the engines where a task was ever assigned that makes or consumes it. */
  protected readonly marks: readonly Set<number>[]
  readonly #left: number[]

  constructor(
    workload: Workload,
    { engines, network, random }: Parameters<typeof greedyMakespan>[2],
    hasPriorities: boolean,
  ) {
    this.workload = workload
    this.random = random
    this.links = linksOf(workload)
    this.level = publishedBottomLevels(workload, this.links, false)
    const blocking = this.level.map((level, task) => level - (workload.durationMs[task] as number))
    const order = hasPriorities ? { priority: this.level, blocking } : {}
    this.model = new ClusterModel(workload, { engines, network, rules: 'estee', ...order })
    this.engineCores = engines.map(({ cores = 1 }) => cores)
    this.free = [...this.engineCores]
    this.marks = Array.from({ length: workload.data?.size ?? 0 }, () => new Set())
    this.#left = this.links.parents.map((parents) => parents.length)
  }

  protected abstract call(ready: readonly number[], ended: readonly number[]): void

  toTheEnd(): number {
    const { model } = this
    let unfinished = this.workload.size
    let transfers = 0
    this.call(
      this.#left.flatMap((count, task) => (count === 0 ? [task] : [])),
      [],
    )
    model.settle()
    while (unfinished > 0) {
      model.advance(model.nextMs)
      const ended = model.ended.splice(0).sort((a, b) => a - b)
      unfinished -= ended.length
      if (ended.length > 0 || model.transfers > transfers) {
        transfers = model.transfers
        this.call(
          ended.flatMap((task) => this.#released(task)),
          ended,
        )
      }
      model.settle()
    }
    return model.nowMs
  }

  #released(ended: number): number[] {
    return (this.links.children[ended] as number[]).filter((task) => {
      this.#left[task] = (this.#left[task] as number) - 1
      return this.#left[task] === 0
    })
  }

  protected coresOf(task: number): number {
    return this.workload.cores[task] as number
  }

  /** What it needs and makes. */
  protected objectsOf(task: number): number[] {
    const { data } = this.workload
    if (data === undefined) return []
    const made = Array.from(
      { length: (data.firstOutput[task + 1] as number) - (data.firstOutput[task] as number) },
      (_, i) => (data.firstOutput[task] as number) + i,
    )
    return [...this.inputsOf(task), ...made]
  }

  protected inputsOf(task: number): ArrayLike<number> & Iterable<number> {
    const { data } = this.workload
    return data === undefined ? [] : data.inputs.subarray(data.firstInput[task], data.firstInput[task + 1])
  }

  protected costOf(task: number, engine: number): number {
    let cost = 0
    for (const object of this.inputsOf(task)) {
      if (this.model.holders(object)?.includes(engine)) continue
      const bytes = this.workload.data?.bytes[object] as number
      cost += this.marks[object]?.has(engine) ? bytes * 0.1 : bytes
    }
    return cost
  }

  protected cheapest(task: number, engines: readonly number[]): number {
    const costs = engines.map((engine) => this.costOf(task, engine))
    const least = Math.min(...costs)
    const best = engines.filter((_, i) => costs[i] === least)
    return best[this.random.below(best.length)] as number
  }
}

class GreedyTransfer extends GreedyRun {
  readonly #queue: number[]
  readonly #ready = new Set<number>()

  constructor(workload: Workload, settings: Parameters<typeof greedyMakespan>[2]) {
    super(workload, settings, false)
    const keys = Array.from({ length: workload.size }, () => this.random.unit())
    this.#queue = keys
      .map((_, task) => task)
      .sort(
        (a, b) => (this.level[b] as number) - (this.level[a] as number) || (keys[a] as number) - (keys[b] as number),
      )
  }

  protected call(ready: readonly number[], ended: readonly number[]): void {
    const { model, free } = this
    for (const task of ended)
      free[model.engine[task] as number] = (free[model.engine[task] as number] ?? 0) + this.coresOf(task)
    for (const task of ready) this.#ready.add(task)
    for (const task of this.#queue) {
      if (!this.#ready.has(task)) continue
      const engines = free.flatMap((cores, engine) => (cores >= this.coresOf(task) ? [engine] : []))
      if (engines.length === 0) break
      const engine = this.cheapest(task, engines)
      for (const object of this.objectsOf(task)) this.marks[object]?.add(engine)
      free[engine] = (free[engine] as number) - this.coresOf(task)
      this.#ready.delete(task)
      model.assign(task, engine)
    }
  }
}

class Stealing extends GreedyRun {
  /** By engine, what it is to have, as the scheduler believes. */
  readonly #tasks: readonly Set<number>[]
  readonly #owner = new Map<number, number>()
  /** Running, so that they could not be moved. */
  #failed: number[] = []

  constructor(workload: Workload, settings: Parameters<typeof greedyMakespan>[2]) {
    super(workload, settings, true)
    this.#tasks = this.engineCores.map(() => new Set())
  }

  protected call(ready: readonly number[], ended: readonly number[]): void {
    for (const task of this.#failed.splice(0)) {
      this.#give(task, this.model.engine[task] as number)
      for (const object of this.objectsOf(task)) this.#mark(object)
    }
    for (const task of ended) this.#take(task)
    const all = this.engineCores.map((_, engine) => engine)
    const fresh = new Map<number, Set<number>>()
    for (const task of ready) {
      const engine = this.cheapest(
        task,
        all.filter((one) => (this.engineCores[one] as number) >= this.coresOf(task)),
      )
      this.#give(task, engine)
      fresh.set(task, new Set(this.objectsOf(task).filter((object) => !this.marks[object]?.has(engine))))
      for (const object of this.objectsOf(task)) this.marks[object]?.add(engine)
    }
    const changed = new Set(ready)
    for (const engine of all) this.#steal(engine, changed, fresh)
    const order = [...changed].sort((a, b) => (this.level[b] as number) - (this.level[a] as number))
    for (const task of order) {
      const engine = this.#owner.get(task) as number
      const at = this.model.engine[task] as number
      if (at === engine) continue
      if (at >= 0 && !this.model.retract(task)) this.#failed.push(task)
      else this.model.assign(task, engine)
    }
  }

  #steal(engine: number, changed: Set<number>, fresh: ReadonlyMap<number, ReadonlySet<number>>): void {
    const { free } = this
    if ((free[engine] as number) <= 0) return
    const candidates = this.#tasks
      .flatMap((tasks, owner) => ((free[owner] as number) < 0 ? [...tasks] : []))
      .map((task) => ({
        task,
        value: this.costOf(task, engine) / Math.max((this.workload.durationMs[task] as number) / 1_000, 0.001),
      }))
      .sort((a, b) => a.value - b.value)
    for (const { task } of candidates) {
      const owner = this.#owner.get(task) as number
      const cores = this.coresOf(task)
      if (cores > (this.engineCores[engine] as number)) continue
      if ((free[owner] as number) - cores >= (free[engine] as number)) continue
      if ((free[owner] as number) + cores > 0) continue
      for (const object of fresh.get(task) ?? []) this.marks[object]?.delete(owner)
      this.#give(task, engine)
      for (const object of this.objectsOf(task)) this.marks[object]?.add(engine)
      changed.add(task)
    }
  }

  #give(task: number, engine: number): void {
    this.#take(task)
    this.#owner.set(task, engine)
    this.#tasks[engine]?.add(task)
    this.free[engine] = (this.free[engine] as number) - this.coresOf(task)
  }

  #take(task: number): void {
    const owner = this.#owner.get(task)
    if (owner === undefined || !this.#tasks[owner]?.delete(task)) return
    this.free[owner] = (this.free[owner] as number) + this.coresOf(task)
  }

  /** By where those are now that make and consume the object. */
  #mark(object: number): void {
    const { data } = this.workload
    const marks = this.marks[object]
    if (data === undefined || marks === undefined) return
    marks.clear()
    const consumers = data.consumers.subarray(data.firstConsumer[object], data.firstConsumer[object + 1])
    for (const task of [data.producer[object] as number, ...consumers]) {
      const owner = this.#owner.get(task)
      if (owner !== undefined) marks.add(owner)
    }
  }
}
