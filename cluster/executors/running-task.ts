import type { TaskId } from '../../core/ids.ts'
import type { Call, ExecutorToEngine } from '../../core/messages.ts'
import type { Payload } from '../../core/payload.ts'
import type { TaskNews } from '../../core/task-news.ts'
import type { TracedSpan } from '../../core/tracing.ts'
import type { TaskContext } from '../task-context.ts'
import type { HeldFunction } from './held-function.ts'
import { PartStream } from './part-stream.ts'
import type { Encode } from './thrown.ts'

export type Done = Extract<ExecutorToEngine, { type: 'done' }>['results'][number]

interface RunningTaskData {
  readonly sequence: number
  readonly id: TaskId
  readonly attempt: number
  readonly call: Call
  readonly args: Payload
  readonly traceparent?: string
}

/** One attempt in an executor's hands: first in its queue, then running. It is also what `currentTask()` answers. */
export class RunningTask implements TaskContext {
  readonly sequence: number
  readonly id: TaskId
  readonly attempt: number
  readonly engineId: number
  readonly held: HeldFunction
  readonly call: Call
  readonly args: Payload
  readonly namespace: Record<string, unknown>
  /** Set when the result has been given, whoever gave it. */
  ended = false
  /** Not a number before its function is called. */
  startedAt = Number.NaN
  /** Of a generator's task. */
  stream: PartStream | undefined
  emitsDropped = 0
  /** The span that led here, where somebody traces, and that of its own. */
  readonly traceparent: string | undefined
  span: TracedSpan | undefined
  readonly #say: (news: TaskNews) => boolean
  readonly #encode: Encode
  #abort: AbortController | undefined

  constructor(
    task: RunningTaskData,
    held: HeldFunction,
    engineId: number,
    namespace: Record<string, unknown>,
    say: (news: TaskNews) => boolean,
    encode: Encode,
  ) {
    this.sequence = task.sequence
    this.id = task.id
    this.attempt = task.attempt
    this.call = task.call
    this.args = task.args
    this.traceparent = task.traceparent
    this.held = held
    this.engineId = engineId
    this.namespace = namespace
    this.#say = say
    this.#encode = encode
  }

  get signal(): AbortSignal {
    this.#abort ??= new AbortController()
    return this.#abort.signal
  }

  get aborted(): boolean {
    return this.#abort?.signal.aborted ?? false
  }

  fireSignal(): void {
    this.#abort ??= new AbortController()
    this.#abort.abort()
    this.stream?.wake()
  }

  /** Ends a stream, whose reader cannot be reached any more. */
  stop(): void {
    this.ended = true
    this.stream?.wake()
  }

  /** Sends what the generator yields. Settles as it ends. */
  streamFrom(generator: AsyncGenerator | Generator): Promise<void> {
    const task = this
    this.stream = new PartStream({
      get isOver() {
        return task.ended || task.aborted
      },
      say: (from, values) => this.#say({ kind: 'parts', id: this.id, from, values }),
      encode: this.#encode,
    })
    return this.stream.run(generator)
  }

  progress(done: number, total?: number): void {
    // 0 of 0, as a fraction, is a progress that tells nothing; no reason to end the task.
    if (!isTold(done)) return
    this.#say({ kind: 'progress', id: this.id, done, ...(isTold(total) ? { total } : {}) })
  }

  emit(value: unknown): void {
    if (!this.#say({ kind: 'emit', id: this.id, value: this.#encode(value).lent })) this.emitsDropped += 1
  }
}

function isTold(value: number | undefined): value is number {
  return Number.isFinite(value)
}
