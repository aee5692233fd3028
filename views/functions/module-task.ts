import { ConfigurationError } from '../../core/errors.ts'
import type { ModuleFunctionSpec } from '../../core/function-spec.ts'
import { type Callable, nameOf } from './callable.ts'
import { fileHash, urlOfPath } from './module-files.ts'

/** The handle of an exported function. It is data: nothing of the function itself travels. */
export class ModuleTask<Fn extends Callable = Callable> {
  /** `file:` or `node:` URL, or the name of a package. */
  readonly url: string
  readonly exportName: string
  /** Only for the type checker. */
  declare readonly function?: Fn
  #spec: ModuleFunctionSpec | undefined

  constructor(url: string, exportName: string) {
    this.url = url
    this.exportName = exportName
  }

  /** SHA-256 of the module's file in base64url; null where it cannot be read. */
  get contentHash(): string | null {
    return this.spec().contentHash
  }

  spec(): ModuleFunctionSpec {
    this.#spec ??= {
      kind: 'module',
      name: this.exportName,
      url: this.url,
      exportName: this.exportName,
      contentHash: fileHash(this.url),
    }
    return this.#spec
  }
}

type FunctionsOf<Module> = { [Name in keyof Module]: Module[Name] extends Callable ? Module[Name] : never }

/**
 * Names an exported function by module. The module is loaded on the engines, so it should do nothing but export.
 *
 *     task<typeof fit>(import.meta.url, 'fit')                        // exported by this very file
 *     task(import.meta.url, fit)                                      // the same; its type and name are read off
 *     task<typeof import('./work.js').fit>(new URL('./work.js', import.meta.url), 'fit')
 *     task('some-package', 'fit')
 */
export function task<Fn extends Callable = (...args: unknown[]) => unknown>(
  module: string | URL,
  exportName: string,
): ModuleTask<Fn>
export function task<Fn extends Callable>(module: string | URL, exported: Fn): ModuleTask<Fn>
export function task(module: string | URL, exported: string | Callable): ModuleTask {
  const exportName = typeof exported === 'string' ? exported : nameOf(exported)
  if (exportName === '')
    throw new ConfigurationError(`task() needs the name of an export: this function has none. Write task(url, 'name').`)
  return new ModuleTask(moduleUrl(module), exportName)
}

/** Handles of a module's exports, fully typed by one mention of it: `tasks<typeof import('./work.js')>(url).fit`. */
export function tasks<Module extends object>(
  module: string | URL,
): {
  readonly [Name in keyof FunctionsOf<Module> as Module[Name] extends Callable ? Name : never]: ModuleTask<
    FunctionsOf<Module>[Name]
  >
} {
  const url = moduleUrl(module)
  const handles = new Map<string, ModuleTask>()
  return new Proxy(Object.create(null), {
    get(_target, name) {
      if (typeof name !== 'string') return undefined
      const handle = handles.get(name) ?? new ModuleTask(url, name)
      handles.set(name, handle)
      return handle
    },
  })
}

function moduleUrl(module: string | URL): string {
  const text = String(module)
  const url = urlOfPath(text)
  if (url !== undefined) return url
  if (/^\.{0,2}\//.test(text))
    throw new ConfigurationError(
      `task() cannot tell what '${text}' is relative to. Write new URL('${text}', import.meta.url).`,
    )
  return text
}
