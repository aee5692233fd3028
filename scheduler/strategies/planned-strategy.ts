import { Forecast } from '../planning/forecast.ts'
import type { Planner } from '../planning/planning-problem.ts'
import { offered } from './offered.ts'
import { type Strategy, strategy } from './strategy.ts'

/**
 * A strategy that plans each batch when it is submitted, on top of what is planned already. A task goes where it is planned, as soon as it is
 * ready, there is room, and all that is to begin there before it has been sent; it does not wait for what should have begun by now and is not
 * ready. One that should have begun by now, and for which there is no room, goes to the least loaded engine if nothing is planned there that can begin in
 * time. If engines come or go, all that has not been sent is planned anew.
 *
 * Where nothing is known of a duration, it counts as the mean of the others, or as 1 ms where nothing is known of any; of a size likewise, or as no
 * bytes. A task that is not planned (it waits for itself in a circle), or cannot go where it is (it failed or was refused there, it follows
 * another), goes to the least loaded of the engines that may take it.
 */
export function plannedStrategy(name: string, planner: Planner): Strategy {
  return strategy(name, {
    information: 'estimates',
    start({ estimates, now }) {
      const forecast = new Forecast(planner, estimates, now)
      return {
        choose(task, engines) {
          if (forecast.isUnderWay && forecast.waits(task)) return 'pass'
          const planned = forecast.engineFor(task)
          if (planned === undefined) return engines.leastLoaded()
          const place = offered(engines, planned.id)
          // Of those that are not offered, only a full one is worth waiting for.
          if (place === undefined && planned.load < planned.mark) return engines.leastLoaded()
          if (place === undefined && forecast.isLate(task)) {
            const other = engines.leastLoaded()
            if (forecast.isSpare(other)) return other
          }
          // Waiting makes sense only while something is under way that will end.
          if (forecast.isUnderWay && (place === undefined || !forecast.isNext(task))) {
            forecast.letWait(task)
            return 'pass'
          }
          return place ?? engines.leastLoaded()
        },
        rank: (task) => forecast.startMsOf(task),
        tasksSubmitted: (tasks) => forecast.add(tasks),
        taskAssigned: (task, engine) => forecast.sent(task, engine),
        taskFinished: (task) => forecast.cameBack(task),
        taskEnded: (task) => forecast.forget(task),
        engineJoined: (engine) => forecast.join(engine),
        engineLeft: (engine) => forecast.leave(engine),
      }
    },
  })
}
