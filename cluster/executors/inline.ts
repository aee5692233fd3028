import { systemClock } from '../../core/clock.ts'
import type { ExecutorFactory } from '../executor.ts'
import { TaskRunner } from './task-runner.ts'

/**
 * Runs tasks in the engine's own thread: for tests, simulation and places without threads. What it says leaves on a
 * later microtask, as from a thread. It cannot interrupt a synchronous task; ending it abandons what is in progress.
 */
export const inlineExecutor: ExecutorFactory = {
  kind: 'inline',
  start(options, handlers) {
    let ended = false
    const runner = new TaskRunner({
      ...options,
      tracing: options.tracing?.here,
      clock: systemClock,
      ownsThread: false,
      send: (message) => queueMicrotask(() => !ended && handlers.onMessage(message)),
      isCrowded: () => false,
    })
    queueMicrotask(() => !ended && handlers.onMessage({ type: 'ready' }))
    return {
      send: (message) => queueMicrotask(() => !ended && runner.receive(message)),
      // Its microtasks come before anybody could ask.
      hearOut: () => {},
      async end() {
        ended = true
        runner.receive({ type: 'stop' })
      },
    }
  },
}
