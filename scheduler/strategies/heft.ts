import { bottomLevels } from '../planning/levels.ts'
import { listSchedule } from '../planning/list-schedule.ts'
import { meanCosts, type PlanningProblem, type Schedule } from '../planning/planning-problem.ts'
import { plannedStrategy } from './planned-strategy.ts'

/** The upward rank: the longest path from the task's beginning to an end of the graph, by mean costs and transfers. By task. */
export function upwardRanks(problem: PlanningProblem): Float64Array {
  return bottomLevels(problem.graph, meanCosts(problem), 'tasksAndTransfers')
}

/**
 * Heterogeneous earliest finish time. The task with the highest upward rank, to the engine where it ends earliest, in a gap between others
 * if it fits. Ties: the lowest number of the task (the paper draws); of the engine.
 * Source: Topcuoglu, Hariri, Wu, Performance-Effective and Low-Complexity Task Scheduling for Heterogeneous Computing, IEEE TPDS 13(3), 2002.
 */
export function planHeft(problem: PlanningProblem): Schedule {
  const rank = upwardRanks(problem)
  return listSchedule(
    problem,
    (a, b) => (rank[b] as number) - (rank[a] as number),
    (task, schedule) => schedule.placeEarliest(task, 'end', 'gaps'),
  )
}

/** Heterogeneous earliest finish time (Topcuoglu, Hariri and Wu), as a strategy. */
export const heft = plannedStrategy('heft', planHeft)
