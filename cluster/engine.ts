import { createActor, type InspectionEvent, type Observer, waitFor } from 'xstate'
import { engineWelcome } from '../core/admission-messages.ts'
import { type Clock, systemClock } from '../core/clock.ts'
import { offerHandshake } from '../core/handshake.ts'
import { machineClock } from '../core/machine-clock.ts'
import { controllerToEngine, type EngineInfo, engineToController } from '../core/messages.ts'
import { freshSeed, type Random, seededRandom } from '../core/random.ts'
import { Tracing, type TracingOption } from '../core/tracing.ts'
import type { Connection } from '../core/transport.ts'
import { transportFor } from '../transports/connect.ts'
import { newInstance, placeOfEngine } from './engine-identity.ts'
import { engineMachine, type Registered } from './engine-machine.ts'
import type { ExecutorFactory } from './executor.ts'
import { traced } from './tracing/traced-executors.ts'

export interface EngineOptions {
  readonly address: string
  readonly key: Uint8Array
  /** Where the key came from, for messages. */
  readonly keySource?: string
  readonly executors: ExecutorFactory
  /** How many asynchronous tasks may be in progress together. Default 1. */
  readonly concurrency?: number
  /** How long to try to come back after the link is lost. Default 30,000. */
  readonly reconnectMs?: number
  /** What `engines` shows. */
  readonly info?: Partial<Pick<EngineInfo, 'name' | 'kind' | 'host' | 'job' | 'launch'>>
  /** A connection that is already open, instead of connecting to `address`. */
  readonly connect?: () => Promise<Connection>
  readonly clock?: Clock
  readonly random?: Random
  /** Spans of the tasks that run here, by OpenTelemetry: docs/OBSERVABILITY.md. Default: none. */
  readonly tracing?: TracingOption
  readonly inspect?: Observer<InspectionEvent> | ((event: InspectionEvent) => void)
}

/** A running engine, seen from the thread that hosts its link. */
export interface Engine {
  readonly id: number
  /** Leaves the controller, ends the executor. */
  stop(): Promise<void>
  /** Resolves with the reason when the engine has stopped, however that came about. */
  readonly stopped: Promise<Error | undefined>
}

/** By what name a controller may know what lies at this engine. */
interface Names {
  held: string | undefined
}

/** Starts an engine in this thread; resolves when the controller has admitted it. Rejects with the coded reason. */
export async function startEngine(options: EngineOptions): Promise<Engine> {
  const clock = options.clock ?? systemClock
  const names: Names = { held: undefined }
  const executors = await executorsOf(options)
  const connect =
    options.connect ??
    (async () => (await transportFor(options.address)).connect(options.address, { key: options.key }))
  const actor = createActor(engineMachine, {
    clock: machineClock(clock),
    ...(options.inspect ? { inspect: options.inspect } : {}),
    input: {
      clock,
      random: options.random ?? seededRandom(freshSeed()),
      executors,
      concurrency: options.concurrency ?? 1,
      reconnectMs: options.reconnectMs ?? 30_000,
      connect,
      register: (connection) => register(connection, options, clock, names),
    },
  })
  const stopped = waitFor(actor, (snapshot) => snapshot.status !== 'active').then(
    (snapshot) => snapshot.context.error,
    (error: unknown) => (error instanceof Error ? error : new Error(String(error))),
  )
  actor.start()
  const settled = await waitFor(actor, (snapshot) => snapshot.matches('ready') || snapshot.status !== 'active')
  if (!settled.matches('ready')) throw settled.context.error ?? new Error('the engine stopped before it was ready')
  return {
    get id() {
      return actor.getSnapshot().context.registered?.welcome.engine ?? -1
    },
    async stop() {
      // The controller may have stopped it before; XState warns of what comes later.
      if (actor.getSnapshot().status === 'active') actor.send({ type: 'stop' })
      await stopped
    },
    stopped,
  }
}

async function executorsOf({ executors, tracing }: EngineOptions): Promise<ExecutorFactory> {
  return tracing ? traced(executors, { option: tracing, here: await Tracing.load(tracing) }) : executors
}

async function register(
  connection: Connection,
  options: EngineOptions,
  clock: Clock,
  names: Names,
): Promise<Registered> {
  const instance = newInstance()
  const place = placeOfEngine()
  const { name = `engine-${place.pid}`, kind = options.executors.kind, job, launch } = options.info ?? {}
  const host = options.info?.host ?? place.host
  const { concurrency = 1 } = options
  const registered = await offerHandshake(connection, {
    role: 'engine',
    key: options.key,
    clock,
    ...(options.keySource === undefined ? {} : { keySource: options.keySource }),
    details: {
      name,
      kind,
      pid: place.pid,
      host,
      ...(concurrency > 1 ? { concurrency } : {}),
      ...(job === undefined ? {} : { job }),
      ...(launch === undefined ? {} : { launch }),
      instance,
      ...(names.held ? { resume: names.held } : {}),
    },
    sends: engineToController,
    receives: controllerToEngine,
    welcome: engineWelcome,
  })
  // What lay here under another name is dropped now, and nobody shall take this engine for one that has it.
  if (!registered.welcome.resumes) names.held = instance
  return registered
}
