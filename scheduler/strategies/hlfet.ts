import { bottomLevels } from '../planning/levels.ts'
import { listSchedule } from '../planning/list-schedule.ts'
import { meanCosts, type PlanningProblem, type Schedule } from '../planning/planning-problem.ts'
import { plannedStrategy } from './planned-strategy.ts'

/**
 * Highest level first with estimated times. Of the tasks whose parents are all placed, the one with the longest path to an end of the graph
 * (its b-level: mean durations, without transfers), to the engine where it begins earliest, after what is there. Ties: the lowest number of
 * the task; of the engine.
 * Source: Adam, Chandy, Dickson, A Comparison of List Schedules for Parallel Processing Systems, CACM 17(12), 1974.
 */
export function planHlfet(problem: PlanningProblem): Schedule {
  const level = bottomLevels(problem.graph, meanCosts(problem), 'tasks')
  return listSchedule(
    problem,
    (a, b) => (level[b] as number) - (level[a] as number),
    (task, schedule) => schedule.placeEarliest(task, 'start', 'end'),
  )
}

/** Highest level first with estimated times (Adam, Chandy and Dickson), as a strategy. */
export const hlfet = plannedStrategy('hlfet', planHlfet)
