/**
 * Runs tasks in the order in which they came, in whatever thread it lives. Asynchronous tasks overlap up to
 * `concurrency`; synchronous ones follow each other without a turn of the event loop between them, and their results
 * leave together, but never wait for a long task behind them.
 *
 * Direct tasks have a queue of their own, and each begins when the one before it has ended. While both queues have a task
 * that may begin, they take turns.
 */

import { type Capacity, unfit } from '../../core/capacity.ts'
import type { Clock } from '../../core/clock.ts'
import { FunctionTable, takeFunctions } from '../../core/function-table.ts'
import type { EachResult, EngineToExecutor, ExecutorToEngine } from '../../core/messages.ts'
import { decodeValue, encodeValue, type Payload } from '../../core/payload.ts'
import type { TaskNews } from '../../core/task-news.ts'
import type { TracedSpan, Tracing } from '../../core/tracing.ts'
import { enterTask, leaveTask, type TaskContext, taskNow } from '../task-context.ts'
import { endTaskSpan, startTaskSpan } from '../tracing/task-span.ts'
import { type Callable, type Called, callFunction } from './call-function.ts'
import { captureOutput } from './capture-output.ts'
import type { ClaimTable } from './claims.ts'
import { HeldFunction } from './held-function.ts'
import { Printer } from './printer.ts'
import { type Done, RunningTask } from './running-task.ts'
import { TaskQueue } from './task-queue.ts'
import { encodeThrown, isUnmet, withoutUnfit } from './thrown.ts'

/** Results wait at most this long for company, and only for that of tasks that should take less. */
const flushAfterMs = 0.5
/** After this long without a turn of the event loop, messages to the executor get one. */
const yieldAfterMs = 10

export interface TaskRunnerOptions {
  readonly claims: ClaimTable
  readonly concurrency: number
  readonly engine: number
  readonly capacity: Capacity
  readonly clock: Clock
  /** Whether nothing but its tasks runs in this thread. */
  readonly ownsThread: boolean
  /** Where tasks are traced. */
  readonly tracing?: Tracing | undefined
  send(message: ExecutorToEngine): void
  /** Whether so much is on its way that values which tasks emit are left out. */
  isCrowded(): boolean
}

export class TaskRunner {
  readonly #options: TaskRunnerOptions
  readonly #functions = new FunctionTable<HeldFunction>()
  readonly #namespace: Record<string, unknown> = Object.create(null)
  readonly #balanced = new TaskQueue()
  readonly #direct = new TaskQueue()
  #runningDirect: RunningTask | undefined
  #lastBegunIn = this.#direct
  readonly #running = new Map<number, RunningTask>()
  #results: Done[] = []
  #flushedAt = 0
  #turnStartedAt = 0
  /** What is waited for before anything else is begun. */
  #pause: Promise<void> | undefined
  #stopped = false
  readonly #printer: Printer
  #releaseOutput: (() => void) | undefined

