import type { TaskId } from '../../core/ids.ts'
import type { TaskView } from './strategy.ts'

interface Job {
  /** It has become part of this one. */
  partOf: Job | undefined
  /** Expected duration of its tasks that have not ended, as far as it is known. */
  knownMs: number
  /** Tasks of which nothing is known. */
  unknown: number
  tasks: number
}

/** Tasks that depend on each other, directly or through others, are one job; how much is left of each. */
export class Jobs {
  readonly #expectedMs: (task: TaskView) => number | undefined
  readonly #known = new Map<TaskId, { readonly job: Job; readonly ms: number | undefined }>()

  constructor(expectedMs: (task: TaskView) => number | undefined) {
    this.#expectedMs = expectedMs
  }

  submitted(tasks: readonly TaskView[]): void {
    for (const task of tasks) this.#jobOf(task)
    for (const task of tasks) {
      for (const { ids } of task.after) for (const id of ids) this.#join(task, id)
      for (const { ids } of task.follow) for (const id of ids) this.#join(task, id)
    }
  }

  /** Expected duration of all tasks of its job that have not ended, itself included; Infinity where one of them is not known. */
  remainingMs(task: TaskView): number {
    const { knownMs, unknown } = this.#jobOf(task)
    return unknown > 0 ? Number.POSITIVE_INFINITY : knownMs
  }

  ended(task: TaskView): void {
    const known = this.#known.get(task.id)
    if (known === undefined) return
    this.#known.delete(task.id)
    count(rootOf(known.job), known.ms, -1)
  }

  #jobOf(task: TaskView): Job {
    const known = this.#known.get(task.id)
    if (known !== undefined) return rootOf(known.job)
    const job: Job = { partOf: undefined, knownMs: 0, unknown: 0, tasks: 0 }
    const ms = this.#expectedMs(task)
    count(job, ms, 1)
    this.#known.set(task.id, { job, ms })
    return job
  }

  #join(task: TaskView, id: TaskId): void {
    const other = this.#known.get(id)
    if (other === undefined) return
    const [a, b] = [this.#jobOf(task), rootOf(other.job)]
    if (a === b) return
    const [part, whole] = a.tasks < b.tasks ? [a, b] : [b, a]
    part.partOf = whole
    whole.knownMs += part.knownMs
    whole.unknown += part.unknown
    whole.tasks += part.tasks
  }
}

function rootOf(job: Job): Job {
  let root = job
  while (root.partOf !== undefined) root = root.partOf
  return root
}

function count(job: Job, ms: number | undefined, by: 1 | -1): void {
  job.tasks += by
  if (ms === undefined) job.unknown += by
  else job.knownMs += by * ms
}
