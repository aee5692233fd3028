import { errorFromFault, InternalError, TaskAbortedError, YardmasterError } from '../core/errors.ts'
import type { EngineId, TaskId } from '../core/ids.ts'
import type { EachResult, FunctionMessage, Reply, Submission, ThrownByTask } from '../core/messages.ts'
import { decodeValue } from '../core/payload.ts'
import type { StreamEnd } from '../core/stream-messages.ts'
import type { OutputNews, TaskNews } from '../core/task-news.ts'
import { type HeardOutput, hearPiece } from './heard-output.ts'
import { RemoteError } from './remote-error.ts'

/** What a client knows of a task: it hears of its beginning only where the task runs long, and of its end. */
export type ResultStatus = 'pending' | 'running' | Reply['status']

/** The facts of one task that has ended. `…At` are milliseconds since the epoch by the controller's clock. */
export interface TaskMetadata {
  readonly id: TaskId
  readonly status: Reply['status']
  /** How many items of a map the task took; 1 for a single call. */
  readonly items: number
  /** Where the last attempt ran; undefined where none did. */
  readonly engineId: EngineId | undefined
  readonly attempts: number
  readonly submittedAt: number
  readonly startedAt: number | undefined
  readonly endedAt: number
  /** Execution time of the last attempt. */
  readonly durationMs: number
  /** How many of the values that it emitted were left out, since this client took them too slowly; absent where none were. */
  readonly emitsDropped?: number
  /** What the last attempt printed; absent where it printed nothing there. */
  readonly stdout?: string
  readonly stderr?: string
}

/** Who is told what becomes of a task. */
export interface TaskOwner {
  taskBegun(task: TaskRecord): void
  taskNews(task: TaskRecord, news: TaskNews): void
  taskEnded(task: TaskRecord): void
  /** Somebody waits for the end of all tasks: generators shall not wait to be read. */
  takeAll(): void
  /** It stands for so many more results than was known when it was added. Told before its end. */
  taskGrew?(by: number): void
}

/** One task as its client holds it. It changes until it has ended, once. */
export class TaskRecord {
  readonly id: TaskId
  owner: TaskOwner
  /** Kept until the reply, to be sent again after a lost link; absent where someone else submitted the task. */
  submission: Submission | undefined
  shipped: FunctionMessage | undefined
  /** What counts of it as outstanding; 0 where it is not for this client to count. */
  heldBytes = 0
  status: ResultStatus = 'pending'
  attempt = 0
  wasSent = false
  abortAsked = false
  /** How many results it stands for. */
  size: number
  /** Whether `value` is a list, one for each of `size` items. */
  isChunk = false
  /** The result; for a chunk of a map, the list of results. */
  value: unknown
  /** Why the whole task failed. */
  error: YardmasterError | undefined
  /** Why items of a chunk failed. */
  errors: ReadonlyMap<number, YardmasterError> | undefined
  metadata: TaskMetadata | undefined
  /** What its result took on the way. */
  outputBytes = 0
  /** How it ended, where it is a generator's. */
  stream: StreamEnd | undefined
  /** Of the last attempt that printed. */
  output: HeardOutput | undefined

  constructor(id: TaskId, owner: TaskOwner, size: number, submission?: Submission, shipped?: FunctionMessage) {
    this.id = id
    this.owner = owner
    this.size = size
    this.submission = submission
    this.shipped = shipped
  }

  get ended(): boolean {
    return this.status !== 'pending' && this.status !== 'running'
  }

  /** Meaningful where `errorAt(item)` is undefined. */
  valueAt(item: number): unknown {
    return this.isChunk ? (this.value as readonly unknown[])[item] : this.value
  }

  errorAt(item: number): YardmasterError | undefined {
    return this.error ?? this.errors?.get(item)
  }

  begin(attempt: number): void {
    if (this.ended || attempt < this.attempt) return
    this.attempt = attempt
    this.status = 'running'
  }

  /** Answers whether the piece was not known yet. */
  hear(news: OutputNews): boolean {
    const heard = hearPiece(this.output, news)
    if (heard) this.output = heard
    return heard !== undefined
  }

