import type { YardmasterError } from '../core/errors.ts'
import type { EngineId, SessionId, TaskId } from '../core/ids.ts'
import type { Pull } from '../core/stream-messages.ts'
import { everything } from '../core/stream-window.ts'
import type { TaskNews } from '../core/task-news.ts'
import type { TaskRecord } from '../scheduler/task.ts'
import type { ClientPeer } from './client-peer.ts'
import type { EnginePeer } from './engine-peer.ts'

/** Longer than clients seek a lost link, unless they are told to. */
const patienceMs = 60_000

export type Parts = Extract<TaskNews, { kind: 'parts' }>

export interface StreamRoutesOptions {
  task(id: TaskId): TaskRecord | undefined
  client(session: SessionId): ClientPeer | undefined
  engine(id: EngineId): EnginePeer | undefined
  /** This turn has something for the peer. */
  hasMore(peer: ClientPeer | EnginePeer): void
  /** The client's link cannot carry a part. */
  fail(client: ClientPeer, id: TaskId, error: YardmasterError): void
}

/**
 * The way of a generator's parts to the session that submitted it, and of what that has read back to the engine. It keeps
 * no parts: those that a lost link took with it are sent again by the engine. A reader that is gone for good must not
 * hold up an engine for good.
 */
export class StreamRoutes {
  readonly #options: StreamRoutesOptions
  readonly #readers = new Map<TaskId, SessionId>()
  /** Sessions whose link was lost, and that may come back. */
  readonly #lostAt = new Map<SessionId, number>()

  constructor(options: StreamRoutesOptions) {
    this.#options = options
  }

  parts(engine: EnginePeer, parts: Parts): void {
    const task = this.#live(parts.id)
    if (task?.engine !== engine.id) return
    this.#readers.set(task.id, task.client)
    const client = this.#options.client(task.client)
    if (client) this.#tell(client, parts)
    else if (!this.#lostAt.has(task.client)) this.#abandon(task.client, [task.id])
  }

  /** Of tasks that are another's, or do not run at present, nothing comes of it: their reader will say so again. */
  pull(pulls: readonly Pull[], reader: SessionId): void {
    for (const pull of pulls) {
      const task = this.#live(pull.id)
      const engine = task?.client === reader ? this.#options.engine(task.engine) : undefined
      if (engine === undefined) continue
      engine.pull(pull)
      this.#options.hasMore(engine)
    }
  }

  /** It may have lost parts with its link: it is asked how far it has come. */
  askReader(client: ClientPeer, ids: readonly TaskId[]): void {
    for (const id of ids) {
      if (this.#readers.get(id) === client.session) this.#tell(client, { kind: 'parts', id, from: 0, values: [] })
    }
  }

  taskEnded(id: TaskId): void {
    if (this.#readers.size > 0) this.#readers.delete(id)
  }

  readerCame(session: SessionId): void {
    this.#lostAt.delete(session)
  }

  readerLost(session: SessionId, now: number): void {
    this.#lostAt.set(session, now)
  }

  readerLeft(session: SessionId): void {
    const ids = [...this.#readers].flatMap(([id, reader]) => (reader === session ? [id] : []))
    for (const id of ids) this.#readers.delete(id)
    if (ids.length > 0) this.#abandon(session, ids)
  }

  /** Waits no longer for readers that have been away too long. */
  check(now: number): void {
    for (const [session, lostAt] of this.#lostAt) {
      if (now - lostAt <= patienceMs) continue
      this.#lostAt.delete(session)
      this.readerLeft(session)
    }
  }

  #live(id: TaskId): TaskRecord | undefined {
    const task = this.#options.task(id)
    return task && Number.isNaN(task.endedAt) ? task : undefined
  }

  #tell(client: ClientPeer, parts: Parts): void {
    const error = client.parts(parts)
    if (error) this.#options.fail(client, parts.id, error)
    else this.#options.hasMore(client)
  }

  /** Nobody will ask for their parts. */
  #abandon(reader: SessionId, ids: readonly TaskId[]): void {
    const pulls = ids.map((id) => ({ id, heard: everything, upTo: everything }))
    this.pull(pulls, reader)
  }
}
