import { strategy } from './strategy.ts'

/**
 * The engine whose last assignment is the longest ago. New engines come before used ones, the newest first. There are no
 * ties: every engine has its own place in the list. No randomness.
 */
export const lru = strategy('lru', (_task, engines) => engines.leastRecentlyUsed())
