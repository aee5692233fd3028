import { randomUUID } from 'node:crypto'
import { createActor, type InspectionEvent, type Observer, waitFor } from 'xstate'
import { type ClientWelcome, clientHello, type EngineWelcome, engineHello } from '../core/admission-messages.ts'
import { capacityOf } from '../core/capacity.ts'
import { type Clock, systemClock } from '../core/clock.ts'
import { ConfigurationError, YardmasterError } from '../core/errors.ts'
import { answerHandshake } from '../core/handshake.ts'
import type { EngineId } from '../core/ids.ts'
import { type Log, type Logger, logOf } from '../core/log.ts'
import { machineClock } from '../core/machine-clock.ts'
import {
  clientToController,
  controllerToClient,
  controllerToEngine,
  type EngineInfo,
  engineToController,
  type QueueStatus,
} from '../core/messages.ts'
import type { TaskStore } from '../core/task-store.ts'
import { Tracing, type TracingOption } from '../core/tracing.ts'
import { type Connection, type Listener, type TransportOptions, transportDefaults } from '../core/transport.ts'
import { type SchedulerConfig, type SchedulerState, schedulerDefaults } from '../scheduler/state.ts'
import type { StrategyLike } from '../scheduler/strategies/strategy.ts'
import { transportFor } from '../transports/connect.ts'
import { secured } from '../transports/encryption.ts'
import { ClientPeer } from './client-peer.ts'
import { type ControllerLimits, limitsOf, limitsToTell } from './controller-limits.ts'
import { type ControllerMachineEvent, controllerMachine } from './controller-machine.ts'
import type { Dashboard, DashboardOptions } from './dashboard/dashboard.ts'
import { EnginePeer } from './engine-peer.ts'
import { Journal } from './journal.ts'
import { CountedConnection } from './metrics/counted-connection.ts'
import { type MetricsOptions, MetricsServer } from './metrics/metrics-server.ts'
import type { PeerEvent } from './reception.ts'
import { Recorder } from './recorder.ts'
import { Recovery } from './recovery.ts'
import { RefusalLog } from './refusal-log.ts'
import { together } from './run-observer.ts'
import { readSaved } from './stored-tasks.ts'
import { openLmdbStore } from './stores/lmdb-store.ts'
import { TracedRun } from './tracing/traced-run.ts'
import { welcomedEngines } from './welcomed-engines.ts'

