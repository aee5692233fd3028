import { AddressInUseError, ConnectionLostError, UnreachableError } from '../core/errors.ts'
import type { Connection, Frame, Listener, Supports, Transport, TransportOptions } from '../core/transport.ts'
import { BaseConnection, type Carried } from './base-connection.ts'
import { nameOf, withDefaults } from './options.ts'

/** How links in memory deliver. */
export interface MemoryOptions {
  /** Copy every message as a wire would: then `supports.objects` is false. Default false. */
  readonly serialize?: boolean
  /**
   * Runs a delivery later, never at once, and in the order of the calls. A simulation puts them on its own clock. Default: at the end of
   * this turn, with a pause for timers and input now and then.
   */
  readonly schedule?: (delivery: () => void) => void
}

/** Deliveries in a row on microtasks, before timers and sockets get their turn. */
const deliveriesPerTurn = 64
let deliveries = 0

function atTheEndOfTheTurn(delivery: () => void): void {
  deliveries = (deliveries + 1) % deliveriesPerTurn
  if (deliveries === 0) setImmediate(delivery)
  else queueMicrotask(delivery)
}

/** Both peers in this thread: `memory:NAME`. Names are known to those who share this transport object. */
export function memoryTransport(options: MemoryOptions = {}): Transport {
  const listeners = new Map<string, { accept: (connection: Connection) => void; options: Required<TransportOptions> }>()
  const serialize = options.serialize ?? false
  const schedule = options.schedule ?? atTheEndOfTheTurn
  let connections = 0
  return {
    name: 'memory',
    schemes: ['memory'],
    async listen(address, onConnection, transportOptions): Promise<Listener> {
      const name = nameOf(address)
      if (listeners.has(name)) throw new AddressInUseError(`Somebody listens at ${address} already`)
      listeners.set(name, { accept: onConnection, options: withDefaults(transportOptions) })
      return {
        address,
        async close() {
          listeners.delete(name)
        },
      }
    },
    async connect(address, transportOptions): Promise<Connection> {
      const listener = listeners.get(nameOf(address))
      if (!listener) {
        throw new UnreachableError(
          `Nobody listens at ${address} in this thread. Start the controller first, in the same thread.`,
        )
      }
      connections += 1
      const peer = `${address}#${connections}`
      const near = new MemoryConnection(peer, withDefaults(transportOptions), serialize, schedule)
      const far = new MemoryConnection(peer, listener.options, serialize, schedule)
      near.other = far
      far.other = near
      schedule(() => listener.accept(far))
      return near
    },
  }
}

/** Nominal: nobody counts what an object takes. */
const objectBytes = 64

class MemoryConnection extends BaseConnection {
  readonly supports: Supports
  other: MemoryConnection | undefined
  /** Present where objects are passed as they are. */
  readonly pass?: (message: object) => boolean
  readonly #schedule: (delivery: () => void) => void

  constructor(
    peer: string,
    options: Required<TransportOptions>,
    copying: boolean,
    schedule: (delivery: () => void) => void,
  ) {
    super(peer, options)
    this.supports = { objects: !copying, transfer: true, noticesDeath: true }
    this.#schedule = schedule
    if (!copying) this.pass = (object) => this.put({ frames: [], object, bytes: objectBytes })
  }

  protected override put(message: Carried): boolean {
    return super.put(this.supports.objects ? message : { ...message, frames: message.frames.map(copied) })
  }

  protected override schedule(flush: () => void): void {
    this.#schedule(flush)
  }

  protected transmit(messages: readonly Carried[]): void {
    for (const message of messages) this.other?.arrived(message)
  }

  protected override consumed(message: Carried): void {
    this.other?.released(message.bytes)
  }

  protected sayGoodbye(): void {
    this.other?.heardGoodbye()
  }

  protected release(abruptly: boolean): void {
    const { other } = this
    if (abruptly)
      this.#schedule(() => other?.lost(new ConnectionLostError(`${this.peer} was aborted by the other side`)))
  }
}

function copied(frame: Frame): Frame {
  const buffer: ArrayBufferLike = frame.buffer
  return buffer instanceof SharedArrayBuffer ? frame : frame.slice()
}
