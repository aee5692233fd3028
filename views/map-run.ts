import { CloneError, ConfigurationError, TaskAbortedError } from '../core/errors.ts'
import type { Call, FunctionMessage } from '../core/messages.ts'
import { encodeValue } from '../core/payload.ts'
import type { TaskNews } from '../core/task-news.ts'
import { ChunkSize } from './chunk-size.ts'
import type { ItemBatch, ItemSource } from './item-source.ts'
import type { Session, Unfinished } from './session.ts'
import type { TaskSource } from './task-group.ts'
import type { TaskOwner, TaskRecord } from './task-record.ts'
import type { CheckedFlags } from './view-flags.ts'

/** Chunks under way for each engine: one runs, the others wait near it. */
const openPerEngine = 4
const openLeast = 8

/** Who takes a map's results. */
export interface MapSink extends TaskOwner {
  add(task: TaskRecord): void
  /** No more tasks will come; the input failed, or the map was aborted, where there is an error. */
  seal(error?: Error): void
}

export interface MapRunOptions {
  readonly session: Session
  readonly shipped: FunctionMessage
  readonly flags: CheckedFlags
  readonly call: Exclude<Call, 'once'>
  readonly sink: MapSink
  /** At most this many items are under way or held. */
  readonly window?: number
  /** Whether a chunk counts until the sink releases it, not just until it ends. */
  readonly holds?: boolean
}

/**
 * Submits the items of a map, some chunks at a time: enough to keep every engine busy, few enough that memory stays
 * bounded and that later chunks profit from what earlier ones measured.
 */
export class MapRun implements TaskOwner, TaskSource, Unfinished {
  readonly #options: MapRunOptions
  readonly #source: ItemSource
  readonly #chunkSize: ChunkSize
  #openChunks = 0
  #openItems = 0
  #taken = 0
  #isOver = false
  #isWaiting = false

  constructor(options: MapRunOptions, open: (onMore: () => void) => ItemSource) {
    this.#options = options
    this.#chunkSize = new ChunkSize(options.flags.chunk)
    this.#source = open(() => this.pump())
    options.session.unfinished.add(this)
  }

  get isFinite(): boolean {
    return this.#source.length !== undefined && !this.#options.holds
  }

  /** Submits as much as there is room for. */
  pump(): void {
    while (!this.#isOver) {
      if (this.#waitsForRoom()) break
      const chunkSize = this.#nextSize()
      const roomItems = this.#roomItems(chunkSize)
      if (roomItems <= 0 || !this.#takeChunk(Math.min(chunkSize, roomItems), roomItems)) break
    }
  }

  /** @throws ConfigurationError where the input is a stream, whose rest nobody knows */
  submitRest(): void {
    if (this.#isOver) return
    if (!this.#source.isImmediate) {
      throw new ConfigurationError(
        'a map over an asynchronous stream can be a dependency only when the stream has been read to its end: await the map first',
      )
    }
    while (!this.#isOver) this.#takeChunk(this.#nextSize(), Number.POSITIVE_INFINITY)
  }

  /** Submits nothing more. What is under way goes on. */
  cancel(): void {
    this.#end(new TaskAbortedError('the map was aborted before all of its items were submitted'))
  }

  /** The input is of no more interest, and neither is an error. */
  stop(): void {
    this.#end()
  }

  /** A chunk that the sink held is no longer held. */
  release(task: TaskRecord): void {
    this.#openChunks -= 1
    this.#openItems -= task.size
    this.pump()
  }

  taskBegun(task: TaskRecord): void {
    this.#options.sink.taskBegun(task)
  }

  taskNews(task: TaskRecord, news: TaskNews): void {
    this.#options.sink.taskNews(task, news)
  }

  takeAll(): void {}

  taskEnded(task: TaskRecord): void {
    const { metadata, size } = task
    if (metadata && metadata.attempts > 0) this.#chunkSize.measured(size, metadata.durationMs, task.outputBytes)
    // Before the sink hears of it, so that a map's last chunk cannot seem to be its end.
    if (!this.#options.holds) this.release(task)
    this.#options.sink.taskEnded(task)
  }

  /** Where the client has too much outstanding a map goes on later. */
  #waitsForRoom(): boolean {
    const { outstanding } = this.#options.session.results
    if (outstanding.hasRoom) return false
    if (!this.#isWaiting) {
      this.#isWaiting = true
      outstanding.whenChanged(() => {
        this.#isWaiting = false
        this.pump()
      })
    }
    return true
  }

  get #engines(): number {
    const { session, flags } = this.#options
    return flags.task.targets?.length ?? Math.max(1, session.roster.size)
  }

  #nextSize(): number {
    const { length } = this.#source
    return this.#chunkSize.next(length === undefined ? undefined : length - this.#taken, this.#engines)
  }

  #roomItems(chunkSize: number): number {
    const openMax = Math.max(openLeast, openPerEngine * this.#engines)
    const roomChunks = openMax - this.#openChunks
    const window = this.#options.window ?? Number.POSITIVE_INFINITY
    return Math.min(roomChunks * chunkSize, window - this.#openItems)
  }

  /** Whether there was something to take. */
  #takeChunk(countMax: number, wanted: number): boolean {
    let batch: ItemBatch
    try {
      batch = this.#source.take(countMax, wanted)
      if (batch.items.length > 0) this.#submit(batch.items)
    } catch (error) {
      this.#end(inputError(error))
      return false
    }
    if (batch.isLast) this.#end()
    return batch.items.length > 0
  }

  #submit(items: readonly unknown[]): void {
    const { session, shipped, call, flags, sink } = this.#options
    const args = encodeItems(items, this.#taken)
    const task = session.submit(shipped, call, args, flags.task, items.length, this)
    this.#taken += items.length
    this.#openChunks += 1
    this.#openItems += items.length
    this.#chunkSize.sent(items.length, args.byteLength)
    sink.add(task)
  }

  #end(error?: Error): void {
    if (this.#isOver) return
    this.#isOver = true
    this.#options.session.unfinished.delete(this)
    try {
      this.#source.close()
    } catch (closing) {
      error ??= inputError(closing)
    }
    this.#options.sink.seal(error)
  }
}

/** Errors name the item as the user counts. */
function encodeItems(items: readonly unknown[], offset: number) {
  try {
    return encodeValue(items, 'items')
  } catch (error) {
    if (!(error instanceof CloneError) || offset === 0) throw error
    const message = error.message.replace(/^items\[(\d+)\]/, (_, index: string) => `items[${Number(index) + offset}]`)
    throw new CloneError(message, { cause: error.cause, details: error.details })
  }
}

/** What the user's own sequence threw is the user's: it comes out as it is. */
function inputError(error: unknown): Error {
  return error instanceof Error ? error : new Error(String(error))
}
