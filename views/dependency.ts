import { InvalidDependencyError } from '../core/errors.ts'
import type { TaskId } from '../core/ids.ts'
import type { DependencySpec } from '../core/messages.ts'

/** The key under which a result gives the ids of all its tasks, those included that it would have submitted later. */
export const allTaskIds: unique symbol = Symbol('allTaskIds')

/** Anything that stands for tasks: an AsyncResult, for one. */
export interface TaskIdsHolder {
  readonly ids: readonly TaskId[]
  [allTaskIds]?(): readonly TaskId[]
}

/** Tasks, by id or by result, or a list of them. */
export type TaskIdsLike = string | TaskIdsHolder | readonly TaskIdsLike[]

/** What `after` and `follow` take. */
export type DependencyLike = TaskIdsLike | Dependency | readonly DependencyLike[]

export interface DependencyOptions {
  /** All of the tasks, or any one. Default true. */
  readonly all?: boolean
  /** Whether a success counts. Default true. */
  readonly success?: boolean
  /** Whether a failure counts: every end but success. Default false. */
  readonly failure?: boolean
}

/** A set of tasks, and how they must have ended. The empty set is met at once. */
export class Dependency {
  readonly ids: readonly TaskId[]
  readonly all: boolean
  readonly success: boolean
  readonly failure: boolean

  /** @throws InvalidDependencyError where neither success nor failure would count, or something is no task */
  constructor(tasks: TaskIdsLike, { all = true, success = true, failure = false }: DependencyOptions = {}) {
    if (!success && !failure)
      throw new InvalidDependencyError('a Dependency with success: false and failure: false can never be met')
    this.ids = [...new Set(collectIds(tasks))]
    this.all = all
    this.success = success
    this.failure = failure
  }

  toSpec(): DependencySpec {
    return { ids: [...this.ids], all: this.all, success: this.success, failure: this.failure }
  }
}

/** The ids of all tasks named, in order, with repetitions. */
export function collectIds(tasks: TaskIdsLike): TaskId[] {
  if (typeof tasks === 'string') {
    if (tasks.length === 0 || tasks.length > 64)
      throw new InvalidDependencyError(`${JSON.stringify(tasks)} is no task id`)
    return [tasks as TaskId]
  }
  if (isList(tasks)) return tasks.flatMap((task) => collectIds(task))
  if (tasks instanceof Dependency)
    throw new InvalidDependencyError('a Dependency cannot stand inside another: give both in a list')
  if (typeof tasks === 'object' && tasks !== null && 'ids' in tasks) return [...(tasks[allTaskIds]?.() ?? tasks.ids)]
  throw new InvalidDependencyError(`${String(tasks)} is neither a task id nor an AsyncResult, nor a list of them`)
}

/** Plain tasks in a list make one dependency with the default meaning; each `Dependency` in it stands for itself. */
export function dependencySpecs(given: DependencyLike): DependencySpec[] {
  const specs: DependencySpec[] = []
  const plain: TaskIdsLike[] = []
  const sort = (entry: DependencyLike): void => {
    if (entry instanceof Dependency) specs.push(entry.toSpec())
    else if (isList(entry)) entry.forEach(sort)
    else plain.push(entry)
  }
  sort(given)
  if (plain.length > 0) specs.unshift(new Dependency(plain).toSpec())
  return specs
}

/** `Array.isArray` does not narrow readonly arrays. */
function isList<T>(value: T | readonly T[]): value is readonly T[] {
  return Array.isArray(value)
}
