import { YardmasterError } from '../core/errors.ts'
import type { TaskId } from '../core/ids.ts'
import { newTaskStorage, slot } from './task-slot.ts'

/** What a running task can know and say. `currentTask()` gives it. */
export interface TaskContext {
  readonly id: TaskId
  /** 1 for the first attempt. */
  readonly attempt: number
  readonly engineId: number
  /** Fires when the task is aborted; after a grace period its executor is ended. */
  readonly signal: AbortSignal
  /** What tasks on this engine share, for as long as its executor lives. */
  readonly namespace: Record<string, unknown>
  /** Tells the client how far the task is: `done` of `total`, in the task's own units. */
  progress(done: number, total?: number): void
  /** Sends a value to the client before the task ends. */
  emit(value: unknown): void
}

/**
 * Throw it in a task to say that this engine cannot take it: the task moves to another engine and no retry is used.
 */
export class UnmetDependency extends YardmasterError {
  constructor(message = 'this engine cannot take the task') {
    super('YM_UNMET_DEPENDENCY', message)
  }
}

let storage: ReturnType<typeof newTaskStorage<TaskContext>>

/** The task that the caller belongs to, if any. It may have ended. */
export function taskNow(): TaskContext | undefined {
  return storage?.getStore() ?? (slot.running as TaskContext | undefined)
}

/** The task that is running here. Throws outside of one. */
export function currentTask(): TaskContext {
  const context = taskNow()
  if (context === undefined) throw new YardmasterError('YM_CONFIGURATION', 'currentTask() was called outside of a task')
  return context
}

/** The namespace of the task that is running here, if one is. */
export function currentNamespace(): Record<string, unknown> | undefined {
  return taskNow()?.namespace
}

/**
 * Calls `body` with `context` as the current task. One task at a time needs only a variable, until `leaveTask`; several
 * asynchronous tasks at once are told apart by asynchronous context, which slows every promise and so is on demand.
 */
export function enterTask<T>(context: TaskContext, several: boolean, body: () => T): T {
  if (several) {
    storage ??= newTaskStorage()
    if (storage) return storage.run(context, body)
  }
  slot.running = context
  return body()
}

export function leaveTask(context: TaskContext): void {
  if (slot.running === context) slot.running = undefined
}
