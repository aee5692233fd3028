import { ConfigurationError } from '../../core/errors.ts'

/**
 * Tasks by number that wait for each other, in columns. An edge leads from a task to one that needs what it makes; between two tasks there
 * is at most one. Make one with `taskGraphOf`, which checks it.
 */
export interface TaskGraph {
  readonly size: number
  /** Cores of one engine that each occupies. */
  readonly cores: Int32Array
  /** Task t needs `parents[firstParent[t]]` to below `parents[firstParent[t + 1]]`: those are its edges, by number. */
  readonly firstParent: Int32Array
  readonly parents: Int32Array
  /** By edge: how long what it carries takes from one engine to another, in milliseconds. */
  readonly transferMs: Float64Array
  /** Task t is needed by `children[firstChild[t]]` to below `children[firstChild[t + 1]]`, over the edge `childEdge` of the same place. */
  readonly firstChild: Int32Array
  readonly children: Int32Array
  readonly childEdge: Int32Array
  /** Every task after all that it needs; of those that could come next, the one with the lowest number first in line. */
  readonly order: Int32Array
}

/** A task of a graph that is to be planned. */
export interface GraphTask {
  /** Default 1. */
  readonly cores?: number
  /** The tasks that it needs, each with the milliseconds that what they give it takes from one engine to another. Named twice: the longer. */
  readonly parents?: Iterable<readonly [task: number, transferMs: number]>
}

/** @throws ConfigurationError where a task names one that is not there, or waits for itself */
export function taskGraphOf(tasks: readonly GraphTask[]): TaskGraph {
  const size = tasks.length
  const cores = Int32Array.from(tasks, ({ cores: needed = 1 }) => needed)
  const firstParent = new Int32Array(size + 1)
  const firstChild = new Int32Array(size + 1)
  const parents: number[] = []
  const transferMs: number[] = []
  tasks.forEach((task, number) => {
    const found = new Map<number, number>()
    for (const [parent, ms] of task.parents ?? []) {
      if (!Number.isInteger(parent) || parent < 0 || parent >= size) {
        throw new ConfigurationError(`task ${number} needs task ${parent}; tasks are numbered 0 to ${size - 1}`)
      }
      if (!(ms >= 0)) throw new ConfigurationError(`task ${number}: what task ${parent} gives it takes ${ms} ms`)
      found.set(parent, Math.max(ms, found.get(parent) ?? 0))
    }
    for (const [parent, ms] of found) {
      parents.push(parent)
      transferMs.push(ms)
      firstChild[parent + 1] = (firstChild[parent + 1] as number) + 1
    }
    firstParent[number + 1] = parents.length
  })
  for (let task = 0; task < size; task += 1) {
    firstChild[task + 1] = (firstChild[task + 1] as number) + (firstChild[task] as number)
  }
  const children = new Int32Array(parents.length)
  const childEdge = new Int32Array(parents.length)
  const next = firstChild.slice()
  for (let child = 0; child < size; child += 1) {
    for (let edge = firstParent[child] as number; edge < (firstParent[child + 1] as number); edge += 1) {
      const parent = parents[edge] as number
      const place = next[parent] as number
      children[place] = child
      childEdge[place] = edge
      next[parent] = place + 1
    }
  }
  const links = { size, firstParent, firstChild, children }
  return {
    ...links,
    cores,
    parents: Int32Array.from(parents),
    transferMs: Float64Array.from(transferMs),
    childEdge,
    order: orderOf(links),
  }
}

function orderOf({
  size,
  firstParent,
  firstChild,
  children,
}: Pick<TaskGraph, 'size' | 'firstParent' | 'firstChild' | 'children'>): Int32Array {
  const left = new Int32Array(size)
  const order = new Int32Array(size)
  let known = 0
  for (let task = 0; task < size; task += 1) {
    left[task] = (firstParent[task + 1] as number) - (firstParent[task] as number)
    if (left[task] === 0) order[known++] = task
  }
  for (let i = 0; i < known; i += 1) {
    const task = order[i] as number
    for (let at = firstChild[task] as number; at < (firstChild[task + 1] as number); at += 1) {
      const child = children[at] as number
      left[child] = (left[child] as number) - 1
      if (left[child] === 0) order[known++] = child
    }
  }
  if (known < size) throw new ConfigurationError(`task ${left.findIndex((count) => count > 0)} waits for itself`)
  return order
}
