import { AddressInUseError, UnreachableError } from '../core/errors.ts'
import type { Random } from '../core/random.ts'
import type { Connection, Listener, Transport, TransportOptions } from '../core/transport.ts'
import { withDefaults } from '../transports/options.ts'
import { type Parcel, SimulatedEnd } from './simulated-link.ts'
import type { SimulatedProcess } from './simulated-process.ts'
import type { Timeline } from './timeline.ts'
import { type Message, type Peer, watched } from './watched-link.ts'

export interface NetworkOptions {
  /** Told of each message that arrives, in words and, but for handshakes, as it is. */
  readonly onMessage?: ((what: string, end: SimulatedEnd, message: Message | undefined) => void) | undefined
  /** Of one way, in milliseconds. */
  readonly latencyMs: { readonly min: number; readonly max: number }
}

/**
 * Where with a message a process can end: it is `arriving` and not heard any more; it is `heard`, and all that follows from it at once is
 * done; it is `leaving`, and nothing that would follow after that is done.
 */
export const messagePoints = ['arriving', 'heard', 'leaving'] as const
export type MessagePoint = (typeof messagePoints)[number]

/** What ends a process at a message. */
interface Trap {
  /** Messages of that kind that pass before. */
  left: number
  readonly point: MessagePoint
  spring(): void
}

/** Messages with less in them say no more than that somebody is there. */
const tellingBytes = 80

/** One direction of a link. What it holds arrives in order. */
interface Pipe {
  readonly from: SimulatedEnd
  readonly to: SimulatedEnd
  readonly parcels: { readonly parcel: Parcel; readonly at: number }[]
  /** Whether the arrival of the first is set. */
  isMoving: boolean
  lastAt: number
}

interface Listening {
  readonly process: SimulatedProcess
  readonly accept: (connection: Connection) => void
  readonly options: Required<TransportOptions>
}

/**
 * A network between simulated processes, with the manners of TCP: what is sent arrives in order and once, or the link ends; what
 * meets a blocked way waits; whether the other side's end is noticed depends.
 */
export class SimulatedNetwork implements Transport {
  readonly name = 'simulated'
  readonly schemes: readonly string[] = ['sim']
  /** Told of every end of a link that its own process knows to be over. */
  onEnd: (end: SimulatedEnd, error: Error | undefined) => void = () => {}
  readonly #timeline: Timeline
  readonly #random: Random
  readonly #latency: NetworkOptions['latencyMs']
  readonly #onMessage: NetworkOptions['onMessage']
  readonly #listeners = new Map<string, Listening>()
  readonly #pipes = new Map<SimulatedEnd, Pipe>()
  /** Ways that let nothing through, as `from → to`. */
  readonly #blocked = new Set<string>()
  readonly #delays = new Map<string, number>()
  /** Those who would connect, once a way is open. */
  #knocking = new Set<() => void>()
  readonly #traps = new Map<SimulatedProcess, Trap>()
  #links = 0

  constructor(timeline: Timeline, random: Random, options: NetworkOptions) {
    this.#timeline = timeline
    this.#random = random
    this.#latency = options.latencyMs
    this.#onMessage = options.onMessage
  }

