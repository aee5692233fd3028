import { YardmasterError } from '../core/errors.ts'
import type { EngineId, TaskId } from '../core/ids.ts'
import type { ThrownByTask } from '../core/messages.ts'

/** Where a task's error came from. */
export interface RemoteErrorOrigin {
  readonly taskId: TaskId
  readonly engineId: EngineId | undefined
}

/**
 * What a task threw, brought home. `cause` is the thrown value itself where it could be cloned, `remoteName` and
 * `remoteStack` are as the engine saw them.
 */
export class RemoteError extends YardmasterError {
  declare readonly code: 'YM_REMOTE'
  readonly taskId: TaskId
  readonly engineId: EngineId | undefined
  readonly remoteName: string
  readonly remoteStack: string

  constructor(thrown: ThrownByTask, { taskId, engineId }: RemoteErrorOrigin) {
    const where = engineId === undefined ? '' : `engine ${engineId}: `
    super('YM_REMOTE', `${where}${thrown.name}: ${thrown.message}`, {
      cause: thrown.thrown,
      details: { taskId, engineId },
    })
    this.taskId = taskId
    this.engineId = engineId
    this.remoteName = thrown.name
    this.remoteStack = thrown.stack
  }
}

const shownMax = 4

/** Several tasks, or several items of a map, failed. `errors` has each error once, in the order of the items. */
export class CompositeError extends YardmasterError {
  declare readonly code: 'YM_COMPOSITE'
  readonly errors: readonly YardmasterError[]

  constructor(errors: readonly YardmasterError[]) {
    const shown = errors.slice(0, shownMax).map((error) => `\n  ${error.message}`)
    const rest = errors.length > shownMax ? `\n  and ${errors.length - shownMax} more` : ''
    super('YM_COMPOSITE', `${errors.length} errors:${shown.join('')}${rest}`, { cause: errors[0] })
    this.errors = errors
  }
}
