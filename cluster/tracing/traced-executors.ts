import type { Tracing } from '../../core/tracing.ts'
import type { ExecutorFactory } from '../executor.ts'

export interface ExecutorTracing {
  /** For executors in threads, which load it there. */
  readonly option: true | string
  /** For those in this thread. */
  readonly here: Tracing
}

/** The same executors, which make spans. */
export function traced(executors: ExecutorFactory, tracing: ExecutorTracing): ExecutorFactory {
  return { kind: executors.kind, start: (options, handlers) => executors.start({ ...options, tracing }, handlers) }
}
