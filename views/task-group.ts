import type { Clock } from '../core/clock.ts'
import { PendingError, TaskAbortedError, type YardmasterError } from '../core/errors.ts'
import type { TaskId } from '../core/ids.ts'
import type { TaskNews } from '../core/messages.ts'
import { decodeValue } from '../core/payload.ts'
import { CompositeError } from './remote-error.ts'
import type { ResultStatus, TaskOwner, TaskRecord } from './task-record.ts'

/** What a piece of a task's printed output is. */
export interface OutputPiece {
  readonly taskId: TaskId
  readonly stream: 'stdout' | 'stderr'
  readonly text: string
}

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
  readonly parts: unknown[]
  readonly emitted: unknown[]
  readonly output: OutputPiece[]
  progress: Progress | undefined
}

const none: TaskRecord[] = []

/** The tasks behind one AsyncResult, and what is known of them together. */
export class TaskGroup implements TaskOwner {
  readonly options: GroupOptions
  /** In the order of the items. */
  readonly tasks: TaskRecord[] = []
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
  readonly createdAt: number
  endedAt: number | undefined
  /** Why the input ended early; the tasks have their own errors. */
  failure: Error | undefined
  #open = 0
  #isSealed = false
  #hasBegun = false
  #said: Said | undefined
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
    // One reason may have ended many tasks.
    const found = new Set<YardmasterError>()
    for (const task of this.tasks) {
      if (task.error) found.add(task.error)
      else if (task.errors) for (const error of task.errors.values()) found.add(error)
    }
    const errors = [...found]
    return errors.length > 1 ? new CompositeError(errors) : errors[0]
  }

  /** @throws PendingError before the end, afterwards the error if there is one that does not stand among the results */
  value(): unknown {
    if (!this.ended) throw new PendingError('the result is not there yet')
    if (this.failure) throw this.failure
    if (!this.options.returnExceptions || !this.options.isList) {
      const { error } = this
      if (error) throw error
    }
    if (!this.options.isList) return (this.tasks[0] as TaskRecord).value
    if (this.nameOf) return Object.fromEntries([...this.nameOf].map(([task, name]) => [name, task.error ?? task.value]))
    const values: unknown[] = []
    for (const task of this.tasks) {
      for (let i = 0; i < task.size; i += 1) values.push(task.errorAt(i) ?? task.valueAt(i))
    }
    return this.combine ? this.combine(values) : values
  }

  add(task: TaskRecord): void {
    this.tasks.push(task)
    this.#open += 1
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
    this.#open -= 1
    this.itemsEnded += task.size
    if (isList) this.endedTasks.push(task)
    if (this.#watchers) {
      if (isList && isFirst) this.#tell('status')
      this.#tell('results')
      if (isList) this.#tell('progress')
    }
    this.#endIfComplete()
  }

  taskNews(_task: TaskRecord, news: TaskNews): void {
    this.#said ??= { parts: [], emitted: [], output: [], progress: undefined }
    const said = this.#said
    switch (news.kind) {
      case 'progress':
        if (this.options.isList) return
        said.progress = { done: news.done, total: news.total }
        return this.#tell('progress')
      case 'output':
        said.output.push({ taskId: news.id, stream: news.stream, text: news.text })
        return this.#tell('output')
      case 'emit': {
        if (news.index === undefined) {
          said.emitted.push(decodeValue(news.value))
          return this.#tell('emitted')
        }
        // A further attempt yields from the beginning: what was already heard is not heard again.
        if (this.options.isList || news.index !== said.parts.length) return
        said.parts.push(decodeValue(news.value))
        return this.#tell('results')
      }
    }
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
