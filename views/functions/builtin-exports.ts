import { builtinModules } from 'node:module'
import process from 'node:process'

export interface BuiltinExport {
  readonly specifier: string
  readonly path: readonly string[]
}

let known: WeakMap<object, BuiltinExport> | undefined

/** Which export of Node's own modules a value is, if one: such a value becomes an import. */
export function builtinExport(value: object): BuiltinExport | undefined {
  known ??= collect()
  return known.get(value)
}

function collect(): WeakMap<object, BuiltinExport> {
  const found = new WeakMap<object, BuiltinExport>()
  for (const name of loadedModules()) {
    const specifier = `node:${name}`
    const exports: unknown = process.getBuiltinModule(specifier)
    if (!isObject(exports) || found.has(exports)) continue
    // Without a default export by that name, `import()` gives the whole as `default`.
    found.set(exports, { specifier, path: ['default'] })
    for (const [key, { value }] of Object.entries(Object.getOwnPropertyDescriptors(exports)))
      if (isObject(value) && !found.has(value)) found.set(value, { specifier, path: ['default', key] })
  }
  return found
}

/** Those not loaded cannot be captured, and loading some of them warns. */
function loadedModules(): string[] {
  const list: unknown = Reflect.get(process, 'moduleLoadList')
  if (!Array.isArray(list)) return []
  const loaded = new Set(
    list.filter((entry) => typeof entry === 'string').map((entry) => entry.replace('NativeModule ', '')),
  )
  return builtinModules.filter((name) => !name.startsWith('_') && loaded.has(name))
}

function isObject(value: unknown): value is object {
  return (typeof value === 'object' && value !== null) || typeof value === 'function'
}
