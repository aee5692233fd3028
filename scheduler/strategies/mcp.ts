import { bottomLevels, rounded } from '../planning/levels.ts'
import { listSchedule } from '../planning/list-schedule.ts'
import { meanCosts, type PlanningProblem, type Schedule } from '../planning/planning-problem.ts'
import { plannedStrategy } from './planned-strategy.ts'

/** How late each task may begin without making the longest path longer, by mean durations and transfers. By task. */
function latestStarts(problem: PlanningProblem): Float64Array {
  const level = bottomLevels(problem.graph, meanCosts(problem), 'tasksAndTransfers')
  const longest = level.reduce((most, length) => Math.max(most, length), 0)
  return level.map((length) => rounded(longest - length))
}

/**
 * Modified critical path. The task that may begin least late without making the longest path longer (ALAP), to the engine where it begins
 * earliest, in a gap between others if it fits. Ties: the tasks that need it, each list in ascending order, lexicographically, the shorter
 * first; then the lowest number of the task; of the engine. The paper compares all that come after a task; this compares those that need it themselves.
 * Source: Wu, Gajski, Hypertool: A Programming Aid for Message-Passing Systems, IEEE TPDS 1(3), 1990.
 */
export function planMcp(problem: PlanningProblem): Schedule {
  const { firstChild, children } = problem.graph
  const alap = latestStarts(problem)
  const after = Array.from(alap, (_, task) =>
    children
      .subarray(firstChild[task], firstChild[task + 1])
      .reduce((list, child) => list.concat(alap[child] as number), [] as number[])
      .sort((a, b) => a - b),
  )
  return listSchedule(
    problem,
    (a, b) => (alap[a] as number) - (alap[b] as number) || lexicographically(after[a] ?? [], after[b] ?? []),
    (task, schedule) => schedule.placeEarliest(task, 'start', 'gaps'),
  )
}

function lexicographically(a: readonly number[], b: readonly number[]): number {
  for (let i = 0; i < Math.min(a.length, b.length); i += 1) {
    const difference = (a[i] as number) - (b[i] as number)
    if (difference !== 0) return difference
  }
  return a.length - b.length
}

/** Modified critical path (Wu and Gajski), as a strategy. */
export const mcp = plannedStrategy('mcp', planMcp)
