/**
 * Between the links and the scheduler: what peers say becomes the scheduler's events, and its effects become what peers
 * are told. It holds who is connected, and nothing about tasks that the scheduler does not hold too, but for who else
 * wants to know how one ends.
 */
import type { Clock } from '../core/clock.ts'
import { ConfigurationError, EngineLostError, type Fault, ProtocolError } from '../core/errors.ts'
import { takeFunctions } from '../core/function-table.ts'
import type { EngineId, SessionId, TaskId } from '../core/ids.ts'
import type {
  Ask,
  ClientToController,
  EngineInfo,
  EngineToController,
  FunctionMessage,
  Reply,
} from '../core/messages.ts'
import type { OutputNews } from '../core/task-news.ts'
import type { Effect, SchedulerEvent, TaskSpec } from '../scheduler/events.ts'
import type { SchedulerState } from '../scheduler/state.ts'
import { resolveStrategy } from '../scheduler/strategies/named.ts'
import type { StrategyLike } from '../scheduler/strategies/strategy.ts'
import type { TaskRecord } from '../scheduler/task.ts'
import { ClientPeer } from './client-peer.ts'
import type { EnginePeer } from './engine-peer.ts'
import { isEnded } from './is-ended.ts'
import { keepPiece, printedBy } from './printed.ts'
import { queueStatus, resultStatus } from './queue-status.ts'
import { replyFor, replyWithFault, shutDown } from './reply.ts'
import { StreamRoutes } from './stream-routes.ts'
import type { TaskBody } from './task-body.ts'
import { outputOf } from './task-output.ts'
import { historyPage, queryPage } from './task-pages.ts'
import { checkOwner, specOf } from './task-spec.ts'
import { failedUnsent, type Unsendable } from './unsendable.ts'

export interface RouterOptions {
  readonly clock: Clock
  /** How long a signalled task has to end by itself. */
  readonly abortGraceMs: number
  /** An engine that says nothing for so long is lost. */
  readonly heartbeatMs: number
  /** Tells the scheduler; its effects come back through `perform` before this returns. */
  happened(events: readonly SchedulerEvent[]): void
  /** To look, never to change. */
  core(): SchedulerState
  onShutdown(): void
  onStrategyFault(fault: Fault): void
}

export class Router {
  readonly #options: RouterOptions
  readonly #clients = new Map<SessionId, ClientPeer>()
  readonly #engines = new Map<EngineId, EnginePeer>()
  /** Sessions other than its own that wait for a task's end. */
  readonly #watchers = new Map<TaskId, Set<SessionId>>()
  readonly #streams: StreamRoutes
  #dirtyClients = new Set<ClientPeer>()
  #dirtyEngines = new Set<EnginePeer>()
  #flushing = false
  /** What the scheduler refused in the question that is being answered, by the id that it named. */
  #refused = new Map<TaskId, Fault>()
  /** The last one, if there was one since a strategy was put in force. */
  readonly #strategyFaults: Fault[] = []
  #checkedAt: number | undefined
  accepting = true

