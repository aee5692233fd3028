import type { Clock } from '../core/clock.ts'
import { PendingError, TaskAbortedError, type YardmasterError } from '../core/errors.ts'
import { decodeValue } from '../core/payload.ts'
import type { Pull } from '../core/stream-messages.ts'
import type { TaskNews } from '../core/task-news.ts'
import { CompositeError, type Failed } from './composite-error.ts'
import type { OutputPiece } from './heard-output.ts'
import { type PartDemand, type PartReader, PartStore, streamed } from './part-store.ts'
import type { ResultStatus, TaskOwner, TaskRecord } from './task-record.ts'

/** How far a result is: items of a map, or what the task itself tells with `currentTask().progress`. */
export interface Progress {
  readonly done: number
  /** Undefined while it is not known: the input is a stream, or the task did not say. */
  readonly total: number | undefined
}

/** What changed about a group. `results`: there are more of them. */
export type GroupChange = 'results' | 'status' | 'progress' | 'output' | 'emitted' | 'ended'

export type Watcher = (change: GroupChange) => void

export interface GroupOptions {
  readonly clock: Clock
  /** Lets a generator go on. */
  readonly pull: (pull: Pull) => void
  /** One call, or a list of results. */
  readonly isList: boolean
  readonly ordered: boolean
  readonly returnExceptions: boolean
  /** Where the function is known to be a generator: its values are results on their own. */
  readonly isStream: boolean
}

/** Where a group's tasks come from, while more may come. */
export interface TaskSource {
  cancel(): void
  submitRest(): void
}

/** What tasks said before they ended; most never say a thing. */
interface Said {
  readonly emitted: unknown[]
  readonly output: OutputPiece[]
  progress: Progress | undefined
}

const none: TaskRecord[] = []
const noReaders: PartReader[] = []

/** The tasks behind one AsyncResult, and what is known of them together. */
export class TaskGroup implements TaskOwner, PartDemand {
  readonly options: GroupOptions
  /** In the order of the items. */
  tasks: readonly TaskRecord[] = none
  /** In the order in which they ended; kept for lists only. */
  readonly endedTasks: TaskRecord[]
  source: TaskSource | undefined
  /** Of a graph: the name of each task. */
  nameOf: ReadonlyMap<TaskRecord, string> | undefined
  /** Makes one value of a list of them. */
  combine: ((values: readonly unknown[]) => unknown) | undefined
  /** How many items there will be, where that is known. */
  total: number | undefined
  itemsEnded = 0
  itemsFailed = 0
  readonly createdAt: number
  endedAt: number | undefined
  /** Why the input ended early; the tasks have their own errors. */
  failure: Error | undefined
  #open = 0
  #isSealed = false
  #hasBegun = false
  #said: Said | undefined
  /** What generators among the tasks have yielded. */
  #stores: Map<TaskRecord, PartStore> | undefined
  #readers = noReaders
  #wantsWhole = false
  #takers = 0
  #watchers: Watcher[] | undefined

  constructor(options: GroupOptions) {
    this.options = options
    this.endedTasks = options.isList ? [] : none
    this.createdAt = options.clock.now()
  }

  get ended(): boolean {
    return this.endedAt !== undefined
  }

  get said(): Readonly<Said> | undefined {
    return this.#said
  }

  /** Of the one call, where it is a generator's and has yielded. */
  get stream(): PartStore | undefined {
    return this.options.isList ? undefined : this.#stores?.get(this.tasks[0] as TaskRecord)
  }

  get wantsWhole(): boolean {
    return this.options.isList || this.#wantsWhole
  }

  get takesAll(): boolean {
    return this.#takers > 0
  }

  get readers(): readonly PartReader[] {
    return this.#readers
  }

  get status(): ResultStatus {
    if (!this.ended) return this.#hasBegun || this.endedTasks.length > 0 ? 'running' : 'pending'
    const bad = this.tasks.find((task) => task.status !== 'succeeded')
    if (bad) return bad.status
    if (this.failure) return this.failure instanceof TaskAbortedError ? 'aborted' : 'failed'
    return 'succeeded'
  }

  get progress(): Progress {
    if (this.options.isList) return { done: this.itemsEnded, total: this.total }
    return this.#said?.progress ?? { done: this.ended ? 1 : 0, total: 1 }
  }

  /** Milliseconds since it was submitted; it stands still when all has ended. */
  get elapsedMs(): number {
    return (this.endedAt ?? this.options.clock.now()) - this.createdAt
  }

  /** What went wrong so far: one error as it is, several as one. */
  get error(): Error | undefined {
    if (this.failure) return this.failure
    const only = this.tasks.length === 1 ? this.tasks[0] : undefined
    if (only && !only.errors) return only.error
    const failed = this.#failed()
    return failed.length > 1 ? new CompositeError(failed, this.total) : failed[0]?.error
  }

