import type { Random } from '../core/random.ts'
import type { SimulatedCluster } from './simulated-cluster.ts'
import { crashPoints } from './simulated-disk.ts'
import { messagePoints } from './simulated-network.ts'
import type { SimulatedProcess } from './simulated-process.ts'

/** What can go wrong. */
export const faultKinds = [
  'engineCrash',
  'engineHang',
  'slowEngine',
  'engineDrain',
  'controllerCrash',
  'controllerHang',
  'clientCrash',
  'clientHang',
  'crashAtMessage',
  'crashAtWrite',
  'sleep',
  'cut',
  'halfOpen',
  'partition',
  'slowLink',
  'clockJump',
  'diskError',
  'brokenDisk',
  'slowDisk',
  'together',
] as const
/** What can go wrong in a simulation. */
export type FaultKind = (typeof faultKinds)[number]

/** What goes wrong in a simulation, how often and for how long. */
export interface FaultOptions {
  /** Between two faults, in milliseconds of simulated time: the mean of an exponential distribution. Default 2,000. */
  readonly everyMs?: number
  /** The longest time that something is blocked, stopped or slow, in milliseconds. Default 15,000. */
  readonly lastsMsMax?: number
  /** How likely each kind is, beside the others. Default 1 for each; 0: never. */
  readonly weights?: Partial<Record<FaultKind, number>>
}

/** By how much a wall clock jumps, at most. */
const jumpsMs = [1_000, 60_000, 3_600_000, 86_400_000, 365 * 86_400_000]
/** Before a process ends at a message or a write, so many of them pass at most. */
const aheadMax = 8
/** As many faults come together at most. */
const togetherMax = 4
const slowestMs = { link: 3_000, disk: 2_000 }

/** Lets things go wrong at random times until it is ended. */
export class Faults {
  readonly counts = new Map<FaultKind, number>()
  readonly #cluster: SimulatedCluster
  readonly #random: Random
  readonly #everyMs: number
  readonly #lastsMsMax: number
  readonly #weights: readonly (readonly [FaultKind, number])[]
  #isOver = false

  constructor(
    cluster: SimulatedCluster,
    random: Random,
    { everyMs = 2_000, lastsMsMax = 15_000, weights = {} }: FaultOptions,
  ) {
    this.#cluster = cluster
    this.#random = random
    this.#everyMs = everyMs
    this.#lastsMsMax = lastsMsMax
    this.#weights = faultKinds.map((kind) => [kind, weights[kind] ?? 1])
  }

  begin(): void {
    const pauseMs = -Math.log(1 - this.#random.unit()) * this.#everyMs
    this.#cluster.timeline.after(pauseMs, undefined, () => {
      if (this.#isOver) return
      this.#inject(this.#draw(this.#weights))
      this.begin()
    })
  }

  /** All is well from here on: what was stopped goes on, what was blocked is open, what was slow is quick. */
  end(): void {
    this.#isOver = true
    const { network, disk, clientProcesses, engines, controllerProcess, story } = this.#cluster
    story.note('everything is healed')
    network.heal()
    disk.heal()
    for (const process of [controllerProcess, ...engines.values(), ...clientProcesses]) {
      process.slowness = 1
      process.resume()
    }
  }

