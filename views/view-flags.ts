import { ConfigurationError } from '../core/errors.ts'
import type { EngineId } from '../core/ids.ts'
import type { DependencySpec, TaskFlags } from '../core/messages.ts'
import { Dependency, type DependencyLike, dependencySpecs } from './dependency.ts'

/** What `with` takes. Undefined takes a flag back. Times are milliseconds, 0 meaning no limit. */
export interface ViewFlags {
  /** When: tasks that must have ended before. */
  readonly after?: DependencyLike | undefined
  /** Where: only engines on which these tasks ran. */
  readonly follow?: DependencyLike | undefined
  /** Only these engines; null: any. */
  readonly targets?: EngineId | readonly EngineId[] | null | undefined
  /** Further attempts after the task's own errors. Default 0. */
  readonly retries?: number | undefined
  /** The longest time until it begins. */
  readonly queueTimeout?: number | undefined
  /** The longest time of one attempt. */
  readonly runTimeout?: number | undefined
  /** Higher goes first. Default 0. */
  readonly priority?: number | undefined
  /** A name for people. */
  readonly label?: string | undefined
  /** Aborts the tasks when it fires. */
  readonly signal?: AbortSignal | undefined
  /** False marks a task that must not run twice, whatever is lost: an engine, or the link to the controller. Default true. */
  readonly retryOnEngineLoss?: boolean | undefined
  /** What becomes of a task that every engine refused. Default 'fail'. */
  readonly onUnmet?: 'fail' | 'wait' | undefined
  /** Items of a map in one task. Default: chosen from the measured time of an item. */
  readonly chunk?: number | undefined
  /** Whether reading a map's results gives them in the order of the items (the default) or as they complete. */
  readonly ordered?: boolean | undefined
  /** Whether a map gives errors in the place of results instead of failing. Default false. */
  readonly returnExceptions?: boolean | undefined
}

/** A view's flags, checked, and brought into the form in which they are used. */
export interface CheckedFlags {
  readonly given: ViewFlags
  readonly task: TaskFlags
  readonly signal: AbortSignal | undefined
  readonly chunk: number | undefined
  readonly ordered: boolean
  readonly returnExceptions: boolean
}

type Check = (value: unknown) => string | undefined

const isCount: Check = (value) =>
  Number.isSafeInteger(value) && (value as number) >= 0 ? undefined : 'a whole number, 0 or more'
const isTime: Check = (value) =>
  typeof value === 'number' && Number.isFinite(value) && value >= 0 ? undefined : 'milliseconds, 0 or more'
const isBoolean: Check = (value) => (typeof value === 'boolean' ? undefined : 'true or false')

const isEngineList = (list: readonly unknown[]): boolean =>
  list.length > 0 && list.every((target) => isCount(target) === undefined)

const checks: { readonly [Flag in keyof Required<ViewFlags>]: Check } = {
  after: () => undefined,
  follow: () => undefined,
  targets: (value) =>
    value === null || isEngineList([value].flat()) ? undefined : 'an engine’s number, a list of at least one, or null',
  retries: isCount,
  queueTimeout: isTime,
  runTimeout: isTime,
  priority: (value) => (typeof value === 'number' && Number.isFinite(value) ? undefined : 'a number'),
  label: (value) =>
    typeof value === 'string' && value.length <= 1_024 ? undefined : 'a text of at most 1,024 characters',
  signal: (value) => (value instanceof AbortSignal ? undefined : 'an AbortSignal'),
  retryOnEngineLoss: isBoolean,
  onUnmet: (value) => (value === 'fail' || value === 'wait' ? undefined : `'fail' or 'wait'`),
  chunk: (value) => (Number.isSafeInteger(value) && (value as number) >= 1 ? undefined : 'a whole number, 1 or more'),
  ordered: isBoolean,
  returnExceptions: isBoolean,
}

/** One for all, so that it is known by sight. */
export const noTaskFlags: TaskFlags = {}

export const noFlags: CheckedFlags = {
  given: {},
  task: noTaskFlags,
  signal: undefined,
  chunk: undefined,
  ordered: true,
  returnExceptions: false,
}

/**
 * @throws ConfigurationError naming the flag
 * @throws InvalidDependencyError where `after` or `follow` is no dependency
 */
export function addFlags(base: CheckedFlags, added: ViewFlags): CheckedFlags {
  for (const [flag, value] of Object.entries(added)) {
    if (!Object.hasOwn(checks, flag)) {
      const known = Object.keys(checks).join(', ')
      throw new ConfigurationError(`there is no flag ${JSON.stringify(flag)}. Flags are ${known}`, {
        details: { flag },
      })
    }
    if (value === undefined) continue
    const wanted = checks[flag as keyof ViewFlags](value)
    if (wanted) {
      throw new ConfigurationError(`the flag ${flag} must be ${wanted}, not ${show(value)}`, { details: { flag } })
    }
  }
  const given: ViewFlags = { ...base.given, ...added }
  return {
    given,
    task: taskFlags(base, added),
    signal: given.signal,
    chunk: given.chunk,
    ordered: given.ordered ?? true,
    returnExceptions: given.returnExceptions ?? false,
  }
}

/** Dependencies are read when they are given: what a map submits later is submitted now. */
function taskFlags(base: CheckedFlags, added: ViewFlags): TaskFlags {
  const given = { ...base.given, ...added }
  const flags: TaskFlags = {}
  const after = 'after' in added ? specsOf(added.after) : base.task.after
  if (after) flags.after = after
  const follow = 'follow' in added ? specsOf(added.follow) : base.task.follow
  if (follow) flags.follow = follow
  if (given.targets !== undefined && given.targets !== null) flags.targets = [given.targets].flat()
  if (given.retries) flags.retries = given.retries
  if (given.queueTimeout) flags.queueTimeoutMs = given.queueTimeout
  if (given.runTimeout) flags.runTimeoutMs = given.runTimeout
  if (given.priority) flags.priority = given.priority
  if (given.label !== undefined) flags.label = given.label
  if (given.retryOnEngineLoss === false) flags.retryOnEngineLoss = false
  if (given.onUnmet === 'wait') flags.onUnmet = 'wait'
  if (base.task.traceparent !== undefined) flags.traceparent = base.task.traceparent
  return flags
}

/** The flags of a task, in the form in which `with` takes them. */
export function viewFlagsOf(flags: TaskFlags): ViewFlags {
  const { after, follow, queueTimeoutMs: queueTimeout, runTimeoutMs: runTimeout, ...alike } = flags
  return {
    ...alike,
    ...(after && { after: after.map(({ ids, ...how }) => new Dependency(ids, how)) }),
    ...(follow && { follow: follow.map(({ ids, ...how }) => new Dependency(ids, how)) }),
    ...(queueTimeout && { queueTimeout }),
    ...(runTimeout && { runTimeout }),
  }
}

function specsOf(given: DependencyLike | undefined): DependencySpec[] | undefined {
  return given === undefined ? undefined : dependencySpecs(given)
}

function show(value: unknown): string {
  return typeof value === 'string' ? JSON.stringify(value) : String(value)
}
