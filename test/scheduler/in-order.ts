import { strategy } from '../../scheduler/strategies/strategy.ts'

/** In order, each task where enough cores are free for it; none overtakes one that does not fit yet. Ties: the first in order of arrival. */
export const inOrder = strategy('inOrder', (task, engines) => {
  for (let i = 0; i < engines.size; i += 1) if (engines.at(i).freeCores >= task.cores) return engines.at(i)
  return 'hold'
})
