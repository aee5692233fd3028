import { strategy } from './strategy.ts'

/**
 * Two independent draws (so with replacement), each with a probability proportional to 1/(10⁻⁶ + load), and of the two the
 * less loaded. Ties: the first drawn.
 */
export const weighted = strategy('weighted', (_task, engines) => {
  const first = engines.draw(weight)
  const second = engines.draw(weight)
  return second.load < first.load ? second : first
})

const weight = (load: number) => 1 / (1e-6 + load)
