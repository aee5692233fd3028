import { YardmasterError } from '../core/errors.ts'
import type { EngineId, TaskId } from '../core/ids.ts'
import type { ThrownByTask } from '../core/messages.ts'
import { type Inspect, inspectCustom } from './inspect-custom.ts'
import { sourceFrames } from './source-lines.ts'

/** Where a task's error came from. */
export interface RemoteErrorOrigin {
  readonly taskId: TaskId
  readonly engineId: EngineId | undefined
  /** From 1. */
  readonly attempt: number
  readonly label?: string | undefined
}

/**
 * What a task threw, brought home. `cause` is the thrown value itself where it could be cloned, `remoteName` and
 * `remoteStack` are as the engine saw them. Its own `stack` has the frames of the task, in the lines of the user's sources, and then
 * which task that was, and where.
 */
export class RemoteError extends YardmasterError {
  declare readonly code: 'YM_REMOTE'
  readonly taskId: TaskId
  readonly engineId: EngineId | undefined
  readonly attempt: number
  readonly remoteName: string
  readonly remoteStack: string

  constructor(thrown: ThrownByTask, { taskId, engineId, attempt, label }: RemoteErrorOrigin) {
    const where = engineId === undefined ? '' : `engine ${engineId}: `
    super('YM_REMOTE', `${where}${thrown.name}: ${thrown.message}`, {
      cause: thrown.thrown,
      details: { taskId, engineId, attempt, ...(label === undefined ? {} : { label }) },
    })
    this.taskId = taskId
    this.engineId = engineId
    this.attempt = attempt
    this.remoteName = thrown.name
    this.remoteStack = thrown.stack
    deferStack(this)
  }

  /** As `console.log` shows it: the stack, and what the thrown value has beside its message. */
  [inspectCustom](depth: number, options: object, inspect: Inspect): string {
    const { cause } = this
    const shown = isError(cause) ? restOf(cause) : cause
    if (shown === undefined || depth < 0) return this.stack ?? this.message
    return `${this.stack} ${inspect(shown, { ...options, depth })}`
  }
}

/** Frames are mapped when somebody looks: of thousands of errors few are read. */
function deferStack(error: RemoteError): void {
  const own = (stack: string | undefined) =>
    Object.defineProperty(error, 'stack', { value: stack, writable: true, configurable: true, enumerable: false })
  Object.defineProperty(error, 'stack', {
    configurable: true,
    enumerable: false,
    get: () => own(stackOf(error)).stack,
    set: own,
  })
}

function stackOf({ name, message, remoteStack, taskId, engineId, attempt, details }: RemoteError): string {
  const label = details.label === undefined ? '' : ` '${details.label}'`
  const engine = engineId === undefined ? '' : `, engine ${engineId}`
  const origin = `    at task ${taskId}${label} (attempt ${attempt}${engine})`
  return [`${name}: ${message}`, ...sourceFrames(remoteStack), origin].join('\n')
}

/** What a thrown error has that its name, message and stack do not tell. */
function restOf(error: Error): object | undefined {
  const rest: Record<string, unknown> = { ...error }
  if (error.cause !== undefined) rest.cause = inSources(error.cause)
  if (error instanceof AggregateError) rest.errors = error.errors.map(inSources)
  return Object.keys(rest).length === 0 ? undefined : rest
}

/** A cause, and its causes, with their frames as those of the stack. */
function inSources(cause: unknown): unknown {
  if (!isError(cause)) return cause
  const { name, message, stack } = cause
  cause.stack = [`${name}: ${message}`, ...sourceFrames(stack ?? '')].join('\n')
  inSources(cause.cause)
  if (cause instanceof AggregateError) cause.errors.forEach(inSources)
  return cause
}

const isError = (value: unknown): value is Error => value instanceof Error
