import { ConfigurationError, EngineLostError, type Fault, faultFrom } from '../core/errors.ts'
import type { EngineId, TaskId } from '../core/ids.ts'
import type { Ask } from '../core/messages.ts'
import { resolveStrategy } from '../scheduler/strategies/named.ts'
import type { StrategyLike } from '../scheduler/strategies/strategy.ts'
import type { Audience } from './audience.ts'
import type { ClientPeer } from './client-peer.ts'
import type { EnginePeer } from './engine-peer.ts'
import { queueStatus, resultStatus } from './queue-status.ts'
import type { RouterOptions } from './router.ts'
import { historyPage, queryPage } from './task-pages.ts'

export interface AnswersOptions extends RouterOptions {
  readonly audience: Audience
  readonly engines: ReadonlyMap<EngineId, EnginePeer>
  /** This turn has something for the client. */
  hasMore(peer: ClientPeer): void
  /** Streams of these may have lost parts with the client's link. */
  askReader(peer: ClientPeer, ids: readonly TaskId[]): void
  /** Whether this is a new task to be run; if not, its client is answered. */
  accepts(peer: ClientPeer, id: TaskId): boolean
  /** Does it when all that is known by now is sure. */
  later(action: () => void): void
}

const startsNone =
  'this cluster starts no engines by itself: run `yardmaster engine` where there shall be more, or start it with `yardmaster start`'

/** The questions of clients, and what is answered. */
export class Answers {
  readonly #options: AnswersOptions
  /** What the scheduler refused in the question that is being answered, by the id that it named. */
  readonly #refused = new Map<TaskId, Fault>()
  /** The last one, if there was one since a strategy was put in force. */
  #strategyFault: Fault | undefined

  constructor(options: AnswersOptions) {
    this.#options = options
  }

  refused(id: TaskId, fault: Fault): void {
    this.#refused.set(id, fault)
  }

  strategyFault(fault: Fault): void {
    this.#strategyFault = fault
  }

  /** @throws ConfigurationError where there is no such strategy, or it cannot start; the old one stays in force */
  setStrategy(like: StrategyLike): void {
    const strategy = resolveStrategy(like)
    this.#strategyFault = undefined
    this.#options.happened([{ type: 'setStrategy', strategy }])
    if (this.#options.core().strategy.strategy === strategy) return
    const why = (this.#strategyFault as Fault | undefined)?.message ?? 'the controller has stopped'
    throw new ConfigurationError(`strategy '${strategy.name}' cannot start: ${why}`, {
      details: { strategy: strategy.name },
    })
  }

  /** @throws EngineLostError where one is not there; then none is told */
  #present(ids: readonly EngineId[]): EnginePeer[] {
    return ids.map((id) => {
      const engine = this.#options.engines.get(id)
      if (engine) return engine
      throw new EngineLostError(`there is no engine ${id}: it has left, or never came`, { details: { engine: id } })
    })
  }

  answer(peer: ClientPeer, request: number, ask: Ask): void {
    let value: unknown
    let fault: Fault | undefined
    if (ask.kind === 'flush') {
      return this.#options.later(() => {
        // What was not accepted has been told before.
        peer.answerLast(request)
        this.#options.hasMore(peer)
      })
    }
    if (ask.kind === 'scale') {
      void this.#scale(peer, request, ask.count)
      return
    }
    try {
      value = this.#valueFor(peer, ask)
      fault = this.#refused.values().next().value
    } catch (error) {
      if (!(error instanceof ConfigurationError || error instanceof EngineLostError)) throw error
      fault = error.toFault()
    }
    this.#refused.clear()
    peer.tell(fault ? { type: 'answer', request, fault } : { type: 'answer', request, value })
    if (ask.kind === 'shutdown' && ask.engines === undefined) this.#options.onShutdown()
  }

  /** Answered when it is done, which may take long. */
  async #scale(peer: ClientPeer, request: number, count: number): Promise<void> {
    const { scale } = this.#options
    try {
      if (scale === undefined) throw new ConfigurationError(startsNone)
      await scale(count)
      peer.tell({ type: 'answer', request, value: null })
    } catch (error) {
      peer.tell({ type: 'answer', request, fault: faultFrom(error) })
    }
  }

  #valueFor(peer: ClientPeer, ask: Exclude<Ask, { kind: 'flush' | 'scale' }>): unknown {
    const core = this.#options.core()
    switch (ask.kind) {
      case 'queueStatus':
        return queueStatus(core, this.#options.engines)
      case 'resultStatus':
        return resultStatus(core, ask.tasks)
      case 'watch':
        for (const id of ask.tasks) this.#options.audience.watch(peer, id)
        this.#options.askReader(peer, ask.tasks)
        return null
      case 'purge':
        this.#options.happened([{ type: 'purge', tasks: ask.tasks }])
        return { purged: ask.tasks.length }
      case 'resubmit':
        this.#resubmit(peer, ask.pairs)
        return null
      case 'query':
        return queryPage(core, ask, this.#options.clock, peer.bytesMax)
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
        for (const id of ask.engines ?? []) this.#options.engines.get(id)?.link.send({ type: 'stop' })
        return null
    }
  }

  /** A new task that is not accepted is answered like one that failed at once; the others go on. */
  #resubmit(peer: ClientPeer, pairs: Extract<Ask, { kind: 'resubmit' }>['pairs']): void {
    const fresh = pairs.filter(({ to }) => this.#options.accepts(peer, to))
    if (fresh.length === 0) return
    const { journal, core } = this.#options
    this.#options.happened([{ type: 'resubmit', pairs: fresh, client: peer.session }])
    for (const { from, to } of fresh) {
      const fault = this.#refused.get(to) ?? this.#refused.get(from)
      if (fault) this.#options.audience.tellFault(peer.session, to, fault)
      else journal?.accepted(core().tasks.get(to))
      const earlier = core().tasks.get(from)
      if (earlier) journal?.ended(earlier)
    }
    this.#refused.clear()
  }
}
