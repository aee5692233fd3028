import type { Capacity } from '../core/capacity.ts'
import type { EngineToExecutor, ExecutorToEngine } from '../core/messages.ts'
import type { ClaimTable } from './executors/claims.ts'
import type { ExecutorTracing } from './tracing/traced-executors.ts'

/**
 * What runs an engine's tasks. An engine has one at a time and replaces it when a task must be ended by force, or when
 * it dies. Ours run in the engine's own thread (`inline`), in a worker thread of their own (`thread`), or in a browser's worker (`worker`).
 */
export interface Executor {
  send(message: EngineToExecutor): void
  /** Delivers at once what it has said and what still waits for its turn. */
  hearOut(): void
  /** Has it send what waits to be sent elsewhere, such as spans; resolves when it has, or could not. Absent where there is nothing. */
  flush?(): Promise<void>
  /** Ends it now, in the middle of whatever it runs. Resolves when nothing of it is left. */
  end(): Promise<void>
}

export interface ExecutorHandlers {
  onMessage(message: ExecutorToEngine): void
  /** It ended without being asked, after all that it said: a crash, `process.exit()` in a task, out of memory. */
  onDeath(reason: string): void
}

interface ExecutorOptions {
  readonly claims: ClaimTable
  /** How many asynchronous tasks may be in progress together. Default 1. */
  readonly concurrency: number
  readonly engine: number
  /** Of the link that results leave by. */
  readonly capacity: Capacity
  /** Where tasks are traced. */
  readonly tracing?: ExecutorTracing
}

type ExecutorKind = 'inline' | 'thread' | 'worker'

export interface ExecutorFactory {
  readonly kind: ExecutorKind
  start(options: ExecutorOptions, handlers: ExecutorHandlers): Executor
}
