import { fcfs } from './fcfs.ts'
import type { Strategy } from './strategy.ts'

/**
 * Strict priority, not preemptive: of all tasks that have not begun, the one with the highest `priority` goes first, of equals the one that was
 * submitted first. That is `fcfs`, since the scheduler puts priority first under every strategy; but under others, whatever
 * waits at an engine already can no longer be overtaken.
 */
export const priority: Strategy = { ...fcfs, name: 'priority' }
