import { type Observable, observable } from 'rxjs'
import { TimeoutError } from '../core/errors.ts'
import type { TaskId } from '../core/ids.ts'
import type { OutputPiece } from './heard-output.ts'
import { streamed } from './part-store.ts'
import { type InteractiveOptions, showProgress } from './progress-bar.ts'
import { PullIterator } from './pull-iterator.ts'
import { ResultCursor } from './result-cursor.ts'
import { emittedOf, outputOf, progressOf, resultsOf, statusOf } from './result-streams.ts'
import type { Session } from './session.ts'
import type { GroupChange, Progress, TaskGroup } from './task-group.ts'
import { submitNoMore, submitRest, type TaskIdsHolder } from './task-ids.ts'
import type { ResultStatus, TaskMetadata } from './task-record.ts'

/** How long to wait for a result. */
export interface GetOptions {
  /** Milliseconds to wait before a `TimeoutError`; the task goes on. */
  readonly timeout?: number
}

/**
 * What will come of a call, or of a map. Awaiting it gives the value; iterating it, the results one by one as they
 * arrive: of a map, its items (`Item`), in order unless the view says `ordered: false`; of a generator task, what it
 * yields; of another task, its one result.
 *
 * One error rejects as it is: a `RemoteError` for what a task threw, the coded class for what the controller decided.
 * Several reject as a `CompositeError`. A result that nobody awaits disturbs nobody.
 *
 * What a generator yields arrives while it runs. A loop sets its pace: the generator is at most 64 parts, or about 1 MiB,
 * ahead, then pauses (one that nobody reads keeps its engine so). A part is let go when it has been read, so that even an
 * endless generator can be read; and leaving the last loop early aborts the task: its signal fires, its `finally` blocks
 * run. Awaiting it, `get`, and subscribing take and keep all: do so before a loop reads, or be rejected with a
 * `StreamedError`. `wait` takes all, and keeps what is not read yet.
 *
 * Its streams give each subscriber everything from the beginning, then what follows, and complete at the end.
 * Unsubscribing aborts nothing; nor does leaving a loop over anything but a single generator's result.
 */
export class AsyncResult<T, Item = T> implements PromiseLike<T>, AsyncIterable<Item>, TaskIdsHolder {
  readonly #group: TaskGroup
  readonly #session: Session
  #promise: Promise<T> | undefined

  /** @internal */
  constructor(group: TaskGroup, session: Session) {
    this.#group = group
    this.#session = session
  }

  /** The tasks so far: a map submits its later items as it goes. In the order of the items. */
  get ids(): readonly TaskId[] {
    return this.#group.tasks.map((task) => task.id)
  }

  get status(): ResultStatus {
    return this.#group.status
  }

  /** Whether everything has ended, well or not. */
  get ready(): boolean {
    return this.#group.ended
  }

  /** Whether everything has ended well. */
  get successful(): boolean {
    return this.#group.ended && this.#group.status === 'succeeded'
  }

  /** What went wrong so far, if anything. */
  get error(): Error | undefined {
    return this.#group.error
  }

  /** One entry for each task that has ended, in the order of `ids`. */
  get metadata(): readonly TaskMetadata[] {
    return this.#group.tasks.flatMap((task) => task.metadata ?? [])
  }

  get progress(): Progress {
    return this.#group.progress
  }

  /** Milliseconds since the call that made this result, until everything has ended, by this program's clock. */
  get elapsed(): number {
    return this.#group.elapsedMs
  }

  /** Milliseconds of execution, summed over the tasks that have ended. */
  get serialTime(): number {
    return this.#group.tasks.reduce((sum, task) => sum + (task.metadata?.durationMs ?? 0), 0)
  }

  /**
   * Milliseconds from the first submission to the last end, by the controller's clock, and so the same for everyone who
   * has this result; not a number before the end.
   */
  get wallTime(): number {
    if (!this.ready) return Number.NaN
    let from = Number.POSITIVE_INFINITY
    let to = Number.NEGATIVE_INFINITY
    for (const { metadata } of this.#group.tasks) {
      if (metadata === undefined) continue
      from = Math.min(from, metadata.submittedAt)
      to = Math.max(to, metadata.endedAt)
    }
    return Math.max(0, to - from)
  }

  /** `serialTime / wallTime`: how many engines' worth of work was done at a time. Not a number where there was none. */
  get speedup(): number {
    return this.serialTime / this.wallTime
  }

  /** What the tasks printed so far, in the order of `ids`; of each, its last attempt. At most 262,144 characters a task. */
  get stdout(): string {
    return this.#printed('stdout')
  }

  get stderr(): string {
    return this.#printed('stderr')
  }

