import { strategy } from './strategy.ts'

/**
 * Two uniform draws with replacement, and of the two the less recently used; load plays no part, so this is not
 * power-of-two-choices (see `powerOfD`). Drawing the same engine twice is no tie. Two random numbers a task.
 */
export const twobin = strategy('twobin', (_task, engines, random) => {
  const first = engines.at(random.below(engines.size))
  const second = engines.at(random.below(engines.size))
  return second.lastUsed < first.lastUsed ? second : first
})
