import type { Scheduler } from 'fast-check'
import { type Controller, startController } from '../../cluster/controller.ts'
import { type Engine, startEngine } from '../../cluster/engine.ts'
import { inlineExecutor } from '../../cluster/executors/inline.ts'
import { seededRandom } from '../../core/random.ts'
import type { Connection } from '../../core/transport.ts'
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
  readonly engines: Engine[] = []
  client!: Client
  controller!: Controller
  readonly #deliveries: Scheduler
  readonly #random = seededRandom(1)
  /** The links that are up, of engines (by position) and of the client. */
  readonly #engineLinks: (Connection | undefined)[] = []
  #clientLink: Connection | undefined
  #connecting: (connection: Connection) => void = () => {}

  constructor(deliveries: Scheduler) {
    this.#deliveries = deliveries
  }

  async start(engineCount: number): Promise<void> {
    const schedule = (delivery: () => void) =>
      void this.#deliveries.schedule(Promise.resolve(), 'delivery').then(delivery)
    const links = memoryTransport({ serialize: true, schedule })
    registerTransport({
      ...links,
      schemes: ['interleaved'],
      connect: async (to, options) => {
        const connection = await links.connect(to, options)
        this.#connecting(connection)
        return connection
      },
    })
    const { clock } = this
    const random = this.#random
    this.controller = await this.pump(startController({ addresses: [address], key, clock, hwm: 2 }))
    for (let i = 0; i < engineCount; i += 1) {
      const connect = async () => {
        const connection = await links.connect(address)
        this.#engineLinks[i] = connection
        return connection
      }
      const engine = startEngine({ address, key, clock, random, connect, executors: inlineExecutor })
      this.engines.push(await this.pump(engine))
    }
    this.#connecting = (connection) => {
      this.#clientLink = connection
    }
    this.client = await this.pump(Client.connect(address, { key, clock, random, reconnectMs: patienceMs }))
  }

  async stop(): Promise<void> {
    await this.pump(this.client.close())
    for (const engine of this.engines) await this.pump(engine.stop())
    await this.pump(this.controller.stop())
  }

  cutEngine(i: number): void {
    this.#engineLinks[i % this.#engineLinks.length]?.abort()
  }

  cutClient(): void {
    this.#clientLink?.abort()
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
}

function turn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve))
}
