import type { Trace, TraceTask } from './read-trace.ts'

/** A task of a trace that ran, with what that tells of it as a task of a workload. */
export interface ExecutedTask {
  readonly task: TraceTask
  /** The attempt that counts: the one that succeeded, or else the last that ran. */
  readonly attempt: TraceTask['attempts'][number]
  /** Of that attempt, by the engine's clock. */
  readonly ranUs: number
  /** Those it came after, by their places in the list. */
  readonly after: readonly number[]
}

/**
 * The tasks that ran, in order of submission. Direct ones are left out, since no strategy chooses for them. Where any one of several was
 * enough, a task came after the first of them that ended; dependencies on what did not run are dropped.
 */
export function executedTasks({ tasks }: Pick<Trace, 'tasks'>): readonly ExecutedTask[] {
  const places = new Map<string, number>()
  const ends = new Map(tasks.map((task) => [task.id, task.end?.at ?? Number.POSITIVE_INFINITY]))
  return tasks.flatMap((task) => {
    const attempt = task.attempts.find(({ outcome }) => outcome === 'succeeded') ?? task.attempts.findLast(hasRun)
    if (attempt === undefined || task.direct) return []
    const ids = [...(task.after ?? []), ...(task.follow ?? [])].flatMap(({ ids, all = true }) =>
      all ? ids : firstEnded(ids, ends),
    )
    const after = [...new Set(ids)].flatMap((id) => places.get(id) ?? [])
    places.set(task.id, places.size)
    return [{ task, attempt, ranUs: attempt.ran ?? 0, after }]
  })
}

function hasRun({ ran }: TraceTask['attempts'][number]): boolean {
  return ran !== undefined
}

function firstEnded(ids: readonly string[], ends: ReadonlyMap<string, number>): string[] {
  const at = (id: string) => ends.get(id) ?? Number.POSITIVE_INFINITY
  const [first] = [...ids].sort((a, b) => at(a) - at(b))
  return first === undefined ? [] : [first]
}
