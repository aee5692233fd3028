import type { Random } from '../../core/random.ts'
import { type Engines, type EngineView, strategy } from './strategy.ts'

/**
 * Two independent draws (so with replacement), each with a probability proportional to 1/(10⁻⁶ + load), and of the two the
 * less loaded. Ties: the first drawn.
 */
export const weighted = strategy('weighted', (_task, engines, random) => {
  const first = draw(engines, random)
  const second = draw(engines, random)
  return second.load < first.load ? second : first
})

const weight = (engine: EngineView) => 1 / (1e-6 + engine.load)
const attemptsMax = 16

/**
 * By rejection: a uniform draw is kept with a probability proportional to its weight. That is exact, and takes few attempts
 * unless one engine outweighs all others together; then the running sum of the weights serves, which is exact as well.
 */
function draw(engines: Engines, random: Random): EngineView {
  const size = engines.size
  if (size === 1) return engines.at(0)
  const heaviest = weight(engines.leastLoaded())
  for (let attempt = 0; attempt < attemptsMax; attempt += 1) {
    const engine = engines.at(random.below(size))
    if (random.unit() * heaviest < weight(engine)) return engine
  }
  let total = 0
  for (let i = 0; i < size; i += 1) total += weight(engines.at(i))
  let left = random.unit() * total
  for (let i = 0; i < size - 1; i += 1) {
    const engine = engines.at(i)
    left -= weight(engine)
    if (left < 0) return engine
  }
  return engines.at(size - 1)
}
