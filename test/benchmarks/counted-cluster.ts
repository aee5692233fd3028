/**
 * A whole cluster in this thread, over a transport that counts what it carries. Its clock stands still and its chance is seeded, so that
 * the counts depend on nothing but the program.
 */
import { startController } from '../../cluster/controller.ts'
import { type Engine, startEngine } from '../../cluster/engine.ts'
import type { ExecutorFactory } from '../../cluster/executor.ts'
import { TaskRunner } from '../../cluster/executors/task-runner.ts'
import type { Clock } from '../../core/clock.ts'
import { seededRandom } from '../../core/random.ts'
import type { Connection, ConnectionHandlers, Frame, SendOptions, Transport } from '../../core/transport.ts'
import { registerTransport } from '../../transports/connect.ts'
import { memoryTransport } from '../../transports/memory.ts'
import { Client } from '../../views/client.ts'

interface Carried {
  messages: number
  frames: number
  bytes: number
}

const directions = [
  'client to controller',
  'controller to engines',
  'engines to controller',
  'controller to client',
] as const
type Direction = (typeof directions)[number]

export type Counts = Readonly<Record<Direction, Carried>> & { steps: number }

function noCounts(): Counts {
  const none = () => ({ messages: 0, frames: 0, bytes: 0 })
  return {
    'client to controller': none(),
    'controller to engines': none(),
    'engines to controller': none(),
    'controller to client': none(),
    steps: 0,
  }
}

/** Nothing is ever due: no heartbeat falls into what is counted. */
const stillClock: Clock = { now: () => 1_000, wallTime: () => 1_900_000_000_000, after: () => () => {} }

const key = new Uint8Array(32).fill(3)

export interface CountedCluster {
  readonly client: Client
  /** From the last call on, or the start. */
  take(): Counts
  stop(): Promise<void>
}

export async function startCountedCluster(engines: number): Promise<CountedCluster> {
  let counts = noCounts()
  const address = 'counted:cluster'
  // By default a pause falls now and then into the deliveries of all transports together: here nothing before counts.
  const inner = memoryTransport({ serialize: true, schedule: queueMicrotask })
  const connectAs = async (sends: Direction, receives: Direction) =>
    new CountingConnection(await inner.connect('memory:cluster'), (isSent, frames) => {
      const carried = counts[isSent ? sends : receives]
      carried.messages += 1
      carried.frames += frames.length
      for (const frame of frames) carried.bytes += frame.byteLength
    })
  const transport: Transport = {
    name: 'counted',
    schemes: ['counted'],
    listen: async (_address, onConnection, options) => inner.listen('memory:cluster', onConnection, options),
    // Engines bring their own connections.
    connect: () => connectAs('client to controller', 'controller to client'),
  }
  registerTransport(transport)
  const controller = await startController({
    addresses: [address],
    key,
    clock: stillClock,
    // By itself it follows how long tasks take.
    hwm: 4,
    inspect: (inspected) => {
      if (inspected.type !== '@xstate.event' || inspected.event.type !== 'happened') return
      counts.steps += inspected.event.events.length
    },
  })
  const running: Engine[] = []
  for (let i = 0; i < engines; i += 1) {
    running.push(
      await startEngine({
        address,
        key,
        clock: stillClock,
        random: seededRandom(i),
        executors: inlineOn(stillClock),
        connect: () => connectAs('engines to controller', 'controller to engines'),
      }),
    )
  }
  const client = await Client.connect(address, { key, clock: stillClock, random: seededRandom(99) })
  return {
    client,
    take() {
      const taken = counts
      counts = noCounts()
      return taken
    },
    async stop() {
      await client.close()
      for (const engine of running) await engine.stop()
      await controller.stop()
    },
  }
}

/** As the house's `inlineExecutor`, by a clock of one's own: how long a task took is told in its result. */
function inlineOn(clock: Clock): ExecutorFactory {
  return {
    kind: 'inline',
    start(options, handlers) {
      const send = (message: Parameters<typeof handlers.onMessage>[0]) =>
        queueMicrotask(() => handlers.onMessage(message))
      const { tracing: _, ...others } = options
      const runner = new TaskRunner({ ...others, clock, ownsThread: false, isCrowded: () => false, send })
      send({ type: 'ready' })
      return {
        send: (message) => queueMicrotask(() => runner.receive(message)),
        hearOut: () => {},
        end: async () => runner.receive({ type: 'stop' }),
      }
    },
  }
}

class CountingConnection implements Connection {
  readonly supports: Connection['supports']
  readonly peer: string
  readonly #inner: Connection
  readonly #count: (isSent: boolean, frames: readonly Frame[]) => void

  constructor(inner: Connection, count: (isSent: boolean, frames: readonly Frame[]) => void) {
    this.supports = inner.supports
    this.peer = inner.peer
    this.#inner = inner
    this.#count = count
  }

  get bufferedBytes(): number {
    return this.#inner.bufferedBytes
  }

  open(handlers: ConnectionHandlers): void {
    const count = this.#count
    this.#inner.open({
      ...handlers,
      onMessage(frames) {
        count(false, frames)
        handlers.onMessage(frames)
      },
      onDrain: () => handlers.onDrain?.(),
      onClose: (error) => handlers.onClose(error),
    })
  }

  send(frames: readonly Frame[], options?: SendOptions): boolean {
    this.#count(true, frames)
    return this.#inner.send(frames, options)
  }

  close(): Promise<void> {
    return this.#inner.close()
  }

  abort(reason?: Error): void {
    this.#inner.abort(reason)
  }
}
