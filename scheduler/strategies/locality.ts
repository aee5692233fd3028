import { offered } from './offered.ts'
import { type Engines, type EngineView, strategy } from './strategy.ts'

/**
 * The engine where most bytes of the task's inputs lie, of those offered: it does not wait for a better one. A size that is not known
 * counts as one byte, so that where no sizes are known the number of objects decides. Where none of the engines has any, and
 * in a cluster, where nothing is known of data: the least loaded.
 * Ties: the fewest tasks, then the least recently used. No randomness. O(copies of inputs) a task.
 */
export const locality = strategy('locality', {
  information: 'estimates',
  start({ estimates }) {
    return {
      choose(task, engines) {
        const bytesAt = new Map<number, number>()
        for (const { bytes = 1, engines: holders } of estimates.inputs(task)) {
          for (const id of holders) bytesAt.set(id, (bytesAt.get(id) ?? 0) + bytes)
        }
        return holderOfMost(bytesAt, engines) ?? engines.leastLoaded()
      },
    }
  },
})

function holderOfMost(bytesAt: ReadonlyMap<number, number>, engines: Engines): EngineView | undefined {
  let best: EngineView | undefined
  let most = 0
  for (const [id, bytes] of bytesAt) {
    const engine = bytes >= most && bytes > 0 ? offered(engines, id) : undefined
    if (engine === undefined) continue
    const isTie = bytes === most && best !== undefined
    if (isTie && !isLessLoaded(engine, best as EngineView)) continue
    best = engine
    most = bytes
  }
  return best
}

function isLessLoaded(a: EngineView, b: EngineView): boolean {
  return a.load === b.load ? a.lastUsed < b.lastUsed : a.load < b.load
}
