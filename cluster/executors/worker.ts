import { decoder } from '../../core/codec.ts'
import { bringFunctions, FunctionTable, takeFunctions } from '../../core/function-table.ts'
import {
  type EngineToExecutor,
  type ExecutorToEngine,
  executorToEngine,
  type FunctionMessage,
} from '../../core/messages.ts'
import type { Executor, ExecutorFactory, ExecutorHandlers } from '../executor.ts'
import type { ClaimTable } from './claims.ts'
import { type FromWorker, movable, type ToWorker } from './worker-messages.ts'

/** What is used of a browser's Worker. */
interface PageWorker {
  onmessage: ((event: { readonly data: FromWorker }) => void) | null
  onerror: ((event: { readonly message?: string; preventDefault(): void }) => void) | null
  postMessage(message: ToWorker, transfer?: readonly ArrayBuffer[]): void
  terminate(): void
}

declare const Worker: new (url: string | URL, options: { readonly type: 'module'; readonly name: string }) => PageWorker

type Run = Extract<EngineToExecutor, { type: 'run' }>['tasks'][number]

const decode = decoder(executorToEngine)

/** Runs tasks in a Web Worker, whose main module is at `url`: so the engine's link stays awake, and any task can be ended. */
export function workerExecutor(url: string | URL): ExecutorFactory {
  return {
    kind: 'worker',
    start: ({ claims, engine, capacity }, handlers) => {
      const worker = new Worker(url, { type: 'module', name: `engine ${engine}` })
      worker.postMessage({ type: 'start', engine, capacity })
      return new WorkerExecutor(worker, claims, handlers)
    },
  }
}

/**
 * A page seldom has memory that it can share with its workers. So tasks wait here, where they can be taken back, and the worker has one
 * at a time: what it was sent has begun.
 */
class WorkerExecutor implements Executor {
  readonly #worker: PageWorker
  readonly #claims: ClaimTable
  readonly #handlers: ExecutorHandlers
  /** Which functions have come here, and which are known there. */
  readonly #held = new FunctionTable<FunctionMessage>()
  readonly #heldThere = new FunctionTable<true>()
  readonly #balanced: { readonly task: Run; readonly fn: FunctionMessage }[] = []
  readonly #direct: { readonly task: Run; readonly fn: FunctionMessage }[] = []
  #lastBegunIn = this.#direct
  #running: number | undefined
  #hasEnded = false

  constructor(worker: PageWorker, claims: ClaimTable, handlers: ExecutorHandlers) {
    this.#worker = worker
    this.#claims = claims
    this.#handlers = handlers
    worker.onmessage = ({ data }) => {
      if (this.#hasEnded) return
      if (data.type === 'closing') this.#die('a task closed its worker')
      else this.#hear(decode(data.frames))
    }
    worker.onerror = (event) => {
      event.preventDefault()
      this.#die(event.message ?? 'its worker did not load')
    }
  }

  send(message: EngineToExecutor): void {
    if (this.#hasEnded) return
    if (message.type !== 'run') {
      this.#post(message)
      return
    }
    const functions = takeFunctions(this.#held, message.tasks, message.functions, (brought) => brought)
    message.tasks.forEach((task, i) => {
      const queue = task.direct ? this.#direct : this.#balanced
      queue.push({ task, fn: functions[i] as FunctionMessage })
    })
    // What it says is heard on a later turn; so is what it may do about this.
    queueMicrotask(() => this.#beginNext())
  }

  /** What the worker has said comes by the event loop alone. */
  hearOut(): void {}

  async end(): Promise<void> {
    this.#hasEnded = true
    this.#worker.terminate()
  }

  #hear(message: ExecutorToEngine): void {
    if (message.type === 'done') {
      for (const { sequence } of message.results) {
        this.#claims.end(sequence)
        if (sequence === this.#running) this.#running = undefined
      }
    }
    this.#handlers.onMessage(message)
    this.#beginNext()
  }

  #beginNext(): void {
    while (this.#running === undefined && !this.#hasEnded) {
      const isDirectsTurn = this.#balanced.length === 0 || this.#lastBegunIn === this.#balanced
      const queue = this.#direct.length > 0 && isDirectsTurn ? this.#direct : this.#balanced
      const next = queue.shift()
      if (next === undefined) return
      const { task, fn } = next
      if (!this.#claims.begin(task.sequence)) continue
      this.#claims.called(task.sequence, Date.now())
      this.#lastBegunIn = queue
      this.#running = task.sequence
      this.#post({ type: 'run', tasks: [task], functions: bringFunctions(this.#heldThere, [fn]) })
    }
  }

  #post(message: EngineToExecutor): void {
    const { frames, transfer } = movable(message)
    this.#worker.postMessage({ type: 'message', frames }, transfer)
  }

  #die(reason: string): void {
    if (this.#hasEnded) return
    this.#hasEnded = true
    this.#worker.terminate()
    this.#handlers.onDeath(reason)
  }
}
