import { leastload } from './leastload.ts'
import type { Strategy } from './strategy.ts'

/**
 * Join the shortest queue: `leastload` by the name that it has in the literature. The engine with the fewest outstanding tasks; ties: the
 * least recently used (in the literature as a rule: uniform, for which see `powerOfD` with as many draws as engines).
 * Source: Winston, Optimality of the Shortest Line Discipline, J. Applied Probability 14, 1977.
 */
export const jsq: Strategy = { ...leastload, name: 'jsq' }
