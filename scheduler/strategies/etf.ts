import { bottomLevels } from '../planning/levels.ts'
import { pairSchedule } from '../planning/pair-schedule.ts'
import { meanCosts, type PlanningProblem, runsWhereItFits, type Schedule } from '../planning/planning-problem.ts'
import { plannedStrategy } from './planned-strategy.ts'

/**
 * Earliest task first. Of all pairs of a task whose parents are all placed and an engine, the one where the task can begin earliest, after
 * what is there. Ties: the longest path to an end of the graph (b-level: mean durations, without transfers), then the lowest number of the
 * task, then of the engine.
 * Source: Hwang, Chow, Anger, Lee, Scheduling Precedence Graphs in Systems with Interprocessor Communication Times, SIAM J. Computing 18(2), 1989.
 */
export function planEtf(problem: PlanningProblem): Schedule {
  const level = bottomLevels(problem.graph, meanCosts(problem), 'tasks')
  return pairSchedule(problem, {
    value: (_task, _engine, startMs) => startMs,
    compare: (a, b) => (level[b] as number) - (level[a] as number),
    alike: (task) => runsWhereItFits(problem, task),
  })
}

/** Earliest time first (Hwang and others), as a strategy. */
export const etf = plannedStrategy('etf', planEtf)