  #failed(): Failed[] {
    // One reason may have ended many tasks.
    const found = new Map<YardmasterError, string | undefined>()
    const note = (error: YardmasterError, place: string | undefined) => found.has(error) || found.set(error, place)
    let item = 0
    for (const task of this.tasks) {
      const name = this.nameOf?.get(task)
      if (task.error) note(task.error, name ?? (this.options.isList ? `item ${item}` : undefined))
      else if (task.errors) for (const [i, error] of task.errors) note(error, `item ${item + i}`)
      item += task.size
    }
    return [...found].map(([error, place]) => ({ error, place }))
  }

  /** @throws PendingError before the end, afterwards the error if there is one that does not stand among the results */
  value(): unknown {
    if (!this.ended) throw new PendingError('the result is not there yet')
    if (this.failure) throw this.failure
    if (!this.options.returnExceptions || !this.options.isList) {
      const { error } = this
      if (error) throw error
    }
    if (!this.options.isList) return this.stream?.whole() ?? (this.tasks[0] as TaskRecord).value
    if (this.nameOf) return Object.fromEntries([...this.nameOf].map(([task, name]) => [name, this.itemOf(task, 0)]))
    const values: unknown[] = []
    for (const task of this.tasks) {
      for (let i = 0; i < task.size; i += 1) values.push(this.itemOf(task, i))
    }
    return this.combine ? this.combine(values) : values
  }

  /**
   * Of a list: what an ended task gave for an item, its error where errors stand among the results.
   * @throws the item's error elsewhere
   */
  itemOf(task: TaskRecord, item: number): unknown {
    const store = this.#stores?.get(task)
    const error = task.errorAt(item) ?? (store?.isPartial ? streamed() : undefined)
    if (error === undefined) return store?.whole() ?? task.valueAt(item)
    if (!this.options.returnExceptions) throw error
    return error
  }

  /** Keeps all that a generator yields from here on. False where some of it was let go before. */
  wantWhole(): boolean {
    if (this.stream?.isPartial) return false
    this.#wantsWhole = true
    this.stream?.changed()
    return true
  }

  /** Lets a generator go on whether anybody reads or not, until `takeNoMore`. */
  takeAll(): void {
    this.#takers += 1
    this.stream?.changed()
  }

  takeNoMore(): void {
    this.#takers -= 1
  }

  addReader(reader: PartReader): void {
    if (!this.options.isList) this.#readers = [...this.#readers, reader]
  }

  /** Answers whether nobody is left who wants of a generator what is still to come. */
  removeReader(reader: PartReader): boolean {
    this.#readers = this.#readers.filter((other) => other !== reader)
    this.stream?.changed()
    const isStream = this.options.isStream || this.stream !== undefined
    return isStream && !this.ended && !this.wantsWhole && this.#readers.length === 0
  }

  add(task: TaskRecord): void {
    // Most groups are of one task, and room for more would be the larger part of them.
    if (this.tasks === none) this.tasks = [task]
    else (this.tasks as TaskRecord[]).push(task)
    this.#open += 1
    // Of a task that was asked for again.
    if (task.output) this.#saidSoFar().output.push(...task.output.pieces)
  }

  /** No more tasks will come. */
  seal(failure?: Error): void {
    if (this.#isSealed) return
    this.#isSealed = true
    this.failure = failure
    this.source = undefined
    this.total = this.tasks.reduce((sum, task) => sum + task.size, 0)
    this.#endIfComplete()
  }

  /** Calls at each change, up to the end or until `unwatch`. */
  watch(watcher: Watcher): void {
    this.#watchers = this.#watchers ? [...this.#watchers, watcher] : [watcher]
  }

  unwatch(watcher: Watcher): void {
    this.#watchers = this.#watchers?.filter((other) => other !== watcher)
  }

  taskBegun(task: TaskRecord): void {
    if (this.#hasBegun) return
    this.#hasBegun = task.status === 'running'
    this.#tell('status')
  }

  taskEnded(task: TaskRecord): void {
    const { isList } = this.options
    const isFirst = this.endedTasks.length === 0 && !this.#hasBegun
    if (task.stream) this.#storeOf(task).end(task.stream)
    this.#open -= 1
    this.itemsEnded += task.size
    this.itemsFailed += task.error ? task.size : (task.errors?.size ?? 0)
    if (isList) this.endedTasks.push(task)
    if (this.#watchers) {
      if (isList && isFirst) this.#tell('status')
      this.#tell('results')
      if (isList) this.#tell('progress')
    }
    this.#endIfComplete()
  }

  taskGrew(by: number): void {
    if (this.total !== undefined) this.total += by
  }

  taskNews(task: TaskRecord, news: TaskNews): void {
    // A further attempt yields from the beginning: what was already heard is not heard again.
    if (news.kind === 'parts') return this.#storeOf(task).take(news) ? this.#tell('results') : undefined
    const said = this.#saidSoFar()
    switch (news.kind) {
      case 'progress':
        if (this.options.isList) return
        said.progress = { done: news.done, total: news.total }
        return this.#tell('progress')
      case 'output':
        said.output.push(task.output?.pieces.at(-1) as OutputPiece)
        return this.#tell('output')
      case 'emit':
        said.emitted.push(decodeValue(news.value))
        return this.#tell('emitted')
    }
  }

  #storeOf(task: TaskRecord): PartStore {
    this.#stores ??= new Map()
    const known = this.#stores.get(task)
    if (known) return known
    const { id } = task
    const store = new PartStore(this, (heard, upTo, again) => {
      this.options.pull(again ? { id, heard, upTo, again } : { id, heard, upTo })
    })
    this.#stores.set(task, store)
    return store
  }

  #saidSoFar(): Said {
    this.#said ??= { emitted: [], output: [], progress: undefined }
    return this.#said
  }

  #endIfComplete(): void {
    if (!this.#isSealed || this.#open > 0 || this.ended) return
    this.endedAt = this.options.clock.now()
    this.#tell('ended')
    this.#watchers = undefined
  }

  #tell(change: GroupChange): void {
    if (this.#watchers) for (const watcher of this.#watchers) watcher(change)
  }
}
