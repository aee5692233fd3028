import { type EngineView, strategy } from '../../scheduler/strategies/strategy.ts'

/**
 * Of two engines drawn at random, the one with the smaller (load + 1) × mean duration of its tasks so far; an engine that
 * has finished none counts as one with the mean of all. Ties: the first drawn. Two random draws a task.
 */
export const fastest = strategy('fastest', {
  information: 'durations',
  start() {
    const means = new Map<number, number>()
    let overall = 1
    const expected = (engine: EngineView) => (engine.load + 1) * (means.get(engine.id) ?? overall)
    return {
      choose(_task, engines) {
        const drawn = engines.sample(2)
        let best = drawn[0] ?? engines.at(0)
        for (const engine of drawn) if (expected(engine) < expected(best)) best = engine
        return best
      },
      taskFinished(_task, engine, { outcome, durationMs }) {
        if (outcome !== 'succeeded') return
        const mean = means.get(engine.id) ?? durationMs
        means.set(engine.id, mean + (durationMs - mean) / 8)
        overall += (durationMs - overall) / 64
      },
      engineLeft(engine) {
        means.delete(engine.id)
      },
    }
  },
})
