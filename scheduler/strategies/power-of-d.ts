import { ConfigurationError } from '../../core/errors.ts'
import { type Strategy, strategy } from './strategy.ts'

/**
 * `d` uniform draws without replacement (all engines where there are fewer), and of them the least loaded.
 * Ties: uniform among the tied, since the draws come in random order and the first of the tied is taken.
 * Source: Mitzenmacher, The Power of Two Choices in Randomized Load Balancing, 2001.
 */
export function powerOfD(d: number): Strategy {
  if (!Number.isInteger(d) || d < 1) throw new ConfigurationError(`powerOfD needs a whole number of draws, not ${d}.`)
  return strategy(`powerOf${d}`, (_task, engines) => {
    const drawn = engines.sample(d)
    let best = drawn[0] ?? engines.at(0)
    for (const engine of drawn) if (engine.load < best.load) best = engine
    return best
  })
}
