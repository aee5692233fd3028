import { TaskAbortedError } from '../core/errors.ts'
import type { TaskGroup } from './task-group.ts'

/** What one signal aborts: it has one listener however many results these are, and none when they have ended. */
class SignalAborts {
  readonly #signal: AbortSignal
  readonly #aborts = new Set<() => void>()

  constructor(signal: AbortSignal) {
    this.#signal = signal
  }

  add(abort: () => void): void {
    if (this.#aborts.size === 0) this.#signal.addEventListener('abort', this.#fire)
    this.#aborts.add(abort)
  }

  delete(abort: () => void): void {
    this.#aborts.delete(abort)
    if (this.#aborts.size === 0) this.#signal.removeEventListener('abort', this.#fire)
  }

  readonly #fire = (): void => {
    for (const abort of [...this.#aborts]) abort()
  }
}

const abortsOf = new WeakMap<AbortSignal, SignalAborts>()

/** Calls `abort` when the signal fires, unless the group has ended before. */
export function abortOnSignal(signal: AbortSignal, group: TaskGroup, abort: () => void): void {
  if (group.ended) return
  const aborts = abortsOf.get(signal) ?? new SignalAborts(signal)
  abortsOf.set(signal, aborts)
  aborts.add(abort)
  group.watch((change) => {
    if (change === 'ended') aborts.delete(abort)
  })
}

export function abortedBefore(signal: AbortSignal): TaskAbortedError {
  return new TaskAbortedError('the task was aborted before it was submitted', { cause: signal.reason })
}
