import type { TaskGraph } from './task-graph.ts'

/**
 * Longest paths in a graph, by task. All are rounded to 12 significant digits: two paths of the same length are to be equal, in
 * whatever order their parts were added up, so that ties are decided by a rule and not by the last bit.
 */

/** Whether what travels along an edge counts, as if it always had to. */
export type Along = 'tasks' | 'tasksAndTransfers'

/** From the task's beginning to the end of the graph, itself included. */
export function bottomLevels(graph: TaskGraph, durationMs: Float64Array, along: Along): Float64Array {
  const { order, firstChild, children, childEdge, transferMs } = graph
  const levels = new Float64Array(graph.size)
  for (let i = order.length - 1; i >= 0; i -= 1) {
    const task = order[i] as number
    let longest = 0
    for (let at = firstChild[task] as number; at < (firstChild[task + 1] as number); at += 1) {
      const transfer = along === 'tasks' ? 0 : (transferMs[childEdge[at] as number] as number)
      longest = Math.max(longest, transfer + (levels[children[at] as number] as number))
    }
    levels[task] = (durationMs[task] as number) + longest
  }
  return levels.map(rounded)
}

/** From the beginning of the graph to the task's beginning. */
export function topLevels(graph: TaskGraph, durationMs: Float64Array, along: Along): Float64Array {
  const { order, firstParent, parents, transferMs } = graph
  const levels = new Float64Array(graph.size)
  for (const task of order) {
    let longest = 0
    for (let edge = firstParent[task] as number; edge < (firstParent[task + 1] as number); edge += 1) {
      const parent = parents[edge] as number
      const transfer = along === 'tasks' ? 0 : (transferMs[edge] as number)
      longest = Math.max(longest, (levels[parent] as number) + (durationMs[parent] as number) + transfer)
    }
    levels[task] = longest
  }
  return levels.map(rounded)
}

export function rounded(value: number): number {
  return Number(value.toPrecision(12))
}
