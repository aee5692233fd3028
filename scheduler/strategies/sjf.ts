import { FreePlaces } from './free-places.ts'
import { isBound } from './is-bound.ts'
import { strategy } from './strategy.ts'

/**
 * Shortest job first: of the ready tasks of the highest priority, the one with the smallest expected duration goes first; one of which
 * nothing is known counts as the longest. It is asked about when it can begin, so that nothing waits at an engine. Where, and if the first
 * does not fit: as `fcfs`. Ties: order of submission. No randomness. In a cluster, where no durations are known, it is `fcfs`.
 * Source: Smith, Various Optimizers for Single-Stage Production, Naval Research Logistics Quarterly 3, 1956.
 */
export const sjf = strategy('sjf', {
  information: 'estimates',
  start({ estimates }) {
    const places = new FreePlaces()
    return {
      rank: (task) => estimates.durationMs(task) ?? Number.POSITIVE_INFINITY,
      choose: (task, engines) => places.find(task, engines) ?? (isBound(task) ? 'pass' : 'hold'),
      engineJoined: (engine) => places.engineJoined(engine),
      engineLeft: (engine) => places.engineLeft(engine),
    }
  },
})