  /** The results as iterating gives them. Errors as the iteration throws. */
  get results$(): Observable<Item> {
    return resultsOf(this.#group)
  }

  get progress$(): Observable<Progress> {
    return progressOf(this.#group)
  }

  get status$(): Observable<ResultStatus> {
    return statusOf(this.#group)
  }

  /** What the tasks print, as it arrives: up to 64 kB or 20 ms of it at once. Those of a further attempt again. */
  get output$(): Observable<OutputPiece> {
    return outputOf(this.#group)
  }

  /** The values that tasks gave to `currentTask().emit`, those of a further attempt again. */
  get emitted$(): Observable<unknown> {
    return emittedOf(this.#group)
  }

  // biome-ignore lint/suspicious/noThenProperty: a result is a PromiseLike, by contract.
  then<Fulfilled = T, Rejected = never>(
    onFulfilled?: ((value: T) => Fulfilled | PromiseLike<Fulfilled>) | null,
    onRejected?: ((reason: unknown) => Rejected | PromiseLike<Rejected>) | null,
  ): Promise<Fulfilled | Rejected> {
    return this.#whole().then(onFulfilled, onRejected)
  }

  catch<Rejected = never>(
    onRejected?: ((reason: unknown) => Rejected | PromiseLike<Rejected>) | null,
  ): Promise<T | Rejected> {
    return this.#whole().catch(onRejected)
  }

  finally(onFinally?: (() => void) | null): Promise<T> {
    return this.#whole().finally(onFinally)
  }

  /** As awaiting it. Rejects with `TimeoutError` where it takes longer than `timeout`. */
  async get({ timeout }: GetOptions = {}): Promise<T> {
    if (timeout !== undefined && this.#group.wantWhole() && !(await this.wait(timeout)))
      throw new TimeoutError(`the result was not there within ${timeout} ms`, { details: { timeoutMs: timeout } })
    return this.#whole()
  }

  /** Waits for the end, whatever it is, or for `timeout` milliseconds. Resolves with `ready`. */
  wait(timeout?: number): Promise<boolean> {
    const group = this.#group
    if (group.ended) return Promise.resolve(true)
    group.takeAll()
    return new Promise((resolve) => {
      const onChange = (change: GroupChange): void => {
        if (change !== 'ended') return
        cancel?.()
        resolve(true)
      }
      const onTimeout = (): void => {
        group.unwatch(onChange)
        group.takeNoMore()
        resolve(group.ended)
      }
      const cancel = timeout === undefined ? undefined : group.options.clock.after(timeout, onTimeout)
      group.watch(onChange)
    })
  }

  /** Aborts what has not ended. A map submits nothing more. */
  abort(): void {
    const group = this.#group
    const open = group.tasks.filter((task) => !task.ended).map((task) => task.id)
    group.source?.cancel()
    this.#session.abort(open)
  }

  /** Shows a progress bar on a terminal, or a line for each change of state elsewhere. Resolves at the end; never rejects. */
  interactive(options: InteractiveOptions = {}): Promise<void> {
    const group = this.#group
    const shown = {
      progress$: this.progress$,
      status$: this.status$,
      wait: () => this.wait(),
      get progress() {
        return group.progress
      },
      get status() {
        return group.status
      },
      get elapsed() {
        return group.elapsedMs
      },
      get failures() {
        return group.itemsFailed
      },
    }
    return showProgress(shown, options)
  }

  [Symbol.asyncIterator](): AsyncIterableIterator<Item, undefined, void> {
    const group = this.#group
    const cursor = new ResultCursor<Item>(group)
    const onChange = (change: GroupChange): void => {
      if (change === 'results' || change === 'ended') iterator.wake()
    }
    const iterator = new PullIterator<Item>({
      pull: () => cursor.next(),
      release: () => {
        group.unwatch(onChange)
        if (group.removeReader(cursor)) this.abort()
      },
    })
    group.addReader(cursor)
    group.watch(onChange)
    return iterator
  }

  [submitRest](): void {
    this.#group.source?.submitRest()
  }

  [submitNoMore](): void {
    this.#group.source?.cancel()
  }

  #whole(): Promise<T> {
    this.#promise ??= this.#newPromise()
    return this.#promise
  }

  #newPromise(): Promise<T> {
    const group = this.#group
    return new Promise((resolve, reject) => {
      const settle = (change: GroupChange): void => {
        if (change !== 'ended') return
        try {
          resolve(group.value() as T)
        } catch (error) {
          reject(error)
        }
      }
      const isLate = !group.wantWhole()
      if (group.ended) settle('ended')
      else if (isLate) reject(streamed())
      else group.watch(settle)
    })
  }

  #printed(stream: OutputPiece['stream']): string {
    return this.#group.tasks.map((task) => task.output?.text(stream) ?? '').join('')
  }
}

// RxJS's own key for interoperation is not a unique symbol to the compiler, so it cannot be declared as a member.
Object.defineProperty(AsyncResult.prototype, observable, {
  value(this: AsyncResult<unknown>) {
    return this.results$
  },
  configurable: true,
  writable: true,
})
