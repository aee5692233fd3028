export type Callable = (...args: never[]) => unknown

export function isCallable(value: unknown): value is Callable {
  return typeof value === 'function'
}

/** The text of a function as V8 keeps it, whatever the function says of itself. */
export function textOf(fn: Callable): string {
  return Function.prototype.toString.call(fn)
}

export function nameOf(fn: Callable): string {
  const name: unknown = fn.name
  return typeof name === 'string' ? name : ''
}
