import type { Random } from '../core/random.ts'
import type { SimulatedCluster } from './simulated-cluster.ts'
import type { SimulatedProcess } from './simulated-process.ts'

/** What can go wrong. */
export const faultKinds = [
  'engineCrash',
  'engineHang',
  'slowEngine',
  'controllerCrash',
  'controllerHang',
  'clientCrash',
  'clientHang',
  'cut',
  'halfOpen',
  'partition',
  'slowLink',
  'clockJump',
  'diskError',
  'slowDisk',
] as const
export type FaultKind = (typeof faultKinds)[number]

export interface FaultOptions {
  /** Between two faults, in milliseconds of simulated time: the mean of an exponential distribution. Default 2,000. */
  readonly everyMs?: number
  /** How likely each kind is, beside the others. Default 1 for each; 0: never. */
  readonly weights?: Partial<Record<FaultKind, number>>
}

/** The longest time that something is blocked, stopped or slow, in milliseconds. */
const lastsMsMax = 15_000

/** Lets things go wrong at random times until it is ended. */
export class Faults {
  readonly counts = new Map<FaultKind, number>()
  readonly #cluster: SimulatedCluster
  readonly #random: Random
  readonly #everyMs: number
  readonly #kinds: readonly FaultKind[]
  readonly #weights: readonly number[]
  #isOver = false

  constructor(cluster: SimulatedCluster, random: Random, { everyMs = 2_000, weights = {} }: FaultOptions) {
    this.#cluster = cluster
    this.#random = random
    this.#everyMs = everyMs
    this.#kinds = faultKinds
    this.#weights = faultKinds.map((kind) => weights[kind] ?? 1)
  }

  begin(): void {
    const pauseMs = -Math.log(1 - this.#random.unit()) * this.#everyMs
    this.#cluster.timeline.after(pauseMs, undefined, () => {
      if (this.#isOver) return
      const kind = this.#draw()
      if (this.#inject(kind)) this.counts.set(kind, (this.counts.get(kind) ?? 0) + 1)
      this.begin()
    })
  }

  /** All is well from here on: what was stopped goes on, what was blocked is open, what was slow is quick. */
  end(): void {
    this.#isOver = true
    const { network, disk, clients, engines, controllerProcess, story } = this.#cluster
    story.note('everything is healed')
    network.heal()
    disk.heal()
    for (const process of [controllerProcess, ...engines.values(), ...clients.keys()]) {
      process.slowness = 1
      process.resume()
    }
  }

  #draw(): FaultKind {
    const total = this.#weights.reduce((sum, weight) => sum + weight, 0)
    let at = this.#random.unit() * total
    for (const [i, kind] of this.#kinds.entries()) {
      at -= this.#weights[i] ?? 0
      if (at < 0) return kind
    }
    return 'cut'
  }

  /** False where there is nothing for it to happen to. */
  #inject(kind: FaultKind): boolean {
    const { disk, story, timeline, controllerProcess: controller } = this.#cluster
    const engine = this.#pick([...this.#cluster.engines.values()])
    const client = this.#pick([...this.#cluster.clients.keys()])
    const lastsMs = this.#random.unit() ** 2 * lastsMsMax
    const lasting = `for ${Math.round(lastsMs)} ms`
    switch (kind) {
      case 'engineCrash':
        return this.#kill(engine)
      case 'controllerCrash':
        return this.#kill(controller)
      case 'clientCrash':
        return client !== this.#cluster.program && this.#kill(client)
      case 'engineHang':
        return this.#hang(engine, lastsMs)
      case 'controllerHang':
        return this.#hang(controller, lastsMs)
      case 'clientHang':
        return this.#hang(client, lastsMs)
      case 'slowEngine':
        if (engine === undefined) return false
        engine.slowness = 1 + this.#random.unit() * 20
        story.note(`${engine.name} is ${engine.slowness.toFixed(1)} times slower ${lasting}`)
        timeline.after(lastsMs, undefined, () => {
          engine.slowness = 1
        })
        return true
      case 'clockJump': {
        const process = this.#pick([engine, client, controller].filter((one) => one !== undefined))
        const offsetMs = Math.round((this.#random.unit() - 0.5) * 7_200_000)
        story.note(`the wall clock of ${process?.name} is set to be off by ${offsetMs} ms`)
        process?.setWallClock(offsetMs)
        return true
      }
      case 'diskError':
        story.note('the next write to the disk fails')
        disk.failNext()
        return this.#cluster.hasStore
      case 'slowDisk':
        story.note(`the disk is slow ${lasting}`)
        disk.slow(this.#random.unit() * 2_000)
        timeline.after(lastsMs, undefined, () => disk.slow(0))
        return this.#cluster.hasStore
      default:
        return this.#disturb(kind, this.#pick([engine, client].filter((one) => one !== undefined)), lastsMs)
    }
  }

  #disturb(kind: FaultKind, process: SimulatedProcess | undefined, lastsMs: number): boolean {
    if (process === undefined) return false
    const { network, story, timeline } = this.#cluster
    const { name } = process
    if (kind === 'cut') {
      const isCut = network.cut(process)
      if (isCut) story.note(`the link of ${name} is cut`)
      return isCut
    }
    const lasting = `for ${Math.round(lastsMs)} ms`
    if (kind === 'slowLink') {
      const extraMs = this.#random.unit() * 3_000
      story.note(`the link of ${name} is ${Math.round(extraMs)} ms slower ${lasting}`)
      network.slow(name, 'controller', extraMs)
      timeline.after(lastsMs, undefined, () => network.slow(name, 'controller', 0))
      return true
    }
    const ways = [
      [name, 'controller'],
      ['controller', name],
    ] as const
    const blocked = kind === 'partition' ? ways : [ways[this.#random.below(2)] ?? ways[0]]
    for (const [from, to] of blocked) {
      story.note(`nothing gets from ${from} to ${to} ${lasting}`)
      network.block(from, to)
      timeline.after(lastsMs, undefined, () => network.unblock(from, to))
    }
    return true
  }

  #kill(process: SimulatedProcess | undefined): boolean {
    if (process === undefined || process.state === 'dead') return false
    this.#cluster.kill(process, this.#random.below(3) > 0)
    return true
  }

  #hang(process: SimulatedProcess | undefined, lastsMs: number): boolean {
    if (process?.state !== 'running') return false
    this.#cluster.story.note(`${process.name} is stopped for ${Math.round(lastsMs)} ms`)
    process.stop()
    this.#cluster.timeline.after(lastsMs, undefined, () => process.resume())
    return true
  }

  #pick<T>(list: readonly T[]): T | undefined {
    return list[this.#random.below(Math.max(1, list.length))]
  }
}
