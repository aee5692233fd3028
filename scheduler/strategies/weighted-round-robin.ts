import { type EngineView, strategy } from './strategy.ts'

/**
 * Smooth weighted round robin. The weight of an engine is speed · cores. At each choice every engine offered gains its weight in credit; the
 * one with the most credit is chosen, and pays the sum of all these weights. So in each cycle each engine is chosen as often as its
 * weight says, and its turns are spread evenly. It ignores load. O(engines) a task.
 * Ties: the first in order of arrival. No randomness.
 * Source: nginx, ngx_http_upstream_round_robin, 2012.
 */
export const weightedRoundRobin = strategy('weightedRoundRobin', {
  start() {
    const credits = new Map<number, number>()
    return {
      choose(_task, engines) {
        let best = engines.at(0)
        let most = Number.NEGATIVE_INFINITY
        let total = 0
        for (let i = 0; i < engines.size; i += 1) {
          const engine = engines.at(i)
          const credit = (credits.get(engine.id) ?? 0) + weightOf(engine)
          credits.set(engine.id, credit)
          total += weightOf(engine)
          if (credit <= most) continue
          most = credit
          best = engine
        }
        credits.set(best.id, most - total)
        return best
      },
      engineLeft: ({ id }) => void credits.delete(id),
    }
  },
})

function weightOf({ speed, cores }: EngineView): number {
  return speed * cores
}
