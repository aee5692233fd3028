import { bottomLevels } from '../planning/levels.ts'
import { pairSchedule } from '../planning/pair-schedule.ts'
import { meanCosts, type PlanningProblem, runsWhereItFits, type Schedule } from '../planning/planning-problem.ts'
import { plannedStrategy } from './planned-strategy.ts'

/**
 * Dynamic level scheduling. Of all pairs of a task whose parents are all placed and an engine, the one with the greatest dynamic level:
 * b-level (mean durations, without transfers) − the time at which it can begin there, after what is there + (mean duration − duration there).
 * Ties: the lowest number of the task, then of the engine. Where the paper takes medians of durations, this takes means.
 * Source: Sih, Lee, A Compile-Time Scheduling Heuristic for Interconnection-Constrained Heterogeneous Processor Architectures, IEEE TPDS 4(2), 1993.
 */
export function planDls(problem: PlanningProblem): Schedule {
  const means = meanCosts(problem)
  const level = bottomLevels(problem.graph, means, 'tasks')
  const gain = (task: number, engine: number) => {
    const mean = means[task] as number
    const difference = mean - problem.costMs(task, engine)
    // The mean of equal numbers need not be one of them to the last bit.
    return Math.abs(difference) <= 1e-12 * mean ? 0 : difference
  }
  return pairSchedule(problem, {
    value: (task, engine, startMs) => startMs - gain(task, engine) - (level[task] as number),
    compare: () => 0,
    alike: (task) =>
      runsWhereItFits(problem, task) && problem.engineCores.every((_, engine) => gain(task, engine) === 0),
  })
}

/** Dynamic level scheduling (Sih and Lee), as a strategy. */
export const dls = plannedStrategy('dls', planDls)