  settle(reply: Reply): void {
    this.status = reply.status
    this.stream = reply.stream
    try {
      this.#read(reply)
    } catch (error) {
      this.fail(error instanceof YardmasterError ? error : new InternalError(String(error), { cause: error }))
    }
    this.submission = undefined
    this.shipped = undefined
    if (this.output?.attempt !== reply.attempts) this.output = undefined
    this.output?.end()
    const metadata: TaskMetadata = {
      id: this.id,
      status: this.status as Reply['status'],
      items: this.size,
      engineId: reply.engine,
      attempts: reply.attempts,
      submittedAt: reply.submittedAt,
      startedAt: reply.startedAt,
      endedAt: reply.endedAt,
      durationMs: reply.durationMs,
    }
    this.metadata = this.output ? { ...metadata, ...printedTexts(this.output) } : metadata
    if (reply.emitsDropped !== undefined) this.metadata = { ...this.metadata, emitsDropped: reply.emitsDropped }
  }

  /** Ends what is no task of the controller's, without a value. */
  succeed(): void {
    this.status = 'succeeded'
  }

  /** Ends the task on this side only. */
  fail(error: YardmasterError): void {
    this.status = error instanceof TaskAbortedError ? 'aborted' : 'failed'
    this.error = error
    this.submission = undefined
    this.shipped = undefined
  }

  #read(reply: Reply): void {
    const { output, status } = reply
    this.outputBytes = output?.byteLength ?? 0
    if (status === 'succeeded') {
      this.value = output && decodeValue(output)
      if (reply.call !== 'once') this.#takeChunk(this.value as EachResult, reply)
      return
    }
    if (status === 'failed' && output) {
      const thrown = decodeValue(output) as ThrownByTask | EachResult
      if (reply.call !== 'once' && 'values' in thrown) this.#takeChunk(thrown, reply)
      else this.error = this.#remoteError(thrown as ThrownByTask, reply)
      return
    }
    if (reply.fault) this.error = errorFromFault(reply.fault)
    else if (status === 'aborted') this.error = new TaskAbortedError(`task ${this.id} was aborted`)
    else this.error = new InternalError(`task ${this.id} ended as ${status}, without a reason`)
  }

  #takeChunk(result: EachResult, reply: Reply): void {
    this.isChunk = true
    this.value = result.values
    const grown = result.values.length - this.size
    this.size = result.values.length
    if (grown !== 0) this.owner.taskGrew?.(grown)
    if (result.errors.length > 0)
      this.errors = new Map(result.errors.map(([item, thrown]) => [item, this.#remoteError(thrown, reply)]))
  }

  #remoteError(thrown: ThrownByTask, reply: Reply): RemoteError {
    const { engine, attempts } = reply
    return new RemoteError(thrown, {
      taskId: this.id,
      engineId: engine,
      attempt: attempts,
      label: this.submission?.label,
    })
  }
}

function printedTexts(output: HeardOutput): Pick<TaskMetadata, 'stdout' | 'stderr'> {
  const stdout = output.text('stdout')
  const stderr = output.text('stderr')
  return { ...(stdout && { stdout }), ...(stderr && { stderr }) }
}

/** Two owners, or more, of one task: a result that was asked for again. */
export class SharedOwner implements TaskOwner {
  readonly #first: TaskOwner
  readonly #second: TaskOwner

  constructor(first: TaskOwner, second: TaskOwner) {
    this.#first = first
    this.#second = second
  }

  taskBegun(task: TaskRecord): void {
    this.#first.taskBegun(task)
    this.#second.taskBegun(task)
  }

  taskNews(task: TaskRecord, news: TaskNews): void {
    this.#first.taskNews(task, news)
    this.#second.taskNews(task, news)
  }

  taskEnded(task: TaskRecord): void {
    this.#first.taskEnded(task)
    this.#second.taskEnded(task)
  }

  takeAll(): void {
    this.#first.takeAll()
    this.#second.takeAll()
  }

  taskGrew(by: number): void {
    this.#first.taskGrew?.(by)
    this.#second.taskGrew?.(by)
  }
}
