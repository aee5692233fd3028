import { ConfigurationError } from '../core/errors.ts'
import type { EngineId, SessionId, TaskId } from '../core/ids.ts'
import { pageMax, type TaskFilterMessage, type TaskState, type TaskSummary } from '../core/messages.ts'
import type { Session } from './session.ts'
import { collectIds, type TaskIdsLike } from './task-ids.ts'
import { type ViewFlags, viewFlagsOf } from './view-flags.ts'

/** Of which tasks: every field that is given must hold, and of a list one entry. */
export interface TaskQuery {
  readonly ids?: TaskIdsLike | undefined
  /** Whose: this client's, everybody's, or those of the client with this session. Default 'mine', with `ids` 'any'. */
  readonly client?: 'mine' | 'any' | SessionId | undefined
  readonly state?: TaskState | readonly TaskState[] | undefined
  /** Whether their results have been dropped. */
  readonly purged?: boolean | undefined
  readonly label?: string | readonly string[] | undefined
  /** Where the last attempt is or was. */
  readonly engine?: EngineId | readonly EngineId[] | undefined
  /** Milliseconds since the epoch, or dates: that time or later (`…After`), earlier (`…Before`), by the controller's clock. */
  readonly submittedAfter?: number | Date | undefined
  readonly submittedBefore?: number | Date | undefined
  readonly startedAfter?: number | Date | undefined
  readonly startedBefore?: number | Date | undefined
  readonly endedAfter?: number | Date | undefined
  readonly endedBefore?: number | Date | undefined
  /** Only the latest so many. Default: all. */
  readonly limit?: number | undefined
}

/** What the controller holds of a task, but for its function, arguments and result. Times are milliseconds; `…At` count from the epoch. */
export interface TaskInfo extends Omit<TaskSummary, 'flags'> {
  readonly label: string | undefined
  /** Those that are not the default, as `with` takes them. */
  readonly flags: ViewFlags
}

type Check = (value: unknown) => string | undefined

const states: Readonly<Record<TaskState, true>> = {
  waiting: true,
  ready: true,
  assigned: true,
  running: true,
  succeeded: true,
  failed: true,
  aborted: true,
  timedOut: true,
  impossible: true,
}

const eachOf =
  (isOne: (value: unknown) => boolean, wanted: string): Check =>
  (value) =>
    [value].flat().every(isOne) ? undefined : wanted

const isTime: Check = (value) =>
  Number(value) >= 0 && (typeof value === 'number' || value instanceof Date) && Number.isFinite(Number(value))
    ? undefined
    : 'a time since the epoch, in milliseconds, or a Date'
const isLimit: Check = (value) =>
  Number.isSafeInteger(value) && (value as number) >= 0 ? undefined : 'a whole number, 0 or more'

const checks: { readonly [Field in keyof Required<TaskQuery>]: Check } = {
  ids: () => undefined,
  client: (value) =>
    typeof value === 'string' && value !== '' && value.length <= 64 ? undefined : `'mine', 'any' or a session`,
  state: eachOf(
    (value) => typeof value === 'string' && Object.hasOwn(states, value),
    `one of ${Object.keys(states).join(', ')}, or a list of them`,
  ),
  purged: (value) => (typeof value === 'boolean' ? undefined : 'true or false'),
  label: eachOf(
    (value) => typeof value === 'string' && value.length <= 1_024,
    'a text of at most 1,024 characters, or a list of them',
  ),
  engine: eachOf(
    (value) => Number.isSafeInteger(value) && (value as number) >= 0,
    'an engine’s number, or a list of them',
  ),
  submittedAfter: isTime,
  submittedBefore: isTime,
  startedAfter: isTime,
  startedBefore: isTime,
  endedAfter: isTime,
  endedBefore: isTime,
  limit: isLimit,
}

const times = [
  'submittedAfter',
  'submittedBefore',
  'startedAfter',
  'startedBefore',
  'endedAfter',
  'endedBefore',
] as const

/** Rejects with a `ConfigurationError` that names the field. */
export async function queryTasks(session: Session, query: TaskQuery): Promise<TaskInfo[]> {
  check(query)
  const where = filterOf(query, session.id)
  const found = await latest(query.limit, (page) => session.ask({ kind: 'query', where, ...page }))
  return found.map(({ flags, ...facts }) => ({ ...facts, label: flags.label, flags: viewFlagsOf(flags) }))
}

/** Rejects with a `ConfigurationError` for an impossible limit. */
export async function historyOf(session: Session, limit: number | undefined): Promise<TaskId[]> {
  check({ limit })
  return latest(limit, (page) => session.ask({ kind: 'history', ...page }))
}

function check(query: TaskQuery): void {
  for (const [field, value] of Object.entries(query)) {
    if (!Object.hasOwn(checks, field)) {
      const known = Object.keys(checks).join(', ')
      throw new ConfigurationError(`a query has no field ${JSON.stringify(field)}. Fields are ${known}`, {
        details: { field },
      })
    }
    const wanted = value === undefined ? undefined : checks[field as keyof TaskQuery](value)
    if (wanted === undefined) continue
    const given = typeof value === 'string' ? JSON.stringify(value) : String(value)
    throw new ConfigurationError(`the query's ${field} must be ${wanted}, not ${given}`, { details: { field } })
  }
}

function filterOf(query: TaskQuery, session: SessionId): TaskFilterMessage {
  const { ids, client = ids === undefined ? 'mine' : 'any', state, purged, label, engine } = query
  const filter: TaskFilterMessage = {}
  if (ids !== undefined) filter.ids = collectIds(ids)
  if (client !== 'any') filter.client = client === 'mine' ? session : client
  if (state !== undefined) filter.states = listOf(state)
  if (purged !== undefined) filter.purged = purged
  if (label !== undefined) filter.labels = listOf(label)
  if (engine !== undefined) filter.engines = listOf(engine)
  for (const bound of times) {
    const time = query[bound]
    if (time !== undefined) filter[bound] = Number(time)
  }
  return filter
}

function listOf<T extends string | number>(value: T | readonly T[]): T[] {
  return typeof value === 'object' ? [...value] : [value]
}

/** Reads pages from the latest back, until there are `limit` entries or no more. */
async function latest<Entry>(
  limit = Number.POSITIVE_INFINITY,
  ask: (page: { limit: number; before?: number }) => Promise<{ tasks: readonly Entry[]; before?: number }>,
): Promise<Entry[]> {
  const pages: (readonly Entry[])[] = []
  let count = 0
  let position: { before?: number } = {}
  while (count < limit) {
    const { tasks, before } = await ask({ limit: Math.min(limit - count, pageMax), ...position })
    pages.push(tasks)
    count += tasks.length
    if (before === undefined) break
    position = { before }
  }
  return pages.reverse().flat()
}