  constructor(options: TaskRunnerOptions) {
    this.#options = options
    const { clock, capacity } = options
    this.#printer = new Printer({
      clock,
      capacity,
      isRunning: (task) => this.#isRunning(task),
      send: (news) => options.send({ type: 'news', news: [...news] }),
    })
    if (options.ownsThread) this.#releaseOutput = captureOutput(this.#printer)
  }

  /** Nothing runs, waits to run, or waits for a turn of the event loop. */
  get isIdle(): boolean {
    const isEmpty = this.#balanced.first === undefined && this.#direct.first === undefined
    return isEmpty && this.#running.size === 0 && this.#pause === undefined && !this.#stopped
  }

  receive(message: EngineToExecutor): void {
    switch (message.type) {
      case 'run': {
        const held = takeFunctions(
          this.#functions,
          message.tasks,
          message.functions,
          (sent) => new HeldFunction(sent, this.#options.clock),
        )
        const { engine } = this.#options
        message.tasks.forEach((task, i) => {
          const one = new RunningTask(task, held[i] as HeldFunction, engine, this.#namespace, this.#say, this.#encode)
          const queue = task.direct ? this.#direct : this.#balanced
          queue.push(one)
        })
        this.#turnStartedAt = this.#options.clock.now()
        this.#pump()
        return
      }
      case 'signal':
        for (const sequence of message.sequences) this.#running.get(sequence)?.fireSignal()
        return
      case 'flush':
        void this.#flushSpans()
        return
      case 'pull':
        for (const { sequence, ...credit } of message.streams) this.#running.get(sequence)?.stream?.pull(credit)
        return
      case 'stop':
        this.#stopped = true
        for (const task of this.#running.values()) task.stop()
        this.#releaseOutput?.()
    }
  }

  /** An error that no task caught: the task that it comes from fails with it, or the only one running. */
  failRunning(error: unknown): boolean {
    const origin = taskNow()
    const [only, other] = this.#running.values()
    const task = origin === undefined && other === undefined ? only : origin
    if (!this.#isRunning(task)) return false
    task.span?.fail(error)
    this.#end(task, 'failed', encodeThrown(error, this.#encode))
    // Its modules may never have loaded by this error.
    if (!task.held.ready) this.#pause = undefined
    this.#pump()
    return true
  }

  #isRunning(task: TaskContext | undefined): task is RunningTask {
    return task instanceof RunningTask && this.#running.get(task.sequence) === task
  }

  readonly #encode = (value: unknown): Payload => {
    const payload = encodeValue(value)
    const error = unfit(this.#options.capacity, 'the value', payload)
    if (error) throw error
    return payload
  }

  readonly #say = (news: TaskNews): boolean => {
    if (news.kind === 'emit' && this.#options.isCrowded()) return false
    this.#printer.flush()
    this.#options.send({ type: 'news', news: [news] })
    return true
  }

  #pump(): void {
    while (this.#pause === undefined && this.#running.size < this.#options.concurrency && !this.#stopped) {
      const queue = this.#nextQueue()
      const task = queue.first
      if (task === undefined) break
      const now = this.#options.clock.now()
      if (now - this.#turnStartedAt > yieldAfterMs) {
        this.#pauseFor(nextTurn(), () => {
          this.#turnStartedAt = this.#options.clock.now()
        })
        break
      }
      if (now - this.#flushedAt > flushAfterMs || !isQuick(task)) this.#flush(now)
      queue.removeFirst()
      if (!this.#options.claims.begin(task.sequence)) continue
      this.#lastBegunIn = queue
      if (queue === this.#direct) this.#runningDirect = task
      this.#running.set(task.sequence, task)
      this.#releaseOutput ??= captureOutput(this.#printer)
      if (task.held.ready) this.#run(task)
      else this.#pauseFor(task.held.settled, () => task.ended || this.#run(task))
    }
    this.#flush(this.#options.clock.now())
  }

  #pauseFor(turn: Promise<void>, resume: () => void): void {
    const pause = turn.then(() => {
      if (this.#pause !== pause) return
      this.#pause = undefined
      resume()
      this.#pump()
    })
    this.#pause = pause
  }

  #nextQueue(): TaskQueue {
    if (this.#direct.first === undefined || this.#runningDirect !== undefined) return this.#balanced
    const isDirectsTurn = this.#balanced.first === undefined || this.#lastBegunIn === this.#balanced
    return isDirectsTurn ? this.#direct : this.#balanced
  }

  #run(task: RunningTask): void {
    if (task.aborted) return this.#end(task, 'aborted')
    const { claims, clock } = this.#options
    task.startedAt = clock.now()
    claims.called(task.sequence, clock.wallTime())
    const { callable, failure } = task.held
    const { tracing } = this.#options
    if (tracing !== undefined) task.span = startTaskSpan(tracing, task, callable?.name ?? '')
    if (callable === undefined) return this.#fail(task, failure?.error)
    try {
      const args = decodeValue(task.args)
      const several = this.#options.concurrency > 1 || !this.#options.ownsThread
      const called =
        task.span === undefined
          ? enterTask(task, several, () => callFunction(task, callable, args, this.#encode))
          : this.#callInSpan(task, task.span, callable, args, several)
      if (called instanceof Promise) {
        called.then(
          (late) => this.#settleLate(task, () => this.#succeed(task, late)),
          (error: unknown) => this.#settleLate(task, () => this.#fail(task, error)),
        )
      } else {
        this.#succeed(task, called)
      }
    } catch (error) {
      this.#fail(task, error)
    }
  }

  #callInSpan(task: RunningTask, span: TracedSpan, callable: Callable, args: unknown, several: boolean) {
    return enterTask(task, several, () => span.run(() => callFunction(task, callable, args, this.#encode)))
  }

  #settleLate(task: RunningTask, settle: () => void): void {
    if (task.ended) return
    settle()
    this.#pump()
  }

  #succeed(task: RunningTask, called: Called): void {
    try {
      const value = this.#encode(called.value)
      // What lies in the namespace may be written to by the next task, before this has been sent.
      const output = task === this.#runningDirect ? value.detached : value
      this.#end(task, called.failed ? 'failed' : 'succeeded', output)
    } catch (error) {
      if (task.call === 'once') this.#fail(task, error)
      else this.#succeedInPart(task, called.value as EachResult)
    }
  }

  /** Some of a chunk's results cannot be carried: the others can. */
  #succeedInPart(task: RunningTask, result: EachResult): void {
    try {
      this.#end(task, 'failed', this.#encode(withoutUnfit(result, this.#encode)))
    } catch (error) {
      this.#fail(task, error)
    }
  }

  #fail(task: RunningTask, error: unknown): void {
    if (task.aborted) return this.#end(task, 'aborted')
    task.span?.fail(error)
    this.#end(task, isUnmet(error) ? 'unmet' : 'failed', encodeThrown(error, this.#encode))
  }

  #end(task: RunningTask, outcome: Done['outcome'], output?: Done['output']): void {
    this.#printer.finish(task)
    task.ended = true
    leaveTask(task)
    if (task.span !== undefined) endTaskSpan(task.span, outcome)
    this.#running.delete(task.sequence)
    if (task === this.#runningDirect) this.#runningDirect = undefined
    if (this.#running.size === 0 && !this.#options.ownsThread) {
      this.#releaseOutput?.()
      this.#releaseOutput = undefined
    }
    const { sequence, held, startedAt } = task
    const durationMs = Number.isNaN(startedAt) ? 0 : Math.max(0, this.#options.clock.now() - startedAt)
    held.wasQuick = durationMs < flushAfterMs
    this.#options.claims.end(sequence)
    const done: Done = output ? { sequence, outcome, durationMs, output } : { sequence, outcome, durationMs }
    const stream = task.stream?.end(output ? [output] : [], this.#options.capacity)
    const { emitsDropped } = task
    const counted = emitsDropped > 0 ? { ...done, emitsDropped } : done
    this.#results.push(stream ? { ...counted, stream } : counted)
  }

  async #flushSpans(): Promise<void> {
    await this.#options.tracing?.flush().catch(() => {})
    this.#options.send({ type: 'flushed' })
  }

  #flush(now: number): void {
    this.#flushedAt = now
    if (this.#results.length === 0) return
    const results = this.#results
    this.#results = []
    this.#printer.flush()
    this.#options.send({ type: 'done', results })
  }
}

/** Whether it should end before anybody misses the results before it. What has been tried before may be what ends executors. */
function isQuick({ held, attempt }: RunningTask): boolean {
  return held.wasQuick && attempt === 1
}

function nextTurn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve))
}
