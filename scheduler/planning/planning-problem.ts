import type { TaskGraph } from './task-graph.ts'
import type { Timeline } from './timeline.ts'

/** What is to be planned. Engines are numbered as `engineCores` lists them. Times are milliseconds. */
export interface PlanningProblem {
  readonly graph: TaskGraph
  /** By engine, how many cores tasks may occupy at a time. */
  readonly engineCores: readonly number[]
  /** How long the task runs on that engine: any matrix. Infinity where it cannot run; somewhere it can. */
  costMs(task: number, engine: number): number
  /** When what the task needs from outside the graph is at that engine. Default: 0 everywhere. */
  readonly arrivalMs?: ((task: number, engine: number) => number) | undefined
  /** By engine, what is taken already; what is planned is added to it. Default: nothing is. */
  readonly timelines?: readonly Timeline[] | undefined
}

/** What a planner answers: where each task runs, and from when to when. By task. */
export interface Schedule {
  readonly engine: Int32Array
  readonly startMs: Float64Array
  readonly endMs: Float64Array
  /** All tasks, in the order in which they were decided about: each after those that it needs. */
  readonly order: readonly number[]
}

/** Plans a whole graph of tasks: when each begins, and on which engine. */
export type Planner = (problem: PlanningProblem) => Schedule

/** May it ever run there? */
export function canRun({ graph, engineCores, costMs }: PlanningProblem, task: number, engine: number): boolean {
  return (
    (graph.cores[task] as number) <= (engineCores[engine] as number) && costMs(task, engine) < Number.POSITIVE_INFINITY
  )
}

/** Is it only for want of cores that it cannot run somewhere? */
export function runsWhereItFits({ engineCores, costMs }: PlanningProblem, task: number): boolean {
  return engineCores.every((_, engine) => costMs(task, engine) < Number.POSITIVE_INFINITY)
}

/** By task: the mean of its costs on the engines where it can run. */
export function meanCosts(problem: PlanningProblem): Float64Array {
  const { graph, engineCores, costMs } = problem
  const means = new Float64Array(graph.size)
  for (let task = 0; task < graph.size; task += 1) {
    let sum = 0
    let count = 0
    for (let engine = 0; engine < engineCores.length; engine += 1) {
      if (!canRun(problem, task, engine)) continue
      sum += costMs(task, engine)
      count += 1
    }
    means[task] = sum / count
  }
  return means
}
