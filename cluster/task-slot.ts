import { AsyncLocalStorage } from 'node:async_hooks'

/** Which task runs, where one does at a time. */
export const slot: { running: object | undefined } = { running: undefined }

/** Tells several asynchronous tasks apart. */
export function newTaskStorage<Task>(): Pick<AsyncLocalStorage<Task>, 'getStore' | 'run'> | undefined {
  return new AsyncLocalStorage()
}
