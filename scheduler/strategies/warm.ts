import { type EngineView, strategy } from './strategy.ts'

/**
 * The engine chosen last, while it has no task, else the one with the fewest: calls one by one find caches and compiled code of
 * their engine warm, and the others stay idle.
 * Ties: the least recently used, as in `leastload`. No randomness.
 */
export const warm = strategy('warm', {
  start() {
    let last = -1
    return {
      choose(_task, engines): EngineView {
        const same = engines.after(last - 1)
        const engine = same.id === last && same.load === 0 ? same : engines.leastLoaded()
        last = engine.id
        return engine
      },
    }
  },
})
