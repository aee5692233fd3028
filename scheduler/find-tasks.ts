import type { EngineId, SessionId, TaskId } from '../core/ids.ts'
import type { SchedulerState } from './state.ts'
import type { TaskRecord, TaskStatus } from './task.ts'

/** `from` included, `until` not. What has no such time yet is in no span. */
export interface Span {
  readonly from?: number | undefined
  readonly until?: number | undefined
}

/** Every field that is given must hold. */
export interface TaskFilter {
  readonly ids?: readonly TaskId[] | undefined
  readonly client?: SessionId | undefined
  readonly states?: ReadonlySet<TaskStatus> | undefined
  readonly purged?: boolean | undefined
  readonly labels?: ReadonlySet<string> | undefined
  /** Where the last attempt is or was. */
  readonly engines?: ReadonlySet<EngineId> | undefined
  readonly submitted?: Span | undefined
  readonly started?: Span | undefined
  readonly ended?: Span | undefined
  /** What makes the times of spans of those given to `step`. Default 0. */
  readonly timeOffset?: number | undefined
  /** Only those with a smaller `sequence`. */
  readonly before?: number | undefined
}

export interface Found {
  /** In order of submission. */
  readonly tasks: readonly TaskRecord[]
  /** Whether the limit left out earlier ones. */
  readonly hasEarlier: boolean
}

/**
 * The live and retained records that match, or the latest so many. It looks at all records, unless `ids` are given: no
 * index is kept for it, so that tasks nobody asks about cost nothing more.
 */
export function findTasks(state: SchedulerState, filter: TaskFilter, limit = Number.POSITIVE_INFINITY): Found {
  let found: TaskRecord[] = []
  let earliest = 0
  let hasEarlier = false
  const keepLatest = (): void => {
    found.sort((a, b) => a.sequence - b.sequence)
    if (found.length <= limit) return
    hasEarlier = true
    found = found.slice(-limit)
    earliest = (found[0] as TaskRecord).sequence
  }
  for (const record of candidates(state, filter.ids)) {
    if (record.sequence < earliest || !matches(record, filter)) continue
    found.push(record)
    if (found.length >= 2 * limit) keepLatest()
  }
  keepLatest()
  return { tasks: found, hasEarlier }
}

function* candidates({ tasks }: SchedulerState, ids: readonly TaskId[] | undefined): Iterable<TaskRecord> {
  if (ids === undefined) return yield* tasks
  for (const id of new Set(ids)) {
    const record = tasks.get(id)
    if (record !== undefined) yield record
  }
}

function matches(record: TaskRecord, filter: TaskFilter): boolean {
  const { client, states, purged, labels, engines, submitted, started, ended, timeOffset = 0, before } = filter
  if (before !== undefined && record.sequence >= before) return false
  if (client !== undefined && record.client !== client) return false
  if (states !== undefined && !states.has(record.status)) return false
  if (purged !== undefined && record.purged !== purged) return false
  if (labels !== undefined && (record.label === undefined || !labels.has(record.label))) return false
  if (engines !== undefined && !engines.has(record.engine)) return false
  if (submitted !== undefined && !isWithin(record.submittedAt + timeOffset, submitted)) return false
  if (started !== undefined && !isWithin(record.startedAt + timeOffset, started)) return false
  return ended === undefined || isWithin(record.endedAt + timeOffset, ended)
}

function isWithin(time: number, { from = Number.NEGATIVE_INFINITY, until = Number.POSITIVE_INFINITY }: Span): boolean {
  return time >= from && time < until
}