export interface ControllerOptions extends SchedulerConfig {
  /** Shown to clients. Default 'default'. */
  readonly name?: string
  /** Where to listen, one address for each transport that shall serve: `ws://127.0.0.1:0`, `tcp://…`, `memory:…`. */
  readonly addresses: readonly string[]
  /** 32 bytes; who holds them can run code on the engines. */
  readonly key: Uint8Array
  readonly keySource?: string
  /** An engine that says nothing for so long is lost. Default 5,000. */
  readonly heartbeatMs?: number
  /** How long an aborted task has to end by itself once its signal fired. Default 1,000. */
  readonly abortGraceMs?: number
  /** How long a shutdown waits for live tasks. Default 10,000. */
  readonly drainMs?: number
  /**
   * Where tasks and results are kept, so that a controller that is started with it again goes on with them: a folder for a store by
   * LMDB, or a store of one's own. Default: nowhere.
   */
  readonly store?: string | TaskStore
  /**
   * A new file that gets the history of this run: when which task was submitted, where its attempts ran, how they ended. JSON lines, as
   * docs/LAB.md describes; `yardmaster/sim` reads them. Default: none.
   */
  readonly record?: string
  /**
   * Serves metrics for Prometheus over HTTP: at `127.0.0.1:9464`, or where this says (`HOST:PORT`). docs/OBSERVABILITY.md lists them. Needs the
   * package prom-client. Default: none.
   */
  readonly metrics?: boolean | string | MetricsOptions
  /**
   * Spans by OpenTelemetry of the tasks whose client traces them: `true`, or the URL of the module that sets up its SDK.
   * docs/OBSERVABILITY.md tells of them. Needs the package @opentelemetry/api. Default: none.
   */
  readonly tracing?: TracingOption
  /**
   * Serves a page on which one watches the run, and can change the strategy: at a free port of 127.0.0.1, or where this says (`HOST:PORT`).
   * docs/DASHBOARD.md shows it. Default: none.
   */
  readonly dashboard?: boolean | string | DashboardOptions
  /** How long a controller that goes on with a store waits for the engines that were there, before their tasks run elsewhere. Default 5,000. */
  readonly recoveryMs?: number
  /** How much may be outstanding for clients, and wait for them. What a limit leaves no room for fails with a `LimitError`. */
  readonly limits?: Partial<ControllerLimits>
  /** How many may be connected and have not proved yet who they are; the oldest goes first. Default 128; a local cluster adds its engines. */
  readonly strangersMax?: number
  /** Limits of every listener. */
  readonly transportOptions?: TransportOptions
  readonly clock?: Clock
  readonly inspect?: Observer<InspectionEvent> | ((event: InspectionEvent) => void)
  /** Where engines are started for this controller: brings their number to this. Whoever calls `client.scale` is answered by it. */
  scale?(count: number): Promise<void>
  /** Told which engines come and leave. */
  onEngine?(change: 'joined' | 'left', engine: EngineInfo): void
  /** Told of the scheduler's state after its steps: to look, never to change. For simulations and tests. */
  observe?(state: SchedulerState): void
  /** A function, or a logger such as pino's: is told what joins, leaves, is refused or goes wrong, and never a secret. Default: nothing is logged. */
  readonly log?: Log | Logger
}

/** A running controller, seen from its own thread. */
export interface Controller {
  readonly name: string
  /** Where it listens, with the ports that were chosen; in the order in which they were asked for. */
  readonly addresses: readonly string[]
  readonly engines: readonly EngineInfo[]
  /** Where its dashboard is, with the token that lets one in; undefined where it has none. */
  readonly dashboardUrl: string | undefined
  /** How many tasks are where. */
  status(): QueueStatus
  /**
   * Has these engines take no more tasks but what only they could take, finish what has begun there, and leave; what has not begun goes to others.
   * Those that are not there are passed over.
   */
  drainEngines(engines: readonly EngineId[]): void
  /** Where Prometheus finds its metrics; undefined where it serves none. */
  readonly metricsUrl: string | undefined
  /** Lets in a peer over a connection that is already open. */
  adopt(connection: Connection): void
  /**
   * Lets another strategy choose from here on; nothing that was assigned moves.
   * @throws ConfigurationError for an unknown name, or where it cannot start
   */
  setStrategy(strategy: StrategyLike): void
  /** Takes no more tasks, finishes what is there, then stops. */
  drain(): Promise<void>
  /** Stops now; tasks that have not ended get no reply. */
  stop(): Promise<void>
  /** Resolves when it has stopped; rejects with the defect that stopped it. */
  readonly stopped: Promise<void>
}

const roles = {
  client: { sends: controllerToClient, receives: clientToController, details: clientHello },
  engine: { sends: controllerToEngine, receives: engineToController, details: engineHello },
} as const

