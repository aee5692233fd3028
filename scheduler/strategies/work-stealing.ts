import { strategy } from './strategy.ts'

/**
 * Random work stealing: a task goes to an engine without tasks if there is one, else to a uniform draw, and stays there unless it is stolen.
 * An engine that has nothing left draws one of those with two tasks or more, uniformly, and what was sent there last and has not begun is
 * called back; it is then placed as any other, so as a rule at the thief. Nothing is stolen where `hwm` lets no task wait at an engine.
 * Ties among idle engines: the least recently used. One random number a task where none is idle, one a theft.
 * Source: Blumofe, Leiserson, Scheduling Multithreaded Computations by Work Stealing, J. ACM 46, 1999. There thieves take the oldest task, which is
 * the root of the most work; here tasks are independent, and the newest would have waited longest.
 */
export const workStealing = strategy('workStealing', {
  start({ random }) {
    return {
      choose(_task, engines) {
        const least = engines.leastLoaded()
        return least.load === 0 ? least : engines.at(random.below(engines.size))
      },
      steal: (_idle, busy) => busy[random.below(busy.length)],
    }
  },
})
