import { strategy } from './strategy.ts'

/**
 * The engine with the fewest outstanding tasks.
 * Ties: the least recently used, new engines counting as never used, the newest first. No randomness.
 */
export const leastload = strategy('leastload', (_task, engines) => engines.leastLoaded())
