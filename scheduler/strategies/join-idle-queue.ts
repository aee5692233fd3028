import { strategy } from './strategy.ts'

/**
 * Join an idle queue: an engine without tasks if there is one, else a uniform draw, which knows nothing of load.
 * Ties among idle engines: the least recently used. One random number a task, where no engine is idle.
 * Source: Lu et al., Join-Idle-Queue: A Novel Load Balancing Algorithm for Dynamically Scalable Web Services, Performance Evaluation 68,
 * 2011. There each of many dispatchers keeps a queue of engines that said they are idle; this is the case of one dispatcher.
 */
export const joinIdleQueue = strategy('joinIdleQueue', (_task, engines, random) => {
  const least = engines.leastLoaded()
  return least.load === 0 ? least : engines.at(random.below(engines.size))
})