/** Starts a controller in this thread. Rejects with a coded error where an address cannot be had. */
export async function startController(options: ControllerOptions): Promise<Controller> {
  if (options.key.length !== 32) throw new ConfigurationError(`key must have 32 bytes, not ${options.key.length}`)
  const clock = options.clock ?? systemClock
  const log = logOf(options.log)
  const heartbeatMs = options.heartbeatMs ?? 5_000
  const strangersMax = options.strangersMax ?? strangersMaxDefault
  const name = options.name ?? 'default'
  const limits = limitsOf(options.limits)
  const messageBytesMax = options.transportOptions?.messageBytesMax ?? transportDefaults.messageBytesMax
  /** Both ends of a link have a limit. */
  const sendable = (theirs: number = transportDefaults.messageBytesMax) => Math.min(messageBytesMax, theirs)
  const tracedRun = options.tracing ? new TracedRun(await Tracing.load(options.tracing), name, clock) : undefined
  const {
    journal,
    recovery,
    nextEngine: firstEngine,
    identity,
  } = await openJournal(options, clock, limits.queuedBytesMax, (error) => send({ type: 'storeFailed', error }))
  let nextEngine = firstEngine
  const recorder = await openRecorder(options, name, clock, log).catch(async (error: unknown) => {
    await journal?.close()
    throw error
  })
  const metrics = options.metrics
    ? await MetricsServer.open(options.metrics).catch(async (error: unknown) => {
        await journal?.close()
        await recorder?.discard()
        throw error
      })
    : undefined
  const dashboard = options.dashboard
    ? await openDashboard(options.dashboard).catch(async (error: unknown) => {
        await journal?.close()
        await recorder?.discard()
        await metrics?.close()
        throw error
      })
    : undefined
  // Whoever inspects the machine sees its input.
  const { key, transportOptions: _, ...schedulerOptions } = options

  const actor = createActor(controllerMachine, {
    clock: machineClock(clock),
    ...(options.inspect ? { inspect: options.inspect } : {}),
    input: {
      clock,
      schedulerOptions: { ...schedulerOptions, limits },
      observe: options.observe,
      scale: options.scale,
      onEngine: options.onEngine,
      abortGraceMs: options.abortGraceMs ?? 1_000,
      heartbeatMs,
      drainMs: options.drainMs ?? 10_000,
      journal,
      recovery,
      recoveryMs: options.recoveryMs ?? 5_000,
      observer: together([recorder, metrics?.counts.run, tracedRun, dashboard?.collector], log),
      listen: () => listenEverywhere(options, log, adopt, (peer, reason) => refusals.note(peer, reason)),
      log,
    },
  })
  const { status, error: fault } = actor.getSnapshot()
  if (status === 'error') {
    await journal?.close()
    await recorder?.discard()
    await metrics?.close()
    await dashboard?.close()
    throw fault
  }
  const { core } = actor.getSnapshot().context.scheduler.getSnapshot().context.stepper.getSnapshot().context
  // Links still end, and `stop` is called again, when it has stopped; XState warns of what comes later.
  const send = (event: ControllerMachineEvent) => {
    if (actor.getSnapshot().status === 'active') actor.send(event)
  }
  const tell = (event: PeerEvent) => {
    const { status, context } = actor.getSnapshot()
    if (status === 'active') context.reception.send(event)
  }

  const refusals = new RefusalLog(clock, (line, fields) => log('warn', line, fields))
  const strangers = new Set<Connection>()
  metrics?.show(() => {
    const { router } = actor.getSnapshot().context
    return {
      cluster: name,
      state: core,
      clients: router.clients.length,
      unsentBytes: router.unsentBytes,
      lostEngines: router.lostEngines,
      refusedConnections: refusals.count,
      counts: metrics.counts,
    }
  })

  async function openDashboard(given: true | string | DashboardOptions): Promise<Dashboard> {
    // It brings what nobody else needs.
    const { Dashboard } = await import('./dashboard/dashboard.ts')
    const router = () => actor.getSnapshot().context.router
    return Dashboard.open(given, {
      cluster: name,
      clock,
      core: () => core,
      engines: () => router().engines,
      sessions: () => router().clients.map(({ session }) => session),
      setStrategy: (strategy) => router().setStrategy(strategy),
    })
  }

  function adopt(accepted: Connection): void {
    const connection = metrics ? new CountedConnection(accepted, metrics.counts.traffic.stranger) : accepted
    const [oldest] = strangers
    if (oldest && strangers.size >= strangersMax) {
      refusals.note(oldest.peer, `more than ${strangersMax} have not proved who they are, and it is the oldest`)
      strangers.delete(oldest)
      oldest.abort()
    }
    strangers.add(connection)
    greet(connection)
      .catch((error: unknown) => {
        if (!strangers.has(connection)) return
        const code = error instanceof YardmasterError ? error.code : 'YM_INTERNAL'
        refusals.note(connection.peer, `${error instanceof Error ? error.message : error} [${code}]`)
      })
      .finally(() => strangers.delete(connection))
  }

  async function greet(connection: Connection): Promise<void> {
    let engine = -1
    let instance: string | undefined
    let told: readonly EngineInfo[] = []
    const admitted = await answerHandshake(connection, {
      key,
      ...(options.keySource === undefined ? {} : { keySource: options.keySource }),
      clock,
      roles,
      admit: async (hello): Promise<ClientWelcome | EngineWelcome> => {
        if (hello.role === 'engine') {
          // Engines in this process end with it.
          const { instance: fresh, resume } = hello.details
          const before = recovery?.returns(resume)
          if (journal && !connection.supports.objects) instance = before === undefined ? fresh : resume
          engine = before ?? nextEngine
          if (before === undefined) {
            nextEngine += 1
            // Nobody else gets this number, whatever becomes of this controller.
            await journal?.numbered(engine)
          }
          return {
            ...{ engine, heartbeatMs, messageBytesMax },
            ...(instance === undefined ? {} : { keeps: true }),
            ...(before === undefined ? {} : { resumes: true }),
          }
        }
        // The others follow when it is in.
        told = welcomedEngines(actor.getSnapshot().context.router.engines)
        return {
          session: hello.details.session,
          cluster: name,
          controller: identity,
          heartbeatMs,
          messageBytesMax,
          engines: [...told],
          ...limitsToTell(limits),
        }
      },
    })
    if (metrics && connection instanceof CountedConnection) connection.traffic = metrics.counts.traffic[admitted.role]
    // The controller stopped meanwhile.
    if (actor.getSnapshot().status !== 'active') admitted.link.abort()
    else if (admitted.role === 'engine') {
      const { instance: _, resume: __, ...details } = admitted.details
      const info: EngineInfo = { id: engine, ...details }
      const capacity = capacityOf(admitted.link.connection, sendable())
      recorder?.engineAdmitted(info)
      const peer = new EnginePeer(info, admitted.link, capacity, clock.now(), instance)
      peer.link.open({
        onMessage: (message) => tell({ type: 'engineMessage', peer, message }),
        onClose: (error) => tell({ type: 'engineLeft', peer, reason: error?.message ?? 'it closed its link' }),
      })
      tell({ type: 'engineJoined', peer })
      const { kind, pid, host } = info
      log('info', `engine ${engine} joined (${kind}, pid ${pid} on ${host})`, { engine, kind, enginePid: pid, host })
    } else {
      const capacity = capacityOf(admitted.link.connection, sendable(admitted.details.messageBytesMax))
      const peer = new ClientPeer({
        session: admitted.details.session,
        link: admitted.link,
        capacity,
        unsentBytesMax: limits.unsentBytesMax,
        now: clock.now(),
        engines: () => actor.getSnapshot().context.router.engines,
        lookUp: (id) => actor.getSnapshot().context.router.owed(id),
        onOverflow: ({ message, code }) => log('warn', `${message} [${code}]`, { client: peer.session, code }),
      })
      peer.link.open({
        onMessage: (message) => tell({ type: 'clientMessage', peer, message }),
        onDrain: () => tell({ type: 'clientDrained', peer }),
        onClose: () => {
          tell({ type: 'clientLeft', peer })
          log('debug', `client ${peer.session} left`, { client: peer.session })
        },
      })
      tell({ type: 'clientJoined', peer, told })
      log('info', `client ${peer.session} joined`, { client: peer.session })
    }
  }

  const finished = waitFor(actor, (snapshot) => snapshot.status !== 'active', { timeout: Number.POSITIVE_INFINITY })
  const stopped = finished.then(async (snapshot) => {
    refusals.close()
    await metrics?.close()
    await tracedRun?.close()
    await dashboard?.close()
    const { error } = snapshot.context
    await (hasStarted ? recorder?.close(error === undefined) : recorder?.discard())
    if (error !== undefined) throw error
  })
  stopped.catch(() => {})
  let hasStarted = false
  actor.start()
  dashboard?.begin()
  const settled = await waitFor(actor, (snapshot) => !snapshot.matches('starting') && !snapshot.matches('closing'), {
    timeout: Number.POSITIVE_INFINITY,
  })
  hasStarted = settled.status === 'active'
  if (!hasStarted) await stopped

  return {
    name,
    addresses: settled.context.listeners.map((listener) => listener.address),
    get engines() {
      return recovery?.isOver === false ? recovery.engines : actor.getSnapshot().context.router.engines
    },
    metricsUrl: metrics?.url,
    dashboardUrl: dashboard?.link,
    adopt,
    status: () => actor.getSnapshot().context.router.status(),
    drainEngines(engines) {
      const { router } = actor.getSnapshot().context
      // One that waits to join is drained when it has joined.
      const joined = engines.filter((id) => router.engines.some((engine) => engine.id === id))
      if (joined.length > 0) router.drainEngines(joined)
    },
    setStrategy: (strategy) => actor.getSnapshot().context.router.setStrategy(strategy),
    async drain() {
      send({ type: 'drain' })
      await stopped
    },
    async stop() {
      send({ type: 'stop' })
      await stopped
    },
    stopped,
  }
}

