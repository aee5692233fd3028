import { ModuleError, UnmetDependencyError } from '../../core/errors.ts'
import { transfer } from '../../core/transfer.ts'
import { currentTask, UnmetDependency } from '../task-context.ts'

/** What tasks import of this package: a worker finds no packages by their names. */
const own = { currentTask, UnmetDependency, transfer }

/**
 * A module by its URL.
 * @throws UnmetDependencyError where a browser cannot have it: the task is for another engine
 * @throws ModuleError if it is missing or does not load
 */
export async function importModule(specifier: string, parent = ''): Promise<unknown> {
  if (specifier === 'yardmaster/engine' || specifier === 'yardmaster/browser') return own
  const isRelative = /^\.{0,2}\//.test(specifier)
  const target = isRelative && isLoadable(parent) ? new URL(specifier, parent).href : specifier
  if (!isLoadable(target)) throw notHere(specifier)
  try {
    return await import(target)
  } catch (cause) {
    const message = cause instanceof Error ? cause.message : String(cause)
    throw new ModuleError(`Cannot load the module ${target}: ${message}`, { cause, details: { specifier, parent } })
  }
}

export function importTaskModule(url: string, _contentHash: string | null): Promise<unknown> {
  return importModule(url)
}

export async function importViteModule(id: string, _parent: string, _root: string): Promise<unknown> {
  throw notHere(id)
}

export async function requireModule(specifier: string, _parent: string): Promise<unknown> {
  throw notHere(specifier)
}

export function requireFrom(_url: string): unknown {
  return (specifier: string) => {
    throw notHere(specifier)
  }
}

function isLoadable(url: string): boolean {
  return /^(https?|data|blob):/.test(url)
}

function notHere(specifier: string): UnmetDependencyError {
  return new UnmetDependencyError(
    `The module ${specifier} is not for this engine: it runs in a browser, which loads modules by http: and https: URLs. Start an engine in Node.`,
    { details: { specifier } },
  )
}
