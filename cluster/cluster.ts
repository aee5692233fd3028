/** A controller and its engines, started together on this machine. */
import { randomBytes, randomUUID } from 'node:crypto'
import { availableParallelism } from 'node:os'
import { systemClock } from '../core/clock.ts'
import { ConfigurationError } from '../core/errors.ts'
import { freshSeed, seededRandom } from '../core/random.ts'
import { type Controller, type ControllerOptions, startController, strangersMaxDefault } from './controller.ts'
import { type Engine, startEngine } from './engine.ts'
import { EnginePool } from './engine-pool.ts'
import { inlineExecutor } from './executors/inline.ts'
import { threadExecutor } from './executors/thread.ts'
import type { HostedEngineOptions } from './launchers/hosted-engine.ts'
import { launchProcessEngine } from './launchers/process.ts'
import { launchThreadEngine } from './launchers/thread.ts'

export type EngineKind = 'thread' | 'process' | 'inline'
export type TransportName = 'memory' | 'threads' | 'zeromq' | 'websocket'
/** Where to listen: `json://127.0.0.1:0`. Its scheme says which transport, of the house or registered, serves it. */
export type TransportAddress = `${string}:${string}`
type Transport = TransportName | TransportAddress

export interface LocalClusterOptions extends Partial<ControllerOptions> {
  /** How many engines; default: as many as the machine runs threads at once. 0: a controller without engines. */
  readonly engines?: number
  /**
   * Where engines run: `thread` (default), `process`, or `inline`, in the thread of the caller, one task at a time.
   * In all but `inline`, tasks run in a thread of their own, apart from the engine's link.
   */
  readonly engineKind?: EngineKind
  /**
   * The link between controller and engines. Default: `memory` for threads, `websocket` for processes. Or an address; that
   * of a transport of one's own is for engines whose link is in this thread, where it is registered: no processes.
   */
  readonly transport?: Transport
  /** How many asynchronous tasks one engine may have in progress together. Default 1. */
  readonly concurrency?: number
  /** How long engines try to come back after their link is lost. Default 30,000. */
  readonly reconnectMs?: number
  /** How often in a row an engine that ended by itself is started anew. Default 5; 0: never. */
  readonly restartsMax?: number
}

export interface LocalCluster {
  readonly controller: Controller
  readonly key: Uint8Array
  stop(): Promise<void>
}

function isAddress(transport: string): transport is TransportAddress {
  return transport.includes(':')
}

function ownAddresses(transport: string): readonly string[] {
  if (transport === 'zeromq') return ['tcp://127.0.0.1:0']
  return transport === 'websocket' ? ['ws://127.0.0.1:0'] : []
}

/** Starts everything; resolves when every engine is admitted. On failure nothing is left behind. */
export async function startLocalCluster(options: LocalClusterOptions = {}): Promise<LocalCluster> {
  const count = options.engines ?? availableParallelism()
  const kind = options.engineKind ?? 'thread'
  const transport = options.transport ?? (kind === 'process' ? 'websocket' : 'memory')
  check(count, kind, transport)
  const key = options.key ?? new Uint8Array(randomBytes(32))
  const listenAt = [...(isAddress(transport) ? [transport] : []), ...(options.addresses ?? ownAddresses(transport))]
  const isHere = transport === 'memory' || transport === 'threads'
  if (count > 0 && !isHere && listenAt.length === 0) {
    throw new ConfigurationError('addresses is empty: engines need one at which to reach their controller')
  }
  const controller = await startController({
    ...options,
    key,
    // Its own engines come all at once: they are not to push each other out.
    strangersMax: (options.strangersMax ?? strangersMaxDefault) + count,
    addresses: [`memory:${randomUUID()}`, ...listenAt],
  })
  const address = controller.addresses[isHere ? 0 : 1]
  const pool = new EnginePool({
    launch: (place) =>
      launchEngine(kind, transport, controller, options.inspect, {
        address: address as string,
        key,
        concurrency: options.concurrency ?? 1,
        reconnectMs: options.reconnectMs ?? 30_000,
        name: `${kind}-${place}`,
      }),
    restartsMax: options.restartsMax ?? 5,
    clock: options.clock ?? systemClock,
    random: seededRandom(freshSeed()),
    log: options.log ?? (() => {}),
  })
  const stop = async () => {
    await Promise.all([pool.stop(), controller.stop()])
  }
  // Without their controller engines are of no use, whoever ended it.
  const stopPool = () => pool.stop()
  controller.stopped.then(stopPool, stopPool)
  try {
    await pool.start(count)
  } catch (error) {
    await stop()
    throw error
  }
  return { controller, key, stop }
}

function launchEngine(
  kind: EngineKind,
  transport: Transport,
  controller: Controller,
  inspect: ControllerOptions['inspect'],
  options: HostedEngineOptions,
): Promise<Engine> {
  if (kind === 'process') return launchProcessEngine(options)
  if (transport === 'threads') return launchThreadEngine(options, (connection) => controller.adopt(connection))
  const executors = kind === 'inline' ? inlineExecutor : threadExecutor
  const info = { name: options.name, kind }
  return startEngine({ ...options, executors, info, ...(inspect ? { inspect } : {}) })
}

function check(count: number, kind: EngineKind, transport: Transport): void {
  if (!Number.isInteger(count) || count < 0) {
    throw new ConfigurationError(`engines must be a whole number from 0 on, not ${count}`)
  }
  const transports = combinations[kind]
  if (transports === undefined) {
    throw new ConfigurationError(`engineKind must be one of ${Object.keys(combinations).join(', ')}, not ${kind}`)
  }
  if (!isAddress(transport) && !transports.includes(transport)) {
    throw new ConfigurationError(
      `engines of kind ${kind} cannot be linked by ${transport}; possible: ${transports.join(', ')}, or an address`,
    )
  }
}

/** Which links each kind of engine can have. */
const combinations: Readonly<Record<EngineKind, readonly TransportName[]>> = {
  inline: ['memory', 'zeromq', 'websocket'],
  thread: ['memory', 'threads', 'zeromq', 'websocket'],
  process: ['zeromq', 'websocket'],
}
