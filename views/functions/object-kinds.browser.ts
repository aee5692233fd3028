export function isPromise(value: unknown): value is Promise<unknown> {
  return value instanceof Promise
}

/** Only Node can tell. */
export function isProxy(_value: unknown): boolean {
  return false
}

export function isModuleNamespaceObject(value: unknown): boolean {
  return Object.prototype.toString.call(value) === '[object Module]'
}

/** Elements, sockets, workers: they belong to this page. */
export function isBoundHere(value: unknown): boolean {
  return value instanceof EventTarget
}
