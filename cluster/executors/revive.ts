import { ModuleError, UnmetDependencyError } from '../../core/errors.ts'
import { functionSpec, type ModuleFunctionSpec } from '../../core/function-spec.ts'
import { decodeValue, type Payload } from '../../core/payload.ts'
import { builtinModule } from './builtin-functions.ts'
import { importTaskModule } from './loader.ts'
import { type Revived, reviveInline } from './revive-inline.ts'

/**
 * A callable from its travelling form. What it captures is this call's own copy; its modules are this process's.
 * @throws ProtocolError if the payload is no function
 * @throws ModuleError if a module is missing, does not load, or lacks the export
 * @throws UnmetDependencyError if the module is for engines of another language
 */
export async function reviveFunction(payload: Payload): Promise<Revived> {
  const spec = functionSpec(decodeValue(payload))
  return spec.kind === 'module' ? reviveExport(spec) : reviveInline(spec)
}

async function reviveExport({ url, exportName, contentHash }: ModuleFunctionSpec): Promise<Revived> {
  const module =
    builtinModule(url) ??
    (await importTaskModule(url, contentHash).catch((error: unknown) => {
      throw isForeign(url, error) ? foreign(url, error) : error
    }))
  const found = exportOf(module, exportName)
  if (isRevived(found)) return found
  const names = exportNames(module)
  const problem =
    found === undefined ? `has no export '${exportName}'` : `exports '${exportName}', which is no function`
  const offer = names.length > 0 ? `It exports the functions ${names.join(', ')}.` : 'It exports no function.'
  throw new ModuleError(`The module ${url} ${problem}. ${offer}`, { details: { url, exportName, exports: names } })
}

/** Its scheme is one that Node does not load: `python:math` is for engines that run Python. */
function isForeign(url: string, error: unknown): boolean {
  const cause = error instanceof ModuleError ? error.cause : undefined
  return /^(?!file:)[a-z][a-z\d+.-]+:/.test(url) && property(cause, 'code') === 'ERR_UNSUPPORTED_ESM_URL_SCHEME'
}

function foreign(url: string, cause: unknown): UnmetDependencyError {
  return new UnmetDependencyError(
    `The module ${url} is not for this engine: Node loads no '${url.slice(0, url.indexOf(':') + 1)}' modules. Start an engine that does.`,
    { cause, details: { url } },
  )
}

/** CommonJS modules have their exports on `default` where Node could not tell their names. */
function exportOf(module: unknown, name: string): unknown {
  const direct = property(module, name)
  return direct === undefined ? property(property(module, 'default'), name) : direct
}

function exportNames(module: unknown): string[] {
  if (typeof module !== 'object' || module === null) return []
  return Object.keys(module).filter((name) => isRevived(property(module, name)))
}

function property(holder: unknown, name: string): unknown {
  return (typeof holder === 'object' && holder !== null) || typeof holder === 'function'
    ? Reflect.get(holder, name)
    : undefined
}

function isRevived(value: unknown): value is Revived {
  return typeof value === 'function'
}
