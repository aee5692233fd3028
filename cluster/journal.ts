import { type Clock, wallTimeOffset } from '../core/clock.ts'
import { StoreError } from '../core/errors.ts'
import type { EngineId, FunctionHash, TaskId } from '../core/ids.ts'
import type { TaskStore } from '../core/task-store.ts'
import type { TaskRecord } from '../scheduler/task.ts'
import { isEnded } from './is-ended.ts'
import { NamedTasks } from './named-tasks.ts'
import { endBytes, functionBytes, keys, numberBytes, type Saved, taskBytes, textBytes } from './stored-tasks.ts'
import type { TaskBody } from './task-body.ts'

export interface JournalOptions {
  readonly store: TaskStore
  /** What the store had. */
  readonly saved: Saved
  readonly clock: Clock
  /** Nothing is written after this, and nothing that waits for it is done. */
  onFailure(error: StoreError): void
}

/**
 * What a controller must not forget goes through this into its store. Changes of one turn, and all that come while a write is under way,
 * are one write. What may be known outside only once it is sure waits by `later`.
 */
export class Journal {
  readonly #options: JournalOptions
  /** For the next write: each key's last value. */
  #changes = new Map<string, Uint8Array | undefined>()
  #waiting: (() => void)[] = []
  #isWriting = false
  #isScheduled = false
  #hasFailed = false
  #idle: (() => void)[] = []
  /** By task, its place in the order of submission. */
  readonly #orders: Map<TaskId, number>
  #nextOrder: number
  /** Tasks whose place is before this are written. */
  #nextUnwritten: number
  /** How many tasks name each function. */
  readonly #uses = new Map<FunctionHash, number>()
  readonly #sent = new Set<TaskId>()
  readonly #named = new NamedTasks()
  /** What the scheduler has forgotten and the store keeps, since it is named. */
  readonly #outlasting = new Set<TaskId>()

  constructor(options: JournalOptions) {
    this.#options = options
    const { tasks, orders } = options.saved
    this.#orders = new Map(orders)
    this.#nextOrder = ([...orders.values()].at(-1) ?? -1) + 1
    this.#nextUnwritten = this.#nextOrder
    for (const { spec, sentTo, end } of tasks) {
      if (end === undefined) this.#named.add(spec)
      if (sentTo !== undefined) this.#sent.add(spec.id)
      if (spec.body !== undefined) this.#use((spec.body as TaskBody).function.hash, 1)
    }
  }

