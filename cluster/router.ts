/**
 * Between the links and the scheduler: what peers say becomes the scheduler's events, and its effects become what peers
 * are told. It holds who is connected, and nothing about tasks that the scheduler does not hold too, but for who else
 * wants to know how one ends.
 */
import type { Clock } from '../core/clock.ts'
import { type Fault, ProtocolError } from '../core/errors.ts'
import type { EngineId, SessionId, TaskId } from '../core/ids.ts'
import type { AttemptRef, ClientToController, EngineInfo, EngineToController, QueueStatus } from '../core/messages.ts'
import type { OutputNews } from '../core/task-news.ts'
import type { AttemptResult, Effect, SchedulerEvent, TaskSpec } from '../scheduler/events.ts'
import type { RestoredTask } from '../scheduler/restore.ts'
import type { SchedulerState } from '../scheduler/state.ts'
import type { StrategyLike } from '../scheduler/strategies/strategy.ts'
import type { TaskRecord } from '../scheduler/task.ts'
import { Answers } from './answers.ts'
import { Audience } from './audience.ts'
import { ClientPeer } from './client-peer.ts'
import type { EnginePeer } from './engine-peer.ts'
import { isEnded } from './is-ended.ts'
import type { Journal } from './journal.ts'
import type { Owed } from './owed-replies.ts'
import { keepPiece } from './printed.ts'
import { queueStatus } from './queue-status.ts'
import { owedBy, shutDown } from './reply.ts'
import { StreamRoutes } from './stream-routes.ts'
import { broadcastSpecs, submittedSpecs } from './submitted-specs.ts'
import type { TaskBody } from './task-body.ts'
import { outputOf } from './task-output.ts'
import { checkOwner } from './task-spec.ts'
import { failedUnsent, type Unsendable } from './unsendable.ts'

type Assign = Extract<Effect, { type: 'assign' }>

/** A client pings in each heartbeat. After so many without a word nobody waits for it to read. */
const silentReaderBeats = 12

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
  /** Where there is a store. */
  readonly journal?: Journal | undefined
  /** Brings the engines that are started for this controller to this number; undefined where none are. */
  readonly scale?: ((count: number) => Promise<void>) | undefined
  readonly onEngine?: ((change: 'joined' | 'left', engine: EngineInfo) => void) | undefined
  onShutdown(): void
  onStrategyFault(fault: Fault): void
  onEngineLeft(engine: EngineId, reason: string, saidGoodbye: boolean): void
}

export class Router {
  readonly #options: RouterOptions
  readonly #audience: Audience
  readonly #engines = new Map<EngineId, EnginePeer>()
  readonly #streams: StreamRoutes
  #dirtyClients = new Set<ClientPeer>()
  #dirtyEngines = new Set<EnginePeer>()
  #flushing = false
  readonly #answers: Answers
  #checkedAt: number | undefined
  accepting = true
  /** Engines that went without a goodbye. */
  lostEngines = 0
  #isClosing = false

