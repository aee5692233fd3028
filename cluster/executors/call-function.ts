import type { EachResult, ThrownByTask } from '../../core/messages.ts'
import type { RunningTask } from './running-task.ts'
import { type Encode, isUnmet, thrownAmongResults } from './thrown.ts'

export type Callable = (...args: unknown[]) => unknown

/** What calling gave: the value, and whether some of a chunk's items failed. A promise of it where the task waits. */
export interface Called {
  readonly value: unknown
  readonly failed: boolean
}

/**
 * Calls the task's function as its `call` says. What a generator yields is sent as it comes; in a map, it is gathered. Throws or rejects with what the function throws; of a chunk's items only that
 * this engine cannot take them.
 */
export function callFunction(
  task: RunningTask,
  callable: Callable,
  args: unknown,
  encode: Encode,
): Called | Promise<Called> {
  if (task.call === 'once') {
    const value = callable(...(args as unknown[]))
    if (isGenerator(value)) return task.streamFrom(value).then(succeeded)
    return isWaiting(value) ? settle(value).then(succeeded) : { value, failed: false }
  }
  return callEach(task, callable, args as unknown[], encode)
}

const succeeded = (value: unknown): Called => ({ value, failed: false })

/** Calls the function with each item in turn. Turns asynchronous at the first item that does. */
function callEach(task: RunningTask, callable: Callable, items: unknown[], encode: Encode): Called | Promise<Called> {
  const values: unknown[] = new Array(items.length)
  const errors: [number, ThrownByTask][] = []
  const callOne = (i: number): unknown =>
    task.call === 'each' ? callable(items[i]) : callable(...(items[i] as unknown[]))
  const fail = (i: number, error: unknown): void => {
    if (isUnmet(error)) throw error
    errors.push([i, thrownAmongResults(error, encode)])
  }
  const finish = (): Called => {
    const result: EachResult = { values, errors }
    return { value: result, failed: errors.length > 0 }
  }
  for (let i = 0; i < items.length; i += 1) {
    try {
      const value = callOne(i)
      if (isWaiting(value)) return finishWaiting(i, value)
      values[i] = value
    } catch (error) {
      fail(i, error)
    }
  }
  return finish()

  async function finishWaiting(first: number, pending: unknown): Promise<Called> {
    for (let i = first; i < items.length; i += 1) {
      if (task.aborted) throw task.signal.reason
      try {
        values[i] = await settle(i === first ? pending : callOne(i))
      } catch (error) {
        fail(i, error)
      }
    }
    return finish()
  }
}

/** A promise, or a generator. */
function isWaiting(value: unknown): boolean {
  if (typeof value !== 'object' || value === null) return false
  return 'then' in value ? typeof value.then === 'function' : isGenerator(value)
}

async function settle(value: unknown): Promise<unknown> {
  if (!isGenerator(value)) return value
  const yielded: unknown[] = []
  for await (const part of value) yielded.push(part)
  return yielded
}

function isGenerator(value: unknown): value is AsyncGenerator | Generator {
  const tag = Object.prototype.toString.call(value)
  return tag === '[object AsyncGenerator]' || tag === '[object Generator]'
}
