import type { Clock } from './clock.ts'

/** Our clock in the form in which XState wants it, so that its delayed transitions follow the same time. */
export function machineClock(clock: Clock): {
  setTimeout(callback: (...args: unknown[]) => void, delayMs: number): () => void
  clearTimeout(cancel: () => void): void
} {
  return {
    setTimeout: (callback, delayMs) => clock.after(delayMs, callback),
    clearTimeout: (cancel) => cancel(),
  }
}
