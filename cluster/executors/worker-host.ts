import { systemClock } from '../../core/clock.ts'
import { decoder } from '../../core/codec.ts'
import { type ExecutorToEngine, engineToExecutor } from '../../core/messages.ts'
import { newClaimTable } from './claims.ts'
import { TaskRunner } from './task-runner.ts'
import { type FromWorker, movable, type ToWorker } from './worker-messages.ts'

/** What is used of a worker's global scope. */
interface WorkerScope {
  onmessage: ((event: { readonly data: ToWorker }) => void) | null
  postMessage(message: FromWorker, transfer?: readonly ArrayBuffer[]): void
  addEventListener(type: string, listener: (event: StrayEvent) => void): void
  close(): void
}

interface StrayEvent {
  readonly error?: unknown
  readonly reason?: unknown
  readonly message?: string
  preventDefault(): void
}

declare const self: WorkerScope

const decode = decoder(engineToExecutor)
/** It is sent one task at a time, and a task that is sent is never taken back. */
const claims = newClaimTable(256, false)
const say = (message: ExecutorToEngine) => {
  const { frames, transfer } = movable(message)
  self.postMessage({ type: 'message', frames }, transfer)
}

/** Runs tasks in this Web Worker, for the engine that started it. */
export function serveEngine(): void {
  let runner: TaskRunner | undefined

  self.onmessage = ({ data }) => {
    if (data.type === 'start') {
      const { engine, capacity } = data
      runner = new TaskRunner({
        ...{ claims, engine, capacity, clock: systemClock, concurrency: 1, ownsThread: true },
        send: say,
        isCrowded: () => false,
      })
      say({ type: 'ready' })
      return
    }
    const message = decode(data.frames)
    if (message.type === 'run') for (const { sequence } of message.tasks) claims.queue(sequence)
    runner?.receive(message)
  }

  // What a task leaves behind must not end the tasks after it: it fails the task that runs, or is only reported.
  for (const type of ['error', 'unhandledrejection']) {
    self.addEventListener(type, (event) => {
      const stray = event.error ?? event.reason ?? new Error(event.message ?? 'an error that no task caught')
      if (runner?.failRunning(stray)) event.preventDefault()
    })
  }

  const close = self.close.bind(self)
  self.close = () => {
    self.postMessage({ type: 'closing' })
    close()
  }
}
