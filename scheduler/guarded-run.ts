import { faultFrom } from '../core/errors.ts'
import type { Effect } from './events.ts'
import type { Finished, StrategyRun } from './strategies/strategy.ts'

export type StrategyFault = Extract<Effect, { type: 'strategyFault' }>

/**
 * A strategy whose listeners cannot stop the scheduler: what one throws is reported, and it counts as having said nothing. What
 * `choose` throws is caught where an engine must be chosen all the same.
 */
export function guardedRun<Report extends Finished>(
  strategy: string,
  run: StrategyRun<Report>,
  report: (fault: StrategyFault) => void,
): StrategyRun<Report> {
  function guard<Args extends unknown[], Said>(
    hook: ((...args: Args) => Said) | undefined,
    silence: Said,
  ): ((...args: Args) => Said) | undefined {
    return (
      hook &&
      ((...args) => {
        try {
          return hook.apply(run, args)
        } catch (error) {
          report({ type: 'strategyFault', strategy, fault: faultFrom(error) })
          return silence
        }
      })
    )
  }
  const guarded = {
    rank: guard(run.rank, 0),
    tasksSubmitted: guard(run.tasksSubmitted, undefined),
    taskReady: guard(run.taskReady, undefined),
    taskAssigned: guard(run.taskAssigned, undefined),
    taskStarted: guard(run.taskStarted, undefined),
    taskFinished: guard(run.taskFinished, undefined),
    taskEnded: guard(run.taskEnded, undefined),
    engineJoined: guard(run.engineJoined, undefined),
    engineLeft: guard(run.engineLeft, undefined),
    steal: guard(run.steal, undefined),
  }
  const present = Object.fromEntries(Object.entries(guarded).filter(([, hook]) => hook !== undefined))
  return { choose: (task, engines, random) => run.choose(task, engines, random), ...present }
}
