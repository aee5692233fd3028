import { expect } from 'vitest'
import type { LoadBalancedView } from 'yardmaster'

/** Load for as long as a test needs it: a map of 0, 1, 2 and so on, one task each, until it is told to end. */
export function endlessMap(view: LoadBalancedView, fn: (x: number) => Promise<number>) {
  let isOver = false
  function* numbers() {
    for (let x = 0; !isOver; x += 1) yield x
  }
  const result = view.with({ chunk: 1 }).map(fn, numbers())
  return {
    /** All results, some of which have come since this was called: it was not idle before. */
    async end(): Promise<number[]> {
      const { done } = result.progress
      await expect.poll(() => result.progress.done).toBeGreaterThan(done)
      isOver = true
      return result
    },
  }
}
