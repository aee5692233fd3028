import type { TaskView } from './strategy.ts'

/**
 * A task of one core that may go to particular engines only, as far as can be told: it has targets, or follows others, or has come
 * back and may have been refused. That no place is found for it says nothing of others, so it holds none of them back.
 */
export function isBound({ cores, targets, follow, attempt }: TaskView): boolean {
  return cores === 1 && (targets.length > 0 || follow.length > 0 || attempt > 0)
}