  #draw(weights: readonly (readonly [FaultKind, number])[]): FaultKind {
    const total = weights.reduce((sum, [, weight]) => sum + weight, 0)
    let at = this.#random.unit() * total
    for (const [kind, weight] of weights) {
      at -= weight
      if (at < 0) return kind
    }
    return 'cut'
  }

  #inject(kind: FaultKind): void {
    const isDone = kind === 'together' ? this.#several() : this.#happens(kind)
    if (isDone) this.counts.set(kind, (this.counts.get(kind) ?? 0) + 1)
  }

  /** As when a machine, a switch or a whole site fails. */
  #several(): boolean {
    const others = this.#weights.filter(([kind]) => kind !== 'together')
    const times = 2 + this.#random.below(togetherMax - 1)
    for (let i = 0; i < times; i += 1) this.#inject(this.#draw(others))
    return true
  }

  /** False where there is nothing for it to happen to. */
  #happens(kind: Exclude<FaultKind, 'together'>): boolean {
    const { story, timeline, controllerProcess: controller } = this.#cluster
    const engine = this.#pick([...this.#cluster.engines.values()])
    const client = this.#pick([...this.#cluster.clientProcesses])
    const someone = this.#pick([engine, client, controller].filter((one) => one !== undefined))
    const lastsMs = this.#random.unit() ** 2 * this.#lastsMsMax
    switch (kind) {
      case 'engineCrash':
        return this.#kill(engine)
      case 'controllerCrash':
        return this.#kill(controller)
      case 'clientCrash':
        return this.#kill(client)
      case 'crashAtMessage':
        return this.#killAtMessage(someone)
      case 'engineHang':
        return this.#hang(engine, lastsMs)
      case 'controllerHang':
        return this.#hang(controller, lastsMs)
      case 'clientHang':
        return this.#hang(client, lastsMs)
      case 'sleep':
        return this.#sleep(someone, lastsMs)
      case 'slowEngine':
        if (engine === undefined) return false
        engine.slowness = 1 + this.#random.unit() * 20
        story.note(`${engine.name} is ${engine.slowness.toFixed(1)} times slower ${lasting(lastsMs)}`)
        timeline.after(lastsMs, undefined, () => {
          engine.slowness = 1
        })
        return true
      case 'engineDrain':
        return this.#drain()
      case 'clockJump': {
        const offsetMs = Math.round((this.#random.unit() - 0.5) * 2 * (this.#pick(jumpsMs) ?? 0))
        story.note(`the wall clock of ${someone?.name} is set to be off by ${offsetMs} ms`)
        someone?.clock.setWall(offsetMs)
        return true
      }
      case 'crashAtWrite':
      case 'diskError':
      case 'brokenDisk':
      case 'slowDisk':
        return this.#cluster.hasStore && this.#spoilDisk(kind, lastsMs)
      default:
        return this.#disturb(kind, this.#pick([engine, client].filter((one) => one !== undefined)), lastsMs)
    }
  }

  #spoilDisk(kind: 'crashAtWrite' | 'diskError' | 'brokenDisk' | 'slowDisk', lastsMs: number): boolean {
    const { disk, story, timeline } = this.#cluster
    switch (kind) {
      case 'crashAtWrite': {
        const ahead = 1 + this.#random.below(aheadMax)
        const point = crashPoints[this.#random.below(crashPoints.length)] ?? 'asked'
        story.note(`the controller will be killed at write ${ahead} from here, when it is ${point}`)
        disk.crashAt(ahead, point)
        return true
      }
      case 'diskError':
        story.note('the next write to the disk fails')
        disk.failNext()
        return true
      case 'brokenDisk':
        story.note(`the disk can neither be read nor written ${lasting(lastsMs)}`)
        disk.break()
        timeline.after(lastsMs, undefined, () => disk.mend())
        return true
      case 'slowDisk':
        story.note(`the disk is slow ${lasting(lastsMs)}`)
        disk.slow(this.#random.unit() * slowestMs.disk)
        timeline.after(lastsMs, undefined, () => disk.slow(0))
        return true
    }
  }

  #disturb(
    kind: 'cut' | 'halfOpen' | 'partition' | 'slowLink',
    process: SimulatedProcess | undefined,
    lastsMs: number,
  ): boolean {
    if (process === undefined) return false
    const { network, story, timeline } = this.#cluster
    const { name } = process
    if (kind === 'cut') {
      const isCut = network.cut(process)
      if (isCut) story.note(`the link of ${name} is cut`)
      return isCut
    }
    if (kind === 'slowLink') {
      const extraMs = this.#random.unit() * slowestMs.link
      story.note(`the link of ${name} is ${Math.round(extraMs)} ms slower ${lasting(lastsMs)}`)
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
      story.note(`nothing gets from ${from} to ${to} ${lasting(lastsMs)}`)
      network.block(from, to)
      timeline.after(lastsMs, undefined, () => network.unblock(from, to))
    }
    return true
  }

  #kill(process: SimulatedProcess | undefined): boolean {
    if (!this.#isMortal(process)) return false
    this.#cluster.kill(process, this.#isNoticed())
    return true
  }

  /** One that is there is to leave as soon as nothing needs it. */
  #drain(): boolean {
    const { controller, controllerProcess, story, timeline } = this.#cluster
    const engine = this.#pick(controller?.engines ?? [])
    if (controller === undefined || engine === undefined) return false
    story.note(`${engine.name}, engine ${engine.id}, is to leave`)
    timeline.after(0, controllerProcess, () => controller.drainEngines([engine.id]))
    return true
  }

  #killAtMessage(process: SimulatedProcess | undefined): boolean {
    if (!this.#isMortal(process)) return false
    const { network, story } = this.#cluster
    const ahead = 1 + this.#random.below(aheadMax)
    const point = messagePoints[this.#random.below(messagePoints.length)] ?? 'heard'
    const isNoticed = this.#isNoticed()
    story.note(`${process.name} will be killed at message ${ahead} from here, when it is ${point}`)
    network.trap(process, ahead, point, () => this.#cluster.kill(process, isNoticed))
    return true
  }

  #isMortal(process: SimulatedProcess | undefined): process is SimulatedProcess {
    return process !== undefined && process !== this.#cluster.program && process.state !== 'dead'
  }

  #isNoticed(): boolean {
    return this.#random.below(3) > 0
  }

  #hang(process: SimulatedProcess | undefined, lastsMs: number): boolean {
    if (process?.state !== 'running') return false
    this.#cluster.story.note(`${process.name} is stopped ${lasting(lastsMs)}`)
    process.stop()
    this.#cluster.timeline.after(lastsMs, undefined, () => process.resume())
    return true
  }

  #sleep(process: SimulatedProcess | undefined, lastsMs: number): boolean {
    if (process?.state !== 'running') return false
    this.#cluster.story.note(`the machine of ${process.name} sleeps ${lasting(lastsMs)}`)
    process.sleep()
    this.#cluster.timeline.after(lastsMs, undefined, () => process.resume())
    return true
  }

  #pick<T>(list: readonly T[]): T | undefined {
    return list[this.#random.below(Math.max(1, list.length))]
  }
}

function lasting(ms: number): string {
  return `for ${Math.round(ms)} ms`
}
