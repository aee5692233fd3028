import { type Clock, wallTimeOffset } from '../core/clock.ts'
import type { SessionId } from '../core/ids.ts'
import { namesBytesOf } from '../core/limits.ts'
import type { Answers, Ask, TaskFilterMessage, TaskFlags, TaskSummary } from '../core/messages.ts'
import { findTasks, type Span, type TaskFilter } from '../scheduler/find-tasks.ts'
import type { SchedulerState } from '../scheduler/state.ts'
import type { TaskRecord } from '../scheduler/task.ts'

type AskOf<Kind extends Ask['kind']> = Extract<Ask, { kind: Kind }>
type Mutable<T> = { -readonly [Key in keyof T]: T[Key] }

/** A page names at most this many ids of dependencies, unless one task alone names more. */
const dependenciesMax = 10_000

/** A task takes about this much beside what it names, and rather less. */
const summaryBytes = 512

/** The latest tasks that match, told in full; as many as `bytesMax` hold, unless one alone takes more. */
export function queryPage(core: SchedulerState, ask: AskOf<'query'>, clock: Clock, bytesMax: number): Answers['query'] {
  const toWallTime = wallTimeOffset(clock)
  const { tasks, hasEarlier } = findTasks(core, { ...filterOf(ask.where, toWallTime), before: ask.before }, ask.limit)
  let dependencies = 0
  let bytes = 0
  let from = tasks.length
  while (from > 0) {
    const task = tasks[from - 1] as TaskRecord
    dependencies += countOfDependencies(task)
    bytes += summaryBytes + namesBytesOf(task) + namesBytesOf({ targets: task.failedOn })
    if ((dependencies > dependenciesMax || bytes > bytesMax) && from < tasks.length) break
    from -= 1
  }
  const page = tasks.slice(from)
  return { tasks: page.map((task) => summaryOf(task, toWallTime)), ...end(page, hasEarlier || from > 0) }
}

/** The latest tasks of a session, by id only. */
export function historyPage(core: SchedulerState, ask: AskOf<'history'>, client: SessionId): Answers['history'] {
  const { tasks, hasEarlier } = findTasks(core, { client, before: ask.before }, ask.limit)
  return { tasks: tasks.map(({ id }) => id), ...end(tasks, hasEarlier) }
}

/** Where the page before this one ends. */
function end(page: readonly TaskRecord[], hasEarlier: boolean): { before?: number } {
  const [first] = page
  return hasEarlier && first ? { before: first.sequence } : {}
}

function filterOf(where: TaskFilterMessage, toWallTime: number): TaskFilter {
  const { ids, client, states, purged, labels, engines } = where
  const span = (after: number | undefined, before: number | undefined): Span | undefined =>
    after === undefined && before === undefined ? undefined : { from: after, until: before }
  return {
    ids,
    client,
    states: states && new Set(states),
    purged,
    labels: labels && new Set(labels),
    engines: engines && new Set(engines),
    submitted: span(where.submittedAfter, where.submittedBefore),
    started: span(where.startedAfter, where.startedBefore),
    ended: span(where.endedAfter, where.endedBefore),
    timeOffset: toWallTime,
  }
}

function summaryOf(task: TaskRecord, toWallTime: number): TaskSummary {
  const { id, client, status: state, purged, attempt: attempts, failures, losses, engine, failedOn } = task
  const { startedAt, endedAt, durationMs, fault, resubmittedFrom, resubmittedAs } = task
  const summary: Mutable<TaskSummary> = {
    id,
    client,
    state,
    purged,
    attempts,
    failures,
    losses,
    submittedAt: task.submittedAt + toWallTime,
    flags: flagsOf(task),
  }
  const hasEnded = !Number.isNaN(endedAt)
  if (failedOn.length > 0) summary.failedOn = [...failedOn]
  if (engine >= 0) summary.engineId = engine
  if (!Number.isNaN(startedAt)) summary.startedAt = startedAt + toWallTime
  if (hasEnded) summary.endedAt = endedAt + toWallTime
  if (!Number.isNaN(durationMs)) summary.durationMs = durationMs
  if (hasEnded && state !== 'succeeded') summary.error = fault?.code ?? 'YM_REMOTE'
  if (resubmittedFrom !== undefined) summary.resubmittedFrom = resubmittedFrom
  if (resubmittedAs !== undefined) summary.resubmittedAs = resubmittedAs
  return summary
}

function flagsOf(task: TaskRecord): TaskFlags {
  const flags: TaskFlags = {}
  if (task.after.length > 0) flags.after = task.after.map((spec) => ({ ...spec, ids: [...spec.ids] }))
  if (task.follow.length > 0) flags.follow = task.follow.map((spec) => ({ ...spec, ids: [...spec.ids] }))
  if (task.targets.length > 0) flags.targets = [...task.targets]
  if (task.retries > 0) flags.retries = task.retries
  if (task.queueTimeoutMs > 0) flags.queueTimeoutMs = task.queueTimeoutMs
  if (task.runTimeoutMs > 0) flags.runTimeoutMs = task.runTimeoutMs
  if (task.priority !== 0) flags.priority = task.priority
  if (!task.retryOnEngineLoss) flags.retryOnEngineLoss = false
  if (task.onUnmet === 'wait') flags.onUnmet = 'wait'
  if (task.direct) flags.direct = true
  if (task.label !== undefined) flags.label = task.label
  return flags
}

function countOfDependencies({ after, follow }: TaskRecord): number {
  let count = 0
  for (const { ids } of after) count += ids.length
  for (const { ids } of follow) count += ids.length
  return count
}