  constructor(options: RouterOptions) {
    this.#options = options
    this.#streams = new StreamRoutes({
      task: (id) => options.core().tasks.get(id),
      client: (session) => this.#clients.get(session),
      engine: (id) => this.#engines.get(id),
      hasMore: (peer) => this.#dirty(peer),
      fail: (client, id, error) => {
        this.#tell(client, replyWithFault(id, error.toFault(), options.clock.wallTime()))
        options.happened([{ type: 'abort', tasks: [id] }])
      },
    })
  }

  get engines(): EngineInfo[] {
    return [...this.#engines.values()].map(({ info }) => info)
  }

  /** `told`: the engines that its welcome named; it is told what has changed since. */
  clientJoined(peer: ClientPeer, told: readonly EngineInfo[]): void {
    this.#clients.get(peer.session)?.link.abort()
    this.#clients.set(peer.session, peer)
    this.#streams.readerCame(peer.session)
    const known = new Set(told.map(({ id }) => id))
    const joined = this.engines.filter(({ id }) => !known.has(id))
    const left = told.filter(({ id }) => !this.#engines.has(id)).map(({ id }) => ({ id, reason: 'it left' }))
    if (joined.length + left.length > 0) peer.link.send({ type: 'engines', joined, left })
  }

  /** Its tasks go on; it may come back with the same session and watch them. */
  clientLeft(peer: ClientPeer): void {
    this.#dirtyClients.delete(peer)
    if (this.#clients.get(peer.session) !== peer) return
    this.#clients.delete(peer.session)
    this.#streams.readerLost(peer.session, this.#options.clock.now())
  }

  engineJoined(peer: EnginePeer): void {
    this.#engines.set(peer.id, peer)
    this.#options.happened([{ type: 'engineJoined', engine: peer.id }])
    if (!peer.link.connection.supports.objects) peer.ping(this.#options.clock.now())
    this.#tellClients({ type: 'engines', joined: [peer.info], left: [] })
  }

  engineLeft(peer: EnginePeer, reason: string): void {
    if (!this.#engines.delete(peer.id)) return
    this.#dirtyEngines.delete(peer)
    this.#options.happened([{ type: 'engineLeft', engine: peer.id, reason }])
    this.#tellClients({ type: 'engines', joined: [], left: [{ id: peer.id, reason }] })
  }

  /** Says to all that this side is there, and counts out engines that have been silent for the heartbeat. */
  checkEngines(): void {
    const now = this.#options.clock.now()
    const { heartbeatMs } = this.#options
    // After a stall of our own, what engines said meanwhile is still unread: it is read before anyone is judged.
    const stalled = this.#checkedAt !== undefined && now - this.#checkedAt > heartbeatMs / 2
    this.#checkedAt = now
    this.#streams.check(now)
    for (const client of this.#clients.values()) client.beat()
    for (const peer of this.#engines.values()) {
      if (peer.link.connection.supports.objects) continue
      if (now - peer.silentSince(now) > heartbeatMs && !stalled) {
        peer.link.abort()
        this.engineLeft(peer, `it was silent for ${heartbeatMs} ms`)
      } else peer.ping(now)
    }
  }

  fromClient(peer: ClientPeer, message: ClientToController): void {
    switch (message.type) {
      case 'submit':
        return this.#submit(peer, message)
      case 'broadcast':
        return this.#broadcast(peer, message)
      case 'abort':
        return this.#options.happened([{ type: 'abort', tasks: message.tasks }])
      case 'ask':
        return this.#answer(peer, message.request, message.ask)
      case 'pull':
        return this.#streams.pull(message.streams, peer.session)
      case 'goodbye':
        if (this.#clients.get(peer.session) === peer) this.#clients.delete(peer.session)
        return this.#streams.readerLeft(peer.session)
      case 'ping':
        peer.link.send({ type: 'pong', sequence: message.sequence })
    }
  }

  fromEngine(peer: EnginePeer, message: EngineToController): void {
    const now = this.#options.clock.now()
    peer.hear(now)
    switch (message.type) {
      case 'ended': {
        peer.completed += message.results.length
        const results = message.results.map((end) => {
          const output = outputOf(end)
          const { id, attempt, outcome, durationMs } = end
          return { id, attempt, outcome, durationMs, output, outputBytes: output?.byteLength }
        })
        return this.#options.happened([{ type: 'ended', engine: peer.id, results }])
      }
      case 'begun':
        this.#options.happened([{ type: 'begun', engine: peer.id, tasks: message.tasks }])
        for (const { id, attempt } of message.tasks) {
          this.#eachListener(id, (client) => client.begun({ id, attempt, engine: peer.id }))
        }
        return
      case 'news':
        for (const news of message.news) {
          if (news.kind === 'parts') this.#streams.parts(peer, news)
          else if (news.kind === 'output') this.#keepOutput(peer, news)
          else this.#eachListener(news.id, (client) => client.news(news))
        }
        return
      case 'pong': {
        const rttMs = peer.pong(message.sequence, now)
        if (rttMs !== undefined) this.#options.happened([{ type: 'roundTrip', engine: peer.id, rttMs }])
        return
      }
      case 'goodbye':
        void peer.link.close()
        this.engineLeft(peer, message.reason)
    }
  }

  /** @throws ConfigurationError where there is no such strategy, or it cannot start; the old one stays in force */
  setStrategy(like: StrategyLike): void {
    const strategy = resolveStrategy(like)
    const faults = this.#strategyFaults
    faults.length = 0
    this.#options.happened([{ type: 'setStrategy', strategy }])
    if (this.#options.core().strategy.strategy === strategy) return
    const why = faults[0]?.message ?? 'the controller has stopped'
    throw new ConfigurationError(`strategy '${strategy.name}' cannot start: ${why}`, {
      details: { strategy: strategy.name },
    })
  }

  /** Has the scheduler's effects done. They leave together, at the end of this turn. */
  perform(effects: readonly Effect[]): void {
    const unsendable: Unsendable[] = []
    for (const effect of effects) {
      switch (effect.type) {
        case 'assign': {
          const error = this.#engine(effect.engine)?.assign(effect.task, effect.attempt)
          if (error) unsendable.push({ assigned: effect, error })
          break
        }
        case 'cancel':
          this.#engine(effect.engine)?.cancel(effect.id, effect.attempt)
          break
        case 'recall':
          if (this.#canReturn(effect.id)) this.#engine(effect.engine)?.recall(effect.id, effect.attempt)
          break
        case 'end':
          this.#tellEnd(effect.task)
          break
        case 'refuse':
          if (effect.request === 'submit') this.#tellRefused(effect.id, effect.fault)
          else this.#refused.set(effect.id, effect.fault)
          break
        case 'strategyFault':
          this.#strategyFaults[0] = effect.fault
          this.#options.onStrategyFault(effect.fault)
      }
    }
    if (!this.#flushing && effects.length > 0) this.#flushSoon()
    // Told on a later turn: the scheduler is in the middle of a step.
    if (unsendable.length > 0) queueMicrotask(() => this.#options.happened(unsendable.map(failedUnsent)))
  }

  /** What was moved to an engine could not go to another: it stays there, unless its time is up. */
  #canReturn(id: TaskId): boolean {
    const task = this.#options.core().tasks.get(id)
    return !(task?.body as TaskBody | undefined)?.args.isGone || task?.overdue === true
  }

  /** Lets every peer go, after what it is still owed. */
  async close(reason: string): Promise<void> {
    this.flush()
    const engines = [...this.#engines.values()].map((engine) => engine.close())
    const clients = [...this.#clients.values()].map((client) => client.close(reason))
    await Promise.all([...engines, ...clients])
  }

  flush(): void {
    this.#flushing = false
    const engines = this.#dirtyEngines
    const clients = this.#dirtyClients
    this.#dirtyEngines = new Set()
    this.#dirtyClients = new Set()
    for (const engine of engines) engine.flush(this.#options.abortGraceMs)
    for (const client of clients) client.flush()
  }

  #flushSoon(): void {
    this.#flushing = true
    queueMicrotask(() => this.flush())
  }

  #engine(id: EngineId): EnginePeer | undefined {
    const peer = this.#engines.get(id)
    if (peer) this.#dirtyEngines.add(peer)
    return peer
  }

  #submit(peer: ClientPeer, message: Extract<ClientToController, { type: 'submit' }>): void {
    const functions = takeFunctions(peer.functions, message.tasks, message.functions, (brought) => brought)
    const specs: TaskSpec[] = []
    for (const [i, submission] of message.tasks.entries()) {
      if (!this.#accepts(peer, submission.id)) continue
      const body: TaskBody = {
        function: functions[i] as FunctionMessage,
        call: submission.call,
        args: submission.args,
      }
      specs.push(specOf(submission, peer.session, body))
    }
    if (specs.length > 0) this.#options.happened([{ type: 'submit', tasks: specs }])
  }

  #broadcast(peer: ClientPeer, message: Extract<ClientToController, { type: 'broadcast' }>): void {
    const { args, targets, runTimeoutMs, label } = message
    if (message.tasks.length !== targets.length) throw new ProtocolError('a broadcast needs a task for each target')
    const [held] = takeFunctions(peer.functions, [message], message.functions, (brought) => brought)
    const body: TaskBody = { function: held as FunctionMessage, call: 'once', args }
    const specs: TaskSpec[] = []
    for (const [i, id] of message.tasks.entries()) {
      if (!this.#accepts(peer, id)) continue
      const target = targets[i] as EngineId
      specs.push({ id, client: peer.session, body, targets: [target], direct: true, runTimeoutMs, label })
    }
    if (specs.length > 0) this.#options.happened([{ type: 'submit', tasks: specs }])
  }

  /** Whether this is a new task to be run; if not, its client is answered. */
  #accepts(peer: ClientPeer, id: TaskId): boolean {
    checkOwner(peer, id)
    // A client that lost its link sends again what was not answered.
    if (this.#options.core().tasks.has(id)) this.#watch(peer, id)
    else if (this.accepting) return true
    else this.#tell(peer, replyWithFault(id, shutDown, this.#options.clock.wallTime()))
    return false
  }

  /** @throws EngineLostError where one is not there; then none is told */
  #present(ids: readonly EngineId[]): EnginePeer[] {
    return ids.map((id) => {
      const engine = this.#engines.get(id)
      if (engine) return engine
      throw new EngineLostError(`there is no engine ${id}: it has left, or never came`, { details: { engine: id } })
    })
  }

  #answer(peer: ClientPeer, request: number, ask: Ask): void {
    let value: unknown
    let fault: Fault | undefined
    try {
      value = this.#valueFor(peer, ask)
      fault = this.#refused.values().next().value
    } catch (error) {
      if (!(error instanceof ConfigurationError || error instanceof EngineLostError)) throw error
      fault = error.toFault()
    }
    this.#refused.clear()
    peer.link.send(fault ? { type: 'answer', request, fault } : { type: 'answer', request, value })
    if (ask.kind === 'shutdown' && ask.engines === undefined) this.#options.onShutdown()
  }

  #valueFor(peer: ClientPeer, ask: Ask): unknown {
    const core = this.#options.core()
    switch (ask.kind) {
      case 'queueStatus':
        return queueStatus(core, this.#engines)
      case 'resultStatus':
        return resultStatus(core, ask.tasks)
      case 'watch':
        for (const id of ask.tasks) this.#watch(peer, id)
        this.#streams.askReader(peer, ask.tasks)
        return null
      case 'purge':
        this.#options.happened([{ type: 'purge', tasks: ask.tasks }])
        return { purged: ask.tasks.length }
      case 'resubmit':
        this.#resubmit(peer, ask.pairs)
        return null
      case 'query':
        return queryPage(core, ask, this.#options.clock)
      case 'history':
        return historyPage(core, ask, peer.session)
      case 'setStrategy':
        this.setStrategy(ask.strategy)
        return null
      case 'interrupt':
        for (const engine of this.#present(ask.engines)) engine.interrupt(this.#options.abortGraceMs)
        return null
      case 'restart':
        for (const engine of this.#present(ask.engines)) engine.restart(this.#options.abortGraceMs)
        return null
      case 'shutdown':
        for (const id of ask.engines ?? []) this.#engines.get(id)?.link.send({ type: 'stop' })
        return null
    }
  }

  /** A new task that is not accepted is answered like one that failed at once; the others go on. */
  #resubmit(peer: ClientPeer, pairs: Extract<Ask, { kind: 'resubmit' }>['pairs']): void {
    const fresh = pairs.filter(({ to }) => this.#accepts(peer, to))
    if (fresh.length === 0) return
    this.#options.happened([{ type: 'resubmit', pairs: fresh, client: peer.session }])
    for (const { from, to } of fresh) {
      const fault = this.#refused.get(from)
      if (fault) this.#tell(peer, replyWithFault(to, fault, this.#options.clock.wallTime()))
    }
    this.#refused.clear()
  }

  #watch(peer: ClientPeer, id: TaskId): void {
    const task = this.#options.core().tasks.get(id)
    if (task === undefined || isEnded(task)) return this.#tell(peer, replyFor(id, task, this.#options.clock), task)
    const printed = printedBy(task)
    if (printed) peer.printed(id, printed)
    this.#dirty(peer)
    const watchers = this.#watchers.get(id)
    if (watchers) watchers.add(peer.session)
    else if (task.client !== peer.session) this.#watchers.set(id, new Set([peer.session]))
  }

  #keepOutput(peer: EnginePeer, piece: OutputNews): void {
    const printed = keepPiece(this.#options, peer.id, piece)
    if (printed) this.#eachListener(piece.id, (client) => client.printed(piece.id, printed))
  }

  #eachListener(id: TaskId, tell: (client: ClientPeer) => void): void {
    const owner = this.#options.core().tasks.get(id)?.client
    const sessions = new Set(this.#watchers.get(id))
    if (owner !== undefined) sessions.add(owner)
    for (const session of sessions) {
      const client = this.#clients.get(session)
      if (client === undefined) continue
      tell(client)
      this.#dirty(client)
    }
  }

  #tellEnd(task: TaskRecord): void {
    this.#streams.taskEnded(task.id)
    const owner = this.#clients.get(task.client)
    const watchers = this.#watchers.get(task.id)
    if (owner === undefined && watchers === undefined) return
    const reply = replyFor(task.id, task, this.#options.clock)
    if (owner) this.#tell(owner, reply, task)
    if (watchers === undefined) return
    this.#watchers.delete(task.id)
    for (const session of watchers) {
      const client = this.#clients.get(session)
      if (client && client !== owner) this.#tell(client, reply, task)
    }
  }

  /** A submission that the scheduler did not take: it is answered like a task that failed at once. */
  #tellRefused(id: TaskId, fault: Fault): void {
    const client = this.#clients.get(id.slice(0, id.lastIndexOf('.')) as SessionId)
    if (client) this.#tell(client, replyWithFault(id, fault, this.#options.clock.wallTime()))
  }

  #tell(client: ClientPeer, reply: Reply, task?: TaskRecord): void {
    client.reply(reply, printedBy(task))
    this.#dirty(client)
  }

  #dirty(peer: ClientPeer | EnginePeer): void {
    if (peer instanceof ClientPeer) this.#dirtyClients.add(peer)
    else this.#dirtyEngines.add(peer)
    if (!this.#flushing) this.#flushSoon()
  }

  #tellClients(message: Parameters<ClientPeer['link']['send']>[0]): void {
    for (const client of this.#clients.values()) client.link.send(message)
  }
}
