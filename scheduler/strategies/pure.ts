import { type EngineView, strategy } from './strategy.ts'

/**
 * Plain cyclic order: the next engine in order of arrival after the one chosen last, the first again after the last, passing
 * over those that may not take the task. It knows nothing of load. No ties, no randomness.
 */
export const pure = strategy('pure', {
  start() {
    let last = -1
    return {
      choose(_task, engines): EngineView {
        const engine = engines.after(last)
        last = engine.id
        return engine
      },
    }
  },
})
