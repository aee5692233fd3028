import { bottomLevels, rounded, topLevels } from '../planning/levels.ts'
import { listSchedule } from '../planning/list-schedule.ts'
import type { PartialSchedule } from '../planning/partial-schedule.ts'
import { canRun, meanCosts, type PlanningProblem, type Schedule } from '../planning/planning-problem.ts'
import { plannedStrategy } from './planned-strategy.ts'

/** A longest path through the graph, by mean costs and transfers; and of each task the longest through it: its priority. */
export function criticalPath(problem: PlanningProblem): {
  readonly path: readonly number[]
  readonly priority: Float64Array
} {
  const { graph } = problem
  const means = meanCosts(problem)
  const down = topLevels(graph, means, 'tasksAndTransfers')
  const up = bottomLevels(graph, means, 'tasksAndTransfers')
  const priority = up.map((length, task) => rounded(length + (down[task] as number)))
  const first = (among: Iterable<number>) => {
    let best = -1
    for (const task of among) {
      const isBetter = best < 0 || (priority[task] as number) > (priority[best] as number)
      if (isBetter || (priority[task] === priority[best] && task < best)) best = task
    }
    return best
  }
  const { size, firstParent, firstChild, children } = graph
  const entries = Array.from({ length: size }, (_, task) => task).filter(
    (task) => firstParent[task] === firstParent[task + 1],
  )
  const path: number[] = []
  for (let task = first(entries); task >= 0; task = first(children.subarray(firstChild[task], firstChild[task + 1]))) {
    path.push(task)
  }
  return { path, priority }
}

/**
 * Critical path on a processor. All tasks of a critical path go to the one engine where together they take the shortest time; any other, in
 * order of the longest path through it, to the engine where it ends earliest; all in a gap between others if they fit. Of several critical
 * paths, at each fork the lowest number. Ties: the lowest number of the task; of engines for the critical path the one where it can begin first,
 * then, and of others, the lowest number. Where no engine can run the whole path, its tasks go where any other would.
 * Source: Topcuoglu, Hariri, Wu, Performance-Effective and Low-Complexity Task Scheduling for Heterogeneous Computing, IEEE TPDS 13(3), 2002.
 */
export function planCpop(problem: PlanningProblem): Schedule {
  const { path, priority } = criticalPath(problem)
  const critical = new Set(path)
  let engine: number | undefined
  return listSchedule(
    problem,
    (a, b) => (priority[b] as number) - (priority[a] as number),
    (task, schedule) => {
      engine ??= engineFor(path, problem, schedule)
      if (engine < 0 || !critical.has(task)) schedule.placeEarliest(task, 'end', 'gaps')
      else schedule.place(task, engine, schedule.earliestStartMs(task, engine, 'gaps'))
    },
  )
}

/** Before anything is placed. Negative: no engine can run them all. */
function engineFor(path: readonly number[], problem: PlanningProblem, schedule: PartialSchedule): number {
  let best = -1
  let bestMs = Number.POSITIVE_INFINITY
  let bestStartMs = Number.POSITIVE_INFINITY
  for (let engine = 0; engine < problem.engineCores.length; engine += 1) {
    if (!path.every((task) => canRun(problem, task, engine))) continue
    const ms = rounded(path.reduce((sum, task) => sum + problem.costMs(task, engine), 0))
    const startMs = schedule.earliestStartMs(path[0] as number, engine, 'gaps')
    if (ms > bestMs || (ms === bestMs && startMs >= bestStartMs)) continue
    best = engine
    bestMs = ms
    bestStartMs = startMs
  }
  return best
}

/** Critical path on a processor (Topcuoglu, Hariri and Wu), as a strategy. */
export const cpop = plannedStrategy('cpop', planCpop)
