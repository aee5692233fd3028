import { topLevels } from '../planning/levels.ts'
import { listSchedule } from '../planning/list-schedule.ts'
import { meanCosts, type PlanningProblem, type Schedule } from '../planning/planning-problem.ts'
import { plannedStrategy } from './planned-strategy.ts'

/**
 * Smallest t-level first: of the tasks whose parents are all placed, the one with the shortest longest path from a beginning of the graph
 * to it (mean durations, without transfers, itself excluded), to the engine where it begins earliest, after what is there. Ties: the lowest
 * number of the task; of the engine.
 * Source: Kwok, Ahmad, Static Scheduling Algorithms for Allocating Directed Task Graphs to Multiprocessors, ACM Computing Surveys 31(4), 1999.
 */
export function planTlevel(problem: PlanningProblem): Schedule {
  const level = topLevels(problem.graph, meanCosts(problem), 'tasks')
  return listSchedule(
    problem,
    (a, b) => (level[a] as number) - (level[b] as number),
    (task, schedule) => schedule.placeEarliest(task, 'start', 'end'),
  )
}

/** Smallest t-level first, as a strategy. */
export const tlevel = plannedStrategy('tlevel', planTlevel)