  async listen(
    address: string,
    accept: (connection: Connection) => void,
    options?: TransportOptions,
  ): Promise<Listener> {
    const process = this.#caller('listen')
    if (this.#listeners.has(address)) throw new AddressInUseError(`Somebody listens at ${address} already`)
    this.#listeners.set(address, { process, accept, options: withDefaults(options) })
    const close = () => {
      if (this.#listeners.get(address)?.process === process) this.#listeners.delete(address)
    }
    process.onDeath(close)
    return { address, close: async () => close() }
  }

  connect(address: string, transportOptions?: TransportOptions): Promise<Connection> {
    const process = this.#caller('connect')
    const options = withDefaults(transportOptions)
    return new Promise((resolve, reject) => {
      let isOver = false
      const fail = (why: string) => {
        if (isOver) return
        isOver = true
        stopWaiting()
        this.#knocking.delete(knock)
        reject(new UnreachableError(`${address}: ${why}`))
      }
      const stopWaiting = process.clock.after(options.connectTimeoutMs, () => fail('nobody answered in time'))
      const knock = () => {
        if (isOver || process.state === 'dead') return
        const listening = this.#listeners.get(address)
        const isBlocked = listening && this.#isBlocked(process, listening.process)
        if (isBlocked) this.#knocking.add(knock)
        else if (listening === undefined)
          this.#timeline.after(this.#delay(), process, () => fail('nobody listens there'))
        else {
          const [near, far] = this.#pair(process, listening, options)
          this.#timeline.after(0, listening.process, () => listening.accept(this.#watched(far, process.name)))
          this.#timeline.after(this.#delay(process.name, listening.process.name), process, () => {
            if (isOver) near.abort()
            isOver = true
            stopWaiting()
            resolve(this.#watched(near, listening.process.name))
          })
        }
      }
      this.#timeline.after(this.#delay(), undefined, knock)
    })
  }

  /** Nothing gets through from one process to the other until `heal`; what is sent waits. */
  block(from: string, to: string): void {
    this.#blocked.add(way(from, to))
  }

  unblock(from: string, to: string): void {
    this.#blocked.delete(way(from, to))
    this.#moveOn()
  }

  /** Each message between them takes so much longer. */
  slow(some: string, other: string, extraMs: number): void {
    this.#delays.set(way(some, other), extraMs)
    this.#delays.set(way(other, some), extraMs)
  }

  /** All ways are open and quick again. */
  heal(): void {
    this.#blocked.clear()
    this.#delays.clear()
    this.#traps.clear()
    this.#moveOn()
  }

  /**
   * Ends one of the links of this process, if it has any: each side notices in its own time. `kept`: how much of what is on its way,
   * each way, arrives before; default: drawn.
   */
  cut(process: SimulatedProcess, kept?: number): boolean {
    const ends = [...this.#pipes.keys()].filter((end) => end.process === process && end.isOpen)
    const end = ends[this.#random.below(Math.max(1, ends.length))]
    const there = end && this.#pipes.get(end)
    const back = there && this.#pipes.get(there.to)
    if (!there || !back) return false
    for (const pipe of [there, back]) this.#breakOff(pipe, 'it was cut', kept)
    return true
  }

  /** Calls `spring` at that point of a message of this process, of those to come the `ahead`th that says something. */
  trap(process: SimulatedProcess, ahead: number, point: MessagePoint, spring: () => void): void {
    this.#traps.set(process, { left: ahead, point, spring })
  }

  /** Other processes hear of the end of this one, or not: then it is as if its machine had no power. */
  died(process: SimulatedProcess, isNoticed: boolean): void {
    for (const [end, pipe] of this.#pipes) {
      if (end.process !== process) continue
      if (isNoticed) this.#breakOff(pipe, 'its process ended')
      else this.#pipes.delete(end)
      this.#pipes.delete(pipe.to)
    }
  }

  readonly carry = (from: SimulatedEnd, parcel: Parcel): void => {
    const pipe = this.#pipes.get(from)
    if (pipe === undefined) return
    const delay = this.#delay(from.process.name, pipe.to.process.name)
    pipe.lastAt = Math.max(pipe.lastAt, this.#timeline.now + delay)
    pipe.parcels.push({ parcel, at: pipe.lastAt })
    this.#move(pipe)
    this.#sprung(from.process, parcel, ['leaving'])?.spring()
  }

  readonly ended = (end: SimulatedEnd, error: Error | undefined): void => this.onEnd(end, error)

  /** What is on its way is lost from some point on; then the end is noticed. */
  #breakOff(pipe: Pipe, reason: string, kept = this.#random.below(pipe.parcels.length + 1)): void {
    pipe.parcels.length = Math.min(pipe.parcels.length, kept)
    this.carry(pipe.from, { kind: 'lost', reason })
  }

  #moveOn(): void {
    for (const pipe of this.#pipes.values()) this.#move(pipe)
    const knocking = this.#knocking
    this.#knocking = new Set()
    for (const knock of knocking) this.#timeline.after(this.#delay(), undefined, knock)
  }

  #move(pipe: Pipe): void {
    const [first] = pipe.parcels
    if (first === undefined || pipe.isMoving || this.#isBlocked(pipe.from.process, pipe.to.process)) return
    pipe.isMoving = true
    this.#timeline.after(first.at - this.#timeline.now, pipe.to.process, () => {
      pipe.isMoving = false
      if (this.#isBlocked(pipe.from.process, pipe.to.process)) return
      const next = pipe.parcels.shift()
      if (next === undefined) return
      const { parcel } = next
      if (parcel.kind === 'lost' || parcel.kind === 'goodbye') this.#pipes.delete(pipe.from)
      else this.#move(pipe)
      const { process } = pipe.to
      const trap = this.#sprung(process, parcel, ['arriving', 'heard'])
      if (trap?.point === 'arriving') return trap.spring()
      pipe.to.take(parcel)
      if (trap) this.#timeline.after(0, undefined, () => process.state === 'dead' || trap.spring())
    })
  }

  /** The trap of the process that this springs. */
  #sprung(process: SimulatedProcess, parcel: Parcel, points: readonly MessagePoint[]): Trap | undefined {
    if (this.#traps.size === 0 || parcel.kind !== 'messages' || parcel.bytes < tellingBytes) return undefined
    const trap = this.#traps.get(process)
    if (trap === undefined || !points.includes(trap.point)) return undefined
    trap.left -= 1
    if (trap.left > 0) return undefined
    this.#traps.delete(process)
    return trap
  }

  #pair(process: SimulatedProcess, { process: other, options: theirs }: Listening, ours: Required<TransportOptions>) {
    this.#links += 1
    const near = new SimulatedEnd(`${other.name}#${this.#links}`, process, this, ours)
    const far = new SimulatedEnd(`${process.name}#${this.#links}`, other, this, theirs)
    this.#pipes.set(near, pipe(near, far))
    this.#pipes.set(far, pipe(far, near))
    return [near, far] as const
  }

  #watched(end: SimulatedEnd, from: string): Connection {
    const onMessage = this.#onMessage
    if (onMessage === undefined) return end
    const arrived = (what: string, message: Message | undefined): void => onMessage(what, end, message)
    return watched(end, { at: end.process.name as Peer, from: from as Peer }, { arrived, ended: () => {} })
  }

  #isBlocked(from: SimulatedProcess, to: SimulatedProcess): boolean {
    return this.#blocked.size > 0 && this.#blocked.has(way(from.name, to.name))
  }

  #delay(from = '', to = ''): number {
    const { min, max } = this.#latency
    const extraMs = this.#delays.size > 0 ? (this.#delays.get(way(from, to)) ?? 0) : 0
    return min + this.#random.unit() * (max - min) + extraMs
  }

  #caller(what: string): SimulatedProcess {
    const { current } = this.#timeline
    if (current === undefined) throw new Error(`${what} was called outside of every simulated process`)
    return current
  }
}

function pipe(from: SimulatedEnd, to: SimulatedEnd): Pipe {
  return { from, to, parcels: [], isMoving: false, lastAt: 0 }
}

function way(from: string, to: string): string {
  return `${from} → ${to}`
}
