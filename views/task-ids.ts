import { InvalidDependencyError } from '../core/errors.ts'
import type { TaskId } from '../core/ids.ts'

/** The key under which a result submits all of its tasks at once, those included that it would have submitted later. */
export const submitRest: unique symbol = Symbol('submitRest')
/** The key under which a result is told to submit nothing more. */
export const submitNoMore: unique symbol = Symbol('submitNoMore')

/** Anything that stands for tasks: an AsyncResult, for one. */
export interface TaskIdsHolder {
  readonly ids: readonly TaskId[]
  [submitRest]?(): void
  [submitNoMore]?(): void
  wait?(timeout?: number): Promise<boolean>
}

/** Tasks, by id or by result, or a list of them. */
export type TaskIdsLike = string | TaskIdsHolder | readonly TaskIdsLike[]

/**
 * The ids of all tasks named, in order, with repetitions: of a map that goes on, those so far, or what its method
 * `first` makes of them.
 * @throws InvalidDependencyError where something is no task
 */
export function collectIds(tasks: TaskIdsLike, first?: typeof submitRest | typeof submitNoMore): TaskId[] {
  return leavesOf(tasks).flatMap((leaf) => {
    if (typeof leaf === 'string') return [leaf as TaskId]
    if (first) leaf[first]?.()
    return leaf.ids
  })
}

/** The ids and results in a nested list. */
export function leavesOf(tasks: TaskIdsLike): (string | TaskIdsHolder)[] {
  if (isList(tasks)) return tasks.flatMap((task) => leavesOf(task))
  if (typeof tasks === 'string') {
    if (tasks.length === 0 || tasks.length > 64)
      throw new InvalidDependencyError(`${JSON.stringify(tasks)} is no task id`)
    return [tasks]
  }
  if (typeof tasks === 'object' && tasks !== null && 'ids' in tasks) return [tasks]
  throw new InvalidDependencyError(`${String(tasks)} is neither a task id nor an AsyncResult, nor a list of them`)
}

/** `Array.isArray` does not narrow readonly arrays. */
export function isList<T>(value: T | readonly T[]): value is readonly T[] {
  return Array.isArray(value)
}
