import { CaptureError } from '../../core/errors.ts'
import { isPromise, isProxy } from './object-kinds.ts'

/** From the shipped function to what cannot travel: names as the user wrote them. */
export type Trail = readonly string[]

/** `trail` begins with the shipped function's name; `reason` completes "x …". */
export function captureError(trail: Trail, reason: string, advice: string): CaptureError {
  const [root, ...captured] = trail
  const identifier = captured.at(-1) ?? root ?? ''
  const shown = root ? `the function '${root}'` : 'this function'
  const steps = captured.map((name) => `captures '${name}'`).join(', which ')
  const story = steps ? `Cannot ship ${shown}: it ${steps}, which ${reason}.` : `Cannot ship ${shown}: it ${reason}.`
  return new CaptureError(`${story} ${advice}`, { details: { identifier, trail: [...trail], reason, advice } })
}

/** What to write instead of capturing this value. */
export function adviceFor(value: unknown): string {
  if (isPromise(value)) return 'Await it first and capture its result, or call what makes it inside the function.'
  if (typeof value === 'symbol') return 'Use Symbol.for(key) inside the function, or a string.'
  if (value instanceof WeakMap || value instanceof WeakSet || value instanceof WeakRef)
    return 'Create it inside the function, or in a module that the function imports.'
  if (isProxy(value)) return 'Capture the plain object beneath the proxy.'
  if (typeof value === 'function')
    return 'Write the function where it is used, or give it to the data where the task runs.'
  return 'Create it inside the function, or in a module that the function imports; or capture the plain data it is made from.'
}
