import { InvalidDependencyError } from '../core/errors.ts'
import type { TaskId } from '../core/ids.ts'
import type { DependencySpec } from '../core/messages.ts'
import { collectIds, isList, leavesOf, submitRest, type TaskIdsLike } from './task-ids.ts'

/** What `after` and `follow` take. */
export type DependencyLike = TaskIdsLike | Dependency | readonly DependencyLike[]

/** When a dependency is met. */
export interface DependencyOptions {
  /** All of the tasks, or any one. Default true. */
  readonly all?: boolean
  /** Whether a success counts. Default true. */
  readonly success?: boolean
  /** Whether a failure counts: every end but success. Default false. */
  readonly failure?: boolean
}

/**
 * A set of tasks, and how they must have ended. The empty set is met at once. A map named here submits all of its tasks
 * first; one over a stream can be named only when the stream has been read.
 */
export class Dependency {
  readonly ids: readonly TaskId[]
  readonly all: boolean
  readonly success: boolean
  readonly failure: boolean

  /** @throws InvalidDependencyError where neither success nor failure would count, or something is no task */
  constructor(tasks: TaskIdsLike, { all = true, success = true, failure = false }: DependencyOptions = {}) {
    if (!success && !failure)
      throw new InvalidDependencyError('a Dependency with success: false and failure: false can never be met')
    if (leavesOf(tasks).some((leaf) => leaf instanceof Dependency))
      throw new InvalidDependencyError('a Dependency cannot stand inside another: give both in a list')
    this.ids = [...new Set(collectIds(tasks, submitRest))]
    this.all = all
    this.success = success
    this.failure = failure
  }

  toSpec(): DependencySpec {
    return { ids: [...this.ids], all: this.all, success: this.success, failure: this.failure }
  }
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