  /** A new task; nothing where it was refused, or ended at once. */
  accepted(task: TaskRecord | undefined): void {
    if (task === undefined || this.#orders.has(task.id)) return
    const { function: held } = task.body as TaskBody
    const order = this.#nextOrder
    this.#nextOrder += 1
    this.#orders.set(task.id, order)
    if (this.#use(held.hash, 1) === 1) this.#set(keys.function(held.hash), functionBytes(held))
    this.#set(keys.task(task.id), taskBytes(task, order, this.#toWallTime))
    // Of one with this id that was forgotten.
    if (this.#outlasting.delete(task.id)) this.#set(keys.end(task.id), undefined)
    if (isEnded(task)) this.ended(task)
    else this.#named.add(task)
  }

  /** Whether a later controller will know of it. */
  knows(id: TaskId): boolean {
    const order = this.#orders.get(id)
    return order !== undefined && order < this.#nextUnwritten
  }

  /** It has ended, perhaps before it could be said to be accepted, or its record has changed since. */
  ended(task: TaskRecord): void {
    const order = this.#orders.get(task.id)
    if (order === undefined) return this.accepted(task)
    this.#set(keys.end(task.id), endBytes(task, order, this.#toWallTime))
    if (this.#sent.delete(task.id)) this.#set(keys.sent(task.id), undefined)
    for (const id of this.#named.delete(task)) if (this.#outlasting.delete(id)) this.#set(keys.end(id), undefined)
  }

  /** It may be at this engine from here on, and must not run twice. */
  sent(id: TaskId, engine: EngineId): void {
    this.#sent.add(id)
    this.#set(keys.sent(id), numberBytes(engine))
  }

  /** Its result and what it was called with are given up. */
  dropped(task: TaskRecord, body: TaskBody): void {
    this.#set(keys.task(task.id), undefined)
    this.ended(task)
    const { hash } = body.function
    if (this.#use(hash, -1) === 0) this.#set(keys.function(hash), undefined)
  }

  /** How it ended is still asked for by whoever takes over a task that names it. */
  forgotten(id: TaskId): void {
    this.#orders.delete(id)
    if (this.#named.has(id)) this.#outlasting.add(id)
    else this.#set(keys.end(id), undefined)
  }

  /** By what name clients know the controllers with this store. */
  identified(identity: string): void {
    this.#set(keys.identity, textBytes(identity))
  }

  /** Resolves when it is sure that no later controller gives this number to an engine. */
  numbered(engine: EngineId): Promise<void> {
    this.#set(keys.nextEngine, numberBytes(engine + 1))
    return new Promise((resolve) => this.later(resolve))
  }

  /** One that may come back to a later controller. */
  engineJoined(instance: string, engine: EngineId): void {
    this.#set(keys.engine(instance), numberBytes(engine))
  }

  engineLeft(instance: string): void {
    this.#set(keys.engine(instance), undefined)
  }

  /** Does it when all that was noted before is sure: now, if it is. In the order of the calls. */
  later(action: () => void): void {
    if (this.#hasFailed) return
    if (!this.#isWriting && this.#changes.size === 0) action()
    else this.#waiting.push(action)
  }

  /** Resolves when all that was noted before is sure, and what waited for it is done; never, where the store fails. */
  settled(): Promise<void> {
    return new Promise((resolve) => this.later(resolve))
  }

  /** Resolves when everything is written, or nothing will be any more, and the store is closed. */
  async close(): Promise<void> {
    if (!this.#hasFailed && (this.#isWriting || this.#changes.size > 0)) {
      await new Promise<void>((resolve) => this.#idle.push(resolve))
    }
    await this.#options.store.close()
  }

  get #toWallTime(): number {
    return wallTimeOffset(this.#options.clock)
  }

  /** Answers how many there are now. */
  #use(hash: FunctionHash, change: number): number {
    const uses = (this.#uses.get(hash) ?? 0) + change
    if (uses === 0) this.#uses.delete(hash)
    else this.#uses.set(hash, uses)
    return uses
  }

  #set(key: string, value: Uint8Array | undefined): void {
    this.#changes.set(key, value)
    if (this.#isScheduled || this.#isWriting) return
    this.#isScheduled = true
    queueMicrotask(() => {
      this.#isScheduled = false
      void this.#write()
    })
  }

  async #write(): Promise<void> {
    if (this.#isWriting || this.#hasFailed) return
    this.#isWriting = true
    while (this.#changes.size > 0) {
      const changes = [...this.#changes].map(([key, value]) => ({ key, value }))
      const sure = this.#waiting
      const nextUnwritten = this.#nextOrder
      this.#changes = new Map()
      this.#waiting = []
      try {
        await this.#options.store.write(changes)
      } catch (error) {
        this.#hasFailed = true
        const why = error instanceof Error ? error.message : String(error)
        this.#options.onFailure(
          new StoreError(
            `the store did not take what was written: ${why}. The controller stops; mend the store and start it again`,
            {
              cause: error,
            },
          ),
        )
        break
      }
      this.#nextUnwritten = nextUnwritten
      for (const action of sure) action()
    }
    this.#isWriting = false
    // What was put off while the last of it was done.
    const rest = this.#hasFailed ? [] : this.#waiting
    this.#waiting = []
    for (const action of rest) action()
    for (const resolve of this.#idle.splice(0)) resolve()
  }
}
