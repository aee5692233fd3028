import { currentNamespace } from '../task-context.ts'

type Namespace = Record<string, unknown>

/**
 * The names of a namespace as a scope, to be put around a text by `with`. Names that it does not have are left to the
 * scopes further out, but for those that the text `defines`: an assignment puts them into the namespace, and before it
 * they are missing.
 */
export function namespaceScope(namespace: Namespace, defines: ReadonlySet<string>): object {
  return new Proxy(namespace, {
    has: (_target, key) => typeof key === 'string' && (Object.hasOwn(namespace, key) || defines.has(key)),
    get: (_target, key) => (typeof key === 'string' ? read(namespace, key) : undefined),
    set(_target, key, value) {
      namespace[String(key)] = value
      return true
    },
  })
}

/** As `namespaceScope`, for `typeof`: what is missing is undefined. */
export function lenientNames(namespace: Namespace): object {
  return new Proxy(namespace, {
    get: (_target, key) => (Object.hasOwn(namespace, key) ? namespace[String(key)] : Reflect.get(globalThis, key)),
  })
}

/** The namespace of the task that runs, for a shipped function's names that are neither captured nor global. */
export const sharedNames: object = new Proxy(Object.create(null), {
  get: (_target, key) => read(currentNamespace() ?? {}, String(key)),
  set(_target, key, value) {
    const namespace = currentNamespace()
    if (!namespace || !Object.hasOwn(namespace, key)) throw new ReferenceError(`${String(key)} is not defined`)
    namespace[String(key)] = value
    return true
  },
})

function read(namespace: Namespace, name: string): unknown {
  if (Object.hasOwn(namespace, name)) return namespace[name]
  if (name in globalThis) return Reflect.get(globalThis, name)
  throw new ReferenceError(`${name} is not defined`)
}
