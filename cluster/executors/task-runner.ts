/**
 * Runs tasks in the order in which they came, in whatever thread it lives. Asynchronous tasks overlap up to
 * `concurrency`; synchronous ones follow each other without a turn of the event loop between them, and their results
 * leave together, but never wait for a long task behind them.
 */

import type { Clock } from '../../core/clock.ts'
import { FunctionTable, takeFunctions } from '../../core/function-table.ts'
import type { EngineToExecutor, ExecutorToEngine, TaskNews } from '../../core/messages.ts'
import { decodeValue, encodeValue } from '../../core/payload.ts'
import { enterTask, leaveTask } from '../task-context.ts'
import { type Called, callFunction } from './call-function.ts'
import type { ClaimTable } from './claims.ts'
import { HeldFunction } from './held-function.ts'
import { type Done, RunningTask } from './running-task.ts'
import { encodeThrown } from './thrown.ts'

/** Results wait at most this long for company. */
const flushAfterMs = 0.5
/** After this long without a turn of the event loop, messages to the executor get one. */
const yieldAfterMs = 10

export interface TaskRunnerOptions {
  readonly claims: ClaimTable
  readonly concurrency: number
  readonly engine: number
  readonly clock: Clock
  send(message: ExecutorToEngine): void
}

export class TaskRunner {
  readonly #options: TaskRunnerOptions
  readonly #functions = new FunctionTable<HeldFunction>()
  readonly #namespace: Record<string, unknown> = {}
  #queue: RunningTask[] = []
  #head = 0
  readonly #running = new Map<number, RunningTask>()
  #results: Done[] = []
  #flushedAt = 0
  #waiting = false
  #stopped = false

  constructor(options: TaskRunnerOptions) {
    this.#options = options
  }

  receive(message: EngineToExecutor): void {
    switch (message.type) {
      case 'run': {
        const held = takeFunctions(this.#functions, message.tasks, message.functions, (sent) => new HeldFunction(sent))
        const { engine } = this.#options
        message.tasks.forEach((task, i) => {
          this.#queue.push(new RunningTask(task, held[i] as HeldFunction, engine, this.#namespace, this.#say))
        })
        this.#pump()
        return
      }
      case 'signal':
        for (const sequence of message.sequences) this.#running.get(sequence)?.fireSignal()
        return
      case 'stop':
        this.#stopped = true
    }
  }

  /** An error that no task caught but that happened while tasks ran: the only one running fails with it. */
  failRunning(error: unknown): boolean {
    const [only, other] = this.#running.values()
    if (only === undefined || other !== undefined) return false
    this.#end(only, 'failed', encodeThrown(error))
    this.#pump()
    return true
  }

  readonly #say = (news: TaskNews): void => {
    this.#options.send({ type: 'news', news: [news] })
  }

  #pump(): void {
    if (this.#waiting) return
    const turnStartedAt = this.#options.clock.now()
    while (this.#running.size < this.#options.concurrency && this.#head < this.#queue.length && !this.#stopped) {
      const task = this.#queue[this.#head] as RunningTask
      if (!task.held.ready) {
        this.#resumeAfter(task.held.settled)
        break
      }
      this.#advance()
      if (!this.#options.claims.begin(task.sequence, this.#options.clock.wallTime())) continue
      this.#run(task)
      const now = this.#options.clock.now()
      if (now - turnStartedAt > yieldAfterMs && this.#head < this.#queue.length) {
        this.#resumeAfter(new Promise((resolve) => setImmediate(resolve)))
        break
      }
      if (now - this.#flushedAt > flushAfterMs) this.#flush(now)
    }
    this.#flush(this.#options.clock.now())
  }

  #resumeAfter(turn: Promise<void>): void {
    this.#waiting = true
    void turn.then(() => {
      this.#waiting = false
      this.#pump()
    })
  }

  #advance(): void {
    this.#head += 1
    if (this.#head === this.#queue.length) {
      this.#queue = []
      this.#head = 0
    }
  }

  #run(task: RunningTask): void {
    this.#running.set(task.sequence, task)
    task.startedAt = this.#options.clock.now()
    const { callable, failure } = task.held
    if (callable === undefined) return this.#end(task, 'failed', encodeThrown(failure?.error))
    try {
      const args = decodeValue(task.args)
      const several = this.#options.concurrency > 1
      const called = enterTask(task, several, () => callFunction(task, callable, args))
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

  #settleLate(task: RunningTask, settle: () => void): void {
    if (task.ended) return
    settle()
    this.#pump()
  }

  #succeed(task: RunningTask, called: Called): void {
    let output: ReturnType<typeof encodeValue>
    try {
      output = encodeValue(called.value)
    } catch (error) {
      return this.#fail(task, error)
    }
    this.#end(task, called.failed ? 'failed' : 'succeeded', output)
  }

  #fail(task: RunningTask, error: unknown): void {
    if (task.aborted) return this.#end(task, 'aborted')
    const unmet = error instanceof Error && 'code' in error && error.code === 'YM_UNMET_DEPENDENCY'
    this.#end(task, unmet ? 'unmet' : 'failed', encodeThrown(error))
  }

  #end(task: RunningTask, outcome: Done['outcome'], output?: Done['output']): void {
    task.ended = true
    leaveTask(task)
    this.#running.delete(task.sequence)
    const durationMs = Math.max(0, this.#options.clock.now() - task.startedAt)
    const { sequence } = task
    this.#results.push(output ? { sequence, outcome, durationMs, output } : { sequence, outcome, durationMs })
  }

  #flush(now: number): void {
    this.#flushedAt = now
    if (this.#results.length === 0) return
    const results = this.#results
    this.#results = []
    this.#options.send({ type: 'done', results })
  }
}