  constructor(options: RouterOptions) {
    this.#options = options
    this.#audience = new Audience({
      clock: options.clock,
      task: (id) => options.core().tasks.get(id),
      later: options.journal && ((action) => options.journal?.later(action)),
      hasMore: (client) => this.#dirty(client),
    })
    const { journal } = options
    if (journal) {
      const { retention } = options.core()
      retention.onDrop = (task, body) => journal.dropped(task, body as TaskBody)
      retention.onForget = ({ id }) => journal.forgotten(id)
    }
    this.#answers = new Answers({
      ...options,
      audience: this.#audience,
      engines: this.#engines,
      hasMore: (peer) => this.#dirty(peer),
      askReader: (peer, ids) => this.#streams.askReader(peer, ids),
      accepts: (peer, id) => this.#accepts(peer, id),
      later: (action) => this.#later(action),
    })
    this.#streams = new StreamRoutes({
      task: (id) => options.core().tasks.get(id),
      client: (session) => this.#audience.get(session),
      engine: (id) => this.#engines.get(id),
      hasMore: (peer) => this.#dirty(peer),
      fail: (client, id, error) => {
        this.#audience.tellFault(client.session, id, error.toFault())
        options.happened([{ type: 'abort', tasks: [id] }])
      },
    })
  }

  /** How a task has ended that a client is yet to be told of. */
  owed(id: TaskId): Owed {
    return owedBy(id, this.#options.core().tasks.get(id), this.#options.clock)
  }

  setStrategy(like: StrategyLike): void {
    this.#answers.setStrategy(like)
  }

  status(): QueueStatus {
    return queueStatus(this.#options.core(), this.#engines)
  }

  drainEngines(engines: readonly EngineId[]): void {
    this.#options.happened([{ type: 'drainEngines', engines }])
  }

  /** Those that are connected. */
  get clients(): readonly ClientPeer[] {
    return [...this.#audience]
  }

  /** What the links of all peers have accepted and not sent yet. */
  get unsentBytes(): number {
    const peers = [...this.#engines.values(), ...this.#audience]
    return peers.reduce((bytes, { link }) => bytes + link.connection.bufferedBytes, 0)
  }

  get engines(): EngineInfo[] {
    return [...this.#engines.values()].map(({ info }) => info)
  }

  /** `told`: the engines that its welcome named; it is told what has changed since. */
  clientJoined(peer: ClientPeer, told: readonly EngineInfo[]): void {
    this.#audience.joined(peer)
    this.#streams.readerCame(peer.session)
    const known = new Set(told.map(({ id }) => id))
    const joined = this.engines.filter(({ id }) => !known.has(id))
    const left = told.filter(({ id }) => !this.#engines.has(id)).map(({ id }) => ({ id, reason: 'it left' }))
    if (joined.length + left.length > 0) peer.tell({ type: 'engines', joined, left })
  }

  /** Its tasks go on; it may come back with the same session and watch them. */
  clientLeft(peer: ClientPeer): void {
    this.#dirtyClients.delete(peer)
    if (this.#audience.left(peer)) this.#streams.readerLost(peer.session, this.#options.clock.now())
  }

  engineJoined(peer: EnginePeer): void {
    this.#engines.set(peer.id, peer)
    this.#options.happened([{ type: 'engineJoined', engine: peer.id, concurrency: peer.info.concurrency }])
    if (peer.instance !== undefined) this.#options.journal?.engineJoined(peer.instance, peer.id)
    if (!peer.link.connection.supports.objects) peer.ping(this.#options.clock.now())
    this.#audience.tellAll({ type: 'engines', joined: [peer.info], left: [] })
    this.#options.onEngine?.('joined', peer.info)
  }

  engineLeft(peer: EnginePeer, reason: string, saidGoodbye = false): void {
    if (!this.#engines.delete(peer.id)) return
    if (!this.#isClosing) {
      if (!saidGoodbye) this.lostEngines += 1
      this.#options.onEngineLeft(peer.id, reason, saidGoodbye)
    }
    this.#dirtyEngines.delete(peer)
    this.#options.happened([{ type: 'engineLeft', engine: peer.id, reason }])
    if (peer.instance !== undefined) this.#options.journal?.engineLeft(peer.instance)
    this.#audience.tellAll({ type: 'engines', joined: [], left: [{ id: peer.id, reason }] })
    this.#options.onEngine?.('left', peer.info)
  }

  /** An engine that an earlier controller had does not come back. */
  engineGone(instance: string): void {
    this.#options.journal?.engineLeft(instance)
  }

  /** Says to all that this side is there, and counts out engines that have been silent for the heartbeat. */
  checkEngines(): void {
    const now = this.#options.clock.now()
    const { heartbeatMs } = this.#options
    // After a stall of our own, what engines said meanwhile is still unread: it is read before anyone is judged.
    const stalled = this.#checkedAt !== undefined && now - this.#checkedAt > heartbeatMs / 2
    this.#checkedAt = now
    this.#streams.check(now)
    for (const client of this.#audience) {
      const silentMs = now - client.heard.since(now)
      // It may be stopped, with its link open: its generators must not hold up their engines for good.
      if (silentMs > silentReaderBeats * heartbeatMs && !stalled && !client.link.connection.supports.objects)
        this.#streams.readerLeft(client.session)
      client.beat()
    }
    for (const peer of this.#engines.values()) {
      if (peer.link.connection.supports.objects) continue
      if (now - peer.heard.since(now) > heartbeatMs && !stalled) {
        peer.link.abort()
        this.engineLeft(peer, `it was silent for ${heartbeatMs} ms`)
      } else peer.ping(now)
    }
  }

  fromClient(peer: ClientPeer, message: ClientToController): void {
    peer.heard.hear(this.#options.clock.now())
    switch (message.type) {
      case 'submit':
        return this.#accepted(submittedSpecs(peer, message, (id) => this.#accepts(peer, id)))
      case 'broadcast':
        return this.#accepted(broadcastSpecs(peer, message, (id) => this.#accepts(peer, id)))
      case 'abort':
        return this.#options.happened([{ type: 'abort', tasks: message.tasks }])
      case 'ask':
        return this.#answers.answer(peer, message.request, message.ask)
      case 'pull':
        return this.#streams.pull(message.streams, peer.session)
      case 'goodbye':
        this.#audience.left(peer)
        return this.#streams.readerLeft(peer.session)
      case 'ping':
        peer.tell({ type: 'pong', sequence: message.sequence })
    }
  }

  /** What a controller before this one had. `held`: the attempts that each engine says it has. */
  restore(
    tasks: readonly RestoredTask[],
    nextEngine: EngineId,
    held: ReadonlyMap<EngineId, readonly AttemptRef[]>,
  ): void {
    const now = this.#options.clock.now()
    for (const { spec, end } of tasks) if (!end) this.#streams.readerLost(spec.client, now)
    this.#options.happened([{ type: 'restore', tasks, nextEngine }])
    for (const [engine, attempts] of held) {
      for (const { id, attempt } of attempts) {
        const task = this.#options.core().tasks.get(id)
        if (task?.engine === engine && task.attempt === attempt && !isEnded(task)) continue
        this.#engine(engine)?.cancel(id, attempt)
      }
    }
  }

  /** Values of a task were left out on their way here. */
  emitsDropped(id: TaskId, more: number): void {
    this.#audience.each(id, (client) => client.emitsDropped(id, more))
  }

  fromEngine(peer: EnginePeer, message: EngineToController): void {
    const now = this.#options.clock.now()
    peer.heard.hear(now)
    switch (message.type) {
      case 'ended': {
        peer.completed += message.results.length
        const results = message.results.map((end) => {
          const output = outputOf(end)
          const { id, attempt, outcome, durationMs, emitsDropped } = end
          const task = this.#options.core().tasks.get(id)
          // Of one that has been told of, this comes too late.
          if (emitsDropped && task !== undefined && !isEnded(task)) this.emitsDropped(id, emitsDropped)
          return { id, attempt, outcome, durationMs, output, outputBytes: output?.byteLength }
        })
        this.#options.happened([{ type: 'ended', engine: peer.id, results }])
        if (peer.instance !== undefined) this.#later(() => this.#engine(peer.id)?.noted(message.results))
        return
      }
      case 'begun':
        this.#options.happened([{ type: 'begun', engine: peer.id, tasks: message.tasks }])
        for (const { id, attempt } of message.tasks) {
          this.#audience.each(id, (client) => client.begun({ id, attempt, engine: peer.id }))
        }
        return
      case 'news':
        for (const news of message.news) {
          if (news.kind === 'parts') this.#streams.parts(peer, news)
          else if (news.kind === 'output') this.#keepOutput(peer, news)
          else this.#audience.each(news.id, (client) => client.news(news))
        }
        return
      case 'pong': {
        const rttMs = peer.pong(message.sequence, now)
        if (rttMs !== undefined) this.#options.happened([{ type: 'roundTrip', engine: peer.id, rttMs }])
        return
      }
      case 'goodbye':
        void peer.link.close()
        return this.engineLeft(peer, message.reason, true)
      case 'holding':
        throw new ProtocolError('an engine says what it holds first, and only where its welcome said that it resumes')
    }
  }

  /** Has the scheduler's effects done. They leave together, at the end of this turn. */
  perform(effects: readonly Effect[]): void {
    const unsendable: Unsendable[] = []
    for (const effect of effects) {
      switch (effect.type) {
        case 'assign':
          if (this.#options.journal) this.#assignSurely(this.#options.journal, effect, unsendable)
          else this.#assign(effect, unsendable)
          break
        case 'cancel':
          this.#later(() => this.#engine(effect.engine)?.cancel(effect.id, effect.attempt))
          break
        case 'recall':
          if (!this.#canReturn(effect.id)) break
          this.#later(() => this.#engine(effect.engine)?.recall(effect.id, effect.attempt))
          break
        case 'release':
          // What it has said is sure by then.
          this.#later(() => this.#engines.get(effect.engine)?.link.send({ type: 'stop' }))
          break
        case 'end':
          this.#ended(effect.task)
          break
        case 'refuse':
          if (effect.request === 'submit') this.#tellRefused(effect.id, effect.fault)
          else this.#answers.refused(effect.id, effect.fault)
          break
        case 'strategyFault':
          this.#answers.strategyFault(effect.fault)
          this.#options.onStrategyFault(effect.fault)
      }
    }
    if (!this.#flushing && effects.length > 0) this.#flushSoon()
    this.#tellUnsendable(unsendable)
  }

  #assign(effect: Assign, unsendable: Unsendable[]): void {
    const error = this.#engine(effect.engine)?.assign(effect.task, effect.attempt)
    if (error) unsendable.push({ assigned: effect, error })
  }

  /**
   * A task leaves when it is sure that a controller after this one will know of it: to that one nothing that runs is a stranger's.
   * Of one that must not run twice it will know where it went, too; and how those ended that a task came after.
   */
  #assignSurely(journal: Journal, effect: Assign, unsendable: Unsendable[]): void {
    journal.accepted(effect.task)
    const { id, retryOnEngineLoss, after, follow } = effect.task
    if (!retryOnEngineLoss) journal.sent(id, effect.engine)
    else if (journal.knows(id) && after.length === 0 && follow.length === 0) return this.#assign(effect, unsendable)
    journal.later(() => {
      const unsendable: Unsendable[] = []
      const { engine, task, attempt } = effect
      if (task.body !== undefined) this.#assign(effect, unsendable)
      // It was aborted, and dropped, before it left.
      else this.#options.happened([{ type: 'ended', engine, results: [notSent(task.id, attempt)] }])
      this.#tellUnsendable(unsendable)
      this.#flushSoon()
    })
  }

  /** On a later turn: the scheduler is in the middle of a step. */
  #tellUnsendable(unsendable: readonly Unsendable[]): void {
    if (unsendable.length > 0) queueMicrotask(() => this.#options.happened(unsendable.map(failedUnsent)))
  }

  /** What was moved to an engine could not go to another: it stays there, unless its time is up. */
  #canReturn(id: TaskId): boolean {
    const task = this.#options.core().tasks.get(id)
    return !(task?.body as TaskBody | undefined)?.args.isGone || task?.overdue === true
  }

  /** Lets every peer go, after what it is still owed. */
  async close(reason: string): Promise<void> {
    this.#isClosing = true
    this.flush()
    const engines = [...this.#engines.values()].map((engine) => engine.close())
    const clients = [...this.#audience].map((client) => client.close(reason))
    await Promise.all([...engines, ...clients])
  }

  /** Drops every link without a word: whoever is there may come back to a later controller. */
  abandon(): void {
    this.#isClosing = true
    for (const { link } of [...this.#engines.values(), ...this.#audience]) link.abort()
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
    if (peer) this.#dirty(peer)
    return peer
  }

  #accepted(specs: readonly TaskSpec[]): void {
    if (specs.length === 0) return
    const { journal, core } = this.#options
    this.#options.happened([{ type: 'submit', tasks: specs }])
    if (journal) for (const { id } of specs) journal.accepted(core().tasks.get(id))
  }

  /** Whether this is a new task to be run; if not, its client is answered. */
  #accepts(peer: ClientPeer, id: TaskId): boolean {
    checkOwner(peer, id)
    // A client that lost its link sends again what was not answered.
    if (this.#options.core().tasks.has(id)) this.#audience.watch(peer, id)
    else if (this.accepting) return true
    else this.#audience.tellFault(peer.session, id, shutDown)
    return false
  }

  #keepOutput(peer: EnginePeer, piece: OutputNews): void {
    const printed = keepPiece(this.#options, peer.id, piece)
    if (printed) this.#audience.each(piece.id, (client) => client.printed(piece.id, printed))
  }

  #ended(task: TaskRecord): void {
    this.#streams.taskEnded(task.id)
    this.#options.journal?.ended(task)
    this.#audience.tellEnd(task)
  }

  /** A submission that the scheduler did not take: it is answered like a task that failed at once. */
  #tellRefused(id: TaskId, fault: Fault): void {
    this.#audience.tellFault(id.slice(0, id.lastIndexOf('.')) as SessionId, id, fault)
  }

  #later(action: () => void): void {
    if (this.#options.journal) this.#options.journal.later(action)
    else action()
  }

  #dirty(peer: ClientPeer | EnginePeer): void {
    if (peer instanceof ClientPeer) this.#dirtyClients.add(peer)
    else this.#dirtyEngines.add(peer)
    if (!this.#flushing) this.#flushSoon()
  }
}

function notSent(id: TaskId, attempt: number): AttemptResult {
  return { id, attempt, outcome: 'recalled', durationMs: 0, output: undefined }
}
