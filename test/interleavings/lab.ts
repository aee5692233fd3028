import type { Scheduler } from 'fast-check'
import { type Controller, startController } from '../../cluster/controller.ts'
import { type Engine, startEngine } from '../../cluster/engine.ts'
import { inlineExecutor } from '../../cluster/executors/inline.ts'
import { seededRandom } from '../../core/random.ts'
import type { Connection } from '../../core/transport.ts'
import { type Peer, watched } from '../../sim/watched-link.ts'
import { VirtualClock } from '../../testing/virtual-clock.ts'
import { registerTransport } from '../../transports/connect.ts'
import { memoryTransport } from '../../transports/memory.ts'
import { Client } from '../../views/client.ts'

const address = 'interleaved:controller'
const key = new Uint8Array(32).fill(7)
/** In virtual time. What takes longer hangs. */
const patienceMs = 600_000

/**
 * The real controller, engines and client in one thread, with a clock of their own, over links whose deliveries happen in
 * whatever order the fast-check scheduler says. Within a link, order stays.
 */
export class Lab {
  readonly clock = new VirtualClock()
  /** All that happened, in order, for whoever reads of a failure. */
  readonly story: string[] = []
  /** How often each task was answered on the client's first link, by id. */
  readonly repliesOnFirstLink = new Map<string, number>()
  client!: Client
  clientLinks = 0
  /** How many engines were told to abort what runs there, and how many to end it. */
  interrupts = 0
  restarts = 0
  readonly #deliveries: Scheduler
  readonly #random = seededRandom(1)
  readonly #links = memoryTransport({ serialize: true, schedule: (delivery) => this.#later(delivery) })
  readonly #names = new Map<string, Peer>()
  /** The last link of each. */
  readonly #connections = new Map<Peer, Connection>()
  readonly #endedLinks = new Set<string>()
  readonly #engines = new Map<number, Engine>()
  readonly #underway: Promise<unknown>[] = []
  #controller!: Controller
  #enginesStarted = 0

  constructor(deliveries: Scheduler) {
    this.#deliveries = deliveries
  }

  /** Links of engines that have ended, for whatever reason: with each, what lay there was lost. */
  get engineLosses(): number {
    return this.#endedLinks.size
  }

  async start(engines: number): Promise<void> {
    registerTransport({
      ...this.#links,
      schemes: ['interleaved'],
      listen: (at, onConnection, options) =>
        this.#links.listen(at, (connection) => onConnection(this.#watched(connection, 'far')), options),
      connect: () => this.#connect('client'),
    })
    const { clock } = this
    const options = { addresses: [address], key, clock, hwm: 2, heartbeatMs: 1_000 }
    this.#controller = await this.pump(startController(options))
    for (let i = 0; i < engines; i += 1) await this.pump(this.#startEngine())
    const client = Client.connect(address, { key, clock, random: this.#random, reconnectMs: patienceMs })
    this.client = await this.pump(client)
  }

  /** Ends what is there: a result that nobody awaits is no reason to hang. */
  async stop(): Promise<void> {
    await this.pump(this.client.close())
    for (const engine of this.#engines.values()) await this.pump(engine.stop())
    await this.pump(this.#controller.stop())
  }

  note(line: string): void {
    this.story.push(`${this.clock.now().toFixed(0).padStart(6)} ms  ${line}`)
  }

  cut(peer: Peer): void {
    this.#connections.get(peer)?.abort()
  }

  /** One that the client knows of, or nobody. It may have left meanwhile. */
  tell(what: 'interrupt' | 'restart', pick: number): void {
    const { ids } = this.client
    const engine = ids[pick % Math.max(1, ids.length)]
    if (engine === undefined) return
    this.note(`the program tells engine ${engine}: ${what}`)
    if (what === 'interrupt') this.interrupts += 1
    // Asked again after a lost link, it may be done again.
    else this.restarts += 2
    this.#underway.push(
      this.client
        .directView(engine)
        [what]()
        .catch(() => {}),
    )
  }

  join(): void {
    // Where too much time passes during its handshake, it fails.
    this.#underway.push(this.#startEngine().catch((error: Error) => this.note(`no engine came: ${error.message}`)))
  }

  /** One of those that came later, or nobody. The first ones stay. */
  leave(pick: number): void {
    const later = [...this.#engines].filter(([name]) => name >= 2)
    const [name, engine] = later[pick % Math.max(1, later.length)] ?? []
    if (name === undefined || engine === undefined) return
    this.note(`engine ${name} is stopped`)
    this.#engines.delete(name)
    this.#underway.push(engine.stop())
  }

  /** Joins and departures are over. Answers how many engines there should be. */
  async settled(): Promise<number> {
    await this.pump(Promise.all(this.#underway))
    return this.#engines.size
  }

  /** Whatever happens between two deliveries, in whatever order they are. */
  pause(name: string): Promise<unknown> {
    return this.#deliveries.schedule(Promise.resolve(), name)
  }

  /** As many deliveries, if there are so many. */
  async deliver(count: number): Promise<void> {
    for (let i = 0; i < count; i += 1) {
      await turn()
      if (this.#deliveries.count() === 0) return
      await this.#deliveries.waitOne()
    }
  }

  /** Deliveries in some order, and time when there are none, until this settles. */
  async pump<T>(promise: Promise<T>): Promise<T> {
    let isSettled = false
    const settled = () => {
      isSettled = true
    }
    promise.then(settled, settled)
    const until = this.clock.now() + patienceMs
    for (;;) {
      await turn()
      if (isSettled) return promise
      if (this.#deliveries.count() > 0) await this.#deliveries.waitOne()
      else {
        const next = this.clock.next ?? Number.POSITIVE_INFINITY
        if (next > until) throw new Error('it hangs: nothing is on its way')
        this.clock.advance(next - this.clock.now())
      }
    }
  }

  #later(delivery: () => void): void {
    void this.#deliveries.schedule(Promise.resolve(), 'delivery').then(delivery)
  }

  async #startEngine(): Promise<void> {
    const name = this.#enginesStarted
    this.#enginesStarted += 1
    const connect = () => this.#connect(`engine ${name}`)
    const { clock } = this
    const random = this.#random
    const reconnectMs = patienceMs
    const engine = await startEngine({ address, key, clock, random, reconnectMs, connect, executors: inlineExecutor })
    this.#engines.set(name, engine)
  }

  async #connect(peer: Peer): Promise<Connection> {
    const connection = await this.#links.connect(address)
    this.#names.set(connection.peer, peer)
    const near = this.#watched(connection, 'near')
    this.#connections.set(peer, near)
    if (peer === 'client') this.clientLinks += 1
    return near
  }

  #watched(connection: Connection, end: 'near' | 'far'): Connection {
    const peer = this.#names.get(connection.peer) as Peer
    return watched(connection, end === 'near' ? { at: peer, from: 'controller' } : { at: 'controller', from: peer }, {
      arrived: (what, message) => {
        this.note(what)
        if (message?.type === 'replies' && this.clientLinks === 1) this.#count(message.replies)
      },
      ended: (what) => {
        this.note(what)
        if (peer !== 'client') this.#endedLinks.add(connection.peer)
      },
    })
  }

  #count(replies: readonly { readonly id: string }[]): void {
    for (const { id } of replies) this.repliesOnFirstLink.set(id, (this.repliesOnFirstLink.get(id) ?? 0) + 1)
  }
}

function turn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve))
}