/** What the controller goes on with; nothing where it has no store. */
async function openJournal(
  { store: place }: ControllerOptions,
  clock: Clock,
  deferredBytesMax: number,
  onFailure: (error: unknown) => void,
): Promise<{ journal?: Journal; recovery?: Recovery<PeerEvent>; nextEngine: number; identity: string }> {
  if (place === undefined) return { nextEngine: 0, identity: randomUUID() }
  const store = typeof place === 'string' ? await openLmdbStore(place) : place
  const saved = readSaved(await store.load())
  const journal = new Journal({ store, saved, clock, onFailure })
  const identity = saved.identity ?? randomUUID()
  if (saved.identity === undefined) journal.identified(identity)
  return { journal, recovery: new Recovery(saved, clock, deferredBytesMax), nextEngine: saved.nextEngine, identity }
}

async function openRecorder(
  { record: path, strategy = schedulerDefaults.strategy }: ControllerOptions,
  cluster: string,
  clock: Clock,
  log: Log,
): Promise<Recorder | undefined> {
  return path === undefined ? undefined : Recorder.start({ path, cluster, strategy, clock, log })
}

export const strangersMaxDefault = 128
/** A handshake takes much less. */
const strangerBytesMax = 128 * 1024

/** All addresses or none. */
async function listenEverywhere(
  options: ControllerOptions,
  log: Log,
  onConnection: (connection: Connection) => void,
  onRefused: (peer: string, reason: string) => void,
): Promise<Listener[]> {
  const transportOptions = { strangerBytesMax, ...options.transportOptions, key: options.key, onRefused }
  const listeners: Listener[] = []
  try {
    for (const address of options.addresses) {
      const transport = await transportFor(address)
      const listener = await transport.listen(address, onConnection, transportOptions)
      listeners.push(listener)
      if (transportOptions.insecure && secured(listener.address, false) !== listener.address) {
        log('warn', `${listener.address} is not encrypted, and others can reach it`, { address: listener.address })
      }
    }
    return listeners
  } catch (error) {
    await Promise.all(listeners.map((listener) => listener.close()))
    throw error
  }
}
