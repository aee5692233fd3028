import type { Clock } from '../core/clock.ts'
import type { Fault } from '../core/errors.ts'
import type { SessionId, TaskId } from '../core/ids.ts'
import type { ControllerToClient, Reply } from '../core/messages.ts'
import type { TaskRecord } from '../scheduler/task.ts'
import type { ClientPeer } from './client-peer.ts'
import { isEnded } from './is-ended.ts'
import { type Printed, printedBy } from './printed.ts'
import { replyFor, replyWithFault } from './reply.ts'

export interface AudienceOptions {
  readonly clock: Clock
  task(id: TaskId): TaskRecord | undefined
  /** Does it when all that is known by now is sure. Absent: it always is. */
  readonly later: ((action: () => void) => void) | undefined
  /** This turn has something for the client. */
  hasMore(client: ClientPeer): void
}

/** So many are remembered of a task, whether they are still there or not. */
const watchersMin = 16

/** Who is connected, and who is told of a task: the session that submitted it, and those that watch it. */
export class Audience {
  readonly #options: AudienceOptions
  readonly #clients = new Map<SessionId, ClientPeer>()
  /** Sessions other than its own that wait for a task's end. */
  readonly #watchers = new Map<TaskId, Set<SessionId>>()

  constructor(options: AudienceOptions) {
    this.#options = options
  }

  get(session: SessionId): ClientPeer | undefined {
    return this.#clients.get(session)
  }

  [Symbol.iterator](): IterableIterator<ClientPeer> {
    return this.#clients.values()
  }

  /** In place of the one that the session had. */
  joined(peer: ClientPeer): void {
    this.#clients.get(peer.session)?.link.abort()
    this.#clients.set(peer.session, peer)
  }

  /** Answers whether it was the one that the session has. */
  left(peer: ClientPeer): boolean {
    return this.#clients.get(peer.session) === peer && this.#clients.delete(peer.session)
  }

  tellAll(message: ControllerToClient): void {
    for (const client of this.#clients.values()) client.tell(message)
  }

  /** From here on the client hears of the task; at once, if it has ended. */
  watch(peer: ClientPeer, id: TaskId): void {
    const task = this.#options.task(id)
    if (task === undefined || isEnded(task)) {
      return this.#reply(peer.session, replyFor(id, task, this.#options.clock), task)
    }
    const printed = printedBy(task)
    if (printed) peer.printed(id, printed)
    this.#options.hasMore(peer)
    const watchers = this.#watchers.get(id)
    if (watchers) {
      // Those that are gone watch anew when they come back.
      if (watchers.size >= watchersMin) for (const one of watchers) if (!this.#clients.has(one)) watchers.delete(one)
      watchers.add(peer.session)
    } else if (task.client !== peer.session) this.#watchers.set(id, new Set([peer.session]))
  }

  each(id: TaskId, tell: (client: ClientPeer) => void): void {
    const owner = this.#options.task(id)?.client
    const sessions = new Set(this.#watchers.get(id))
    if (owner !== undefined) sessions.add(owner)
    for (const session of sessions) {
      const client = this.#clients.get(session)
      if (client === undefined) continue
      tell(client)
      this.#options.hasMore(client)
    }
  }

  tellEnd(task: TaskRecord): void {
    const watchers = this.#watchers.get(task.id)
    if (watchers === undefined && !this.#clients.has(task.client)) return
    const reply = replyFor(task.id, task, this.#options.clock)
    this.#reply(task.client, reply, task)
    if (watchers === undefined) return
    this.#watchers.delete(task.id)
    for (const session of watchers) if (session !== task.client) this.#reply(session, reply, task)
  }

  /** A task that is not accepted is answered like one that failed at once. */
  tellFault(session: SessionId, id: TaskId, fault: Fault): void {
    this.#reply(session, replyWithFault(id, fault, this.#options.clock.wallTime()))
  }

  #reply(session: SessionId, reply: Reply, task?: TaskRecord): void {
    const { later } = this.#options
    const printed = printedBy(task)
    if (later) later(() => this.#deliver(session, reply, printed))
    else this.#deliver(session, reply, printed)
  }

  #deliver(session: SessionId, reply: Reply, printed: Printed | undefined): void {
    const client = this.#clients.get(session)
    if (client === undefined) return
    client.reply(reply, printed)
    this.#options.hasMore(client)
  }
}
