import type { PlanningProblem } from '../../../scheduler/planning/planning-problem.ts'
import { taskGraphOf } from '../../../scheduler/planning/task-graph.ts'

/** Durations by task and processor, and what edges carry, from the figures of the paper on HEFT and CPOP. Its task 1 is task 0 here. */
const durations = [
  [14, 16, 9],
  [13, 19, 18],
  [11, 13, 19],
  [13, 8, 17],
  [12, 13, 10],
  [13, 16, 9],
  [7, 15, 11],
  [5, 11, 14],
  [18, 12, 20],
  [21, 7, 16],
]
const edges: readonly (readonly [from: number, to: number, transfer: number])[] = [
  [1, 2, 18],
  [1, 3, 12],
  [1, 4, 9],
  [1, 5, 11],
  [1, 6, 14],
  [2, 8, 19],
  [2, 9, 16],
  [3, 7, 23],
  [4, 8, 27],
  [4, 9, 23],
  [5, 9, 13],
  [6, 8, 15],
  [7, 10, 17],
  [8, 10, 11],
  [9, 10, 13],
]

export const topcuogluExample: PlanningProblem = {
  graph: taskGraphOf(
    durations.map((_, task) => ({
      parents: edges.filter(([, to]) => to === task + 1).map(([from, , transfer]) => [from - 1, transfer] as const),
    })),
  ),
  engineCores: [1, 1, 1],
  costMs: (task, engine) => durations[task]?.[engine] ?? Number.POSITIVE_INFINITY,
}
