import { createHash } from 'node:crypto'
import { existsSync, readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import path from 'node:path'
import process from 'node:process'
import { fileURLToPath, pathToFileURL } from 'node:url'
import vm from 'node:vm'
import { ModuleError } from '../../core/errors.ts'
import { vitePaths, viteSpecifier } from '../../core/vite-paths.ts'

type Importer = (specifier: string) => Promise<unknown>

const importers = new Map<string, Importer>()

/** `import()` as the module at `parent` would do it, with whatever loader hooks the process has. */
function importFrom(parent: string, specifier: string): Promise<unknown> {
  let importer = importers.get(parent)
  if (!importer) {
    importer = vm.runInThisContext('(specifier) => import(specifier)', {
      filename: parent,
      importModuleDynamically: vm.constants.USE_MAIN_CONTEXT_DEFAULT_LOADER,
    }) as Importer
    importers.set(parent, importer)
  }
  return withoutExperimentalWarning(importer, specifier)
}

/** Node warns, at its first use in a process, that `vm`'s default loader may change: nothing for users to act upon. */
function withoutExperimentalWarning(importer: Importer, specifier: string): Promise<unknown> {
  const { emitWarning } = process
  process.emitWarning = (warning: string | Error, ...rest: unknown[]) => {
    if (String(warning).includes('USE_MAIN_CONTEXT_DEFAULT_LOADER')) return
    Reflect.apply(emitWarning, process, [warning, ...rest])
  }
  try {
    // The warning comes before `import()` returns its promise.
    return importer(specifier)
  } finally {
    process.emitWarning = emitWarning
  }
}

/** Where a module is looked up that nobody in particular imports. */
function workingDirectory(): string {
  return pathToFileURL(path.join(process.cwd(), 'noname.js')).href
}

/**
 * Loads a user's module, TypeScript included.
 * @throws ModuleError if it is missing or does not load
 */
export async function importModule(specifier: string, parent = ''): Promise<unknown> {
  const from = parent.startsWith('file:') ? parent : workingDirectory()
  const target = /^\.{0,2}\//.test(specifier) ? new URL(specifier, from).href : specifier
  if (isTypeScript(target) || isTypeScript(from) || standsForTypeScript(target)) await prepareTypeScript(target, from)
  try {
    return await importFrom(from, target)
  } catch (error) {
    throw moduleError(specifier, parent, error)
  }
}

/** As `importModule`, with a specifier that Vite rewrote. `root` is where its paths begin. */
export function importViteModule(id: string, parent: string, root: string): Promise<unknown> {
  const paths = vitePaths(id, root)
  const found = paths.find((file) => existsSync(file)) ?? paths.at(-1)
  return importModule(found === undefined ? viteSpecifier(id) : pathToFileURL(found).href, parent)
}

/** As `importModule`, by `require`: modules that are CommonJS on the client stay so. */
export async function requireModule(specifier: string, parent: string): Promise<unknown> {
  const from = parent.startsWith('file:') ? parent : workingDirectory()
  if (isTypeScript(specifier) || isTypeScript(from)) await prepareTypeScript(from, from)
  try {
    return createRequire(from)(specifier)
  } catch (error) {
    throw moduleError(specifier, parent, error)
  }
}

/** The `require` of the module at a URL. */
export function requireFrom(url: string): unknown {
  return createRequire(url)
}

const hashes = new Map<string, string>()

/**
 * A module task's module. Where its file has changed since this process loaded it, and is now what the client saw, the
 * new one is loaded beside the old; what it imports stays as it was loaded first.
 * @throws ModuleError if the file is not what the client saw
 */
export async function importTaskModule(url: string, contentHash: string | null): Promise<unknown> {
  if (contentHash === null) return importModule(url)
  const loaded = hashes.get(url)
  if (loaded === contentHash) return importModule(url)
  const found = hashOf(url)
  if (found !== undefined && found !== contentHash) throw otherContent(url, contentHash, found)
  if (loaded === undefined) {
    if (found !== undefined) hashes.set(url, found)
    return importModule(url)
  }
  forgetCommonJs(url)
  return importModule(`${url}?version=${contentHash}`)
}

/** A CommonJS module is found by its file, whatever the query says. */
function forgetCommonJs(url: string): void {
  const { cache } = createRequire(url)
  const file = fileURLToPath(url)
  for (const key of Object.keys(cache)) if (key.replace(/\?.*$/, '') === file) delete cache[key]
}

function otherContent(url: string, expected: string, found: string): ModuleError {
  const short = (hash: string): string => hash.slice(0, 8)
  return new ModuleError(
    `The module ${url} is not the same here as where the task was submitted: its SHA-256 begins with ${short(found)} on this engine's machine, and with ${short(expected)} on the client's. Copy the client's file to this machine; or, if it was changed, start the client again, which has the older one.`,
    { details: { url, expected, found } },
  )
}

function hashOf(url: string): string | undefined {
  try {
    return createHash('sha256')
      .update(readFileSync(fileURLToPath(url)))
      .digest('base64url')
  } catch {
    return undefined
  }
}

function isTypeScript(url: string): boolean {
  return /\.[cm]?tsx?$/.test(url.replace(/[?#].*$/, ''))
}

/** TypeScript's sources import `./work.js` where the file is `./work.ts`. */
function standsForTypeScript(url: string): boolean {
  if (!url.startsWith('file:')) return false
  const file = fileURLToPath(url.replace(/[?#].*$/, ''))
  return !existsSync(file) && existsSync(file.replace(/\.([cm]?)js(x?)$/, '.$1ts$2'))
}

let preparing: Promise<void> | undefined

/** Registers tsx, once, unless the process already runs under it. */
function prepareTypeScript(target: string, from: string): Promise<void> {
  if (process.execArgv.some((argument) => /\btsx\b/.test(argument))) return Promise.resolve()
  preparing ??= registerTsx(target, from).catch((error: unknown) => {
    preparing = undefined
    throw error
  })
  return preparing
}

async function registerTsx(target: string, from: string): Promise<void> {
  const places = [target, from, workingDirectory()].filter((place) => place.startsWith('file:'))
  for (const place of places) {
    try {
      for (const api of ['tsx/esm/api', 'tsx/cjs/api']) {
        const { register } = (await importFrom(place, api)) as { register(): unknown }
        register()
      }
      return
    } catch (error) {
      if (!isNotFound(error)) throw error
    }
  }
  // Newer versions of Node strip types by themselves.
  if (Reflect.get(process.features, 'typescript')) return
  throw new ModuleError(
    `Cannot load ${target}: this engine's Node ${process.version} does not load TypeScript, and tsx is not installed beside it. Run 'npm install tsx', or compile the module to JavaScript first.`,
    { details: { url: target } },
  )
}

function moduleError(specifier: string, parent: string, cause: unknown): ModuleError {
  if (cause instanceof ModuleError) return cause
  const where = parent ? `, which ${parent} imports` : ''
  const message = cause instanceof Error ? cause.message : String(cause)
  const advice = isNotFound(cause) ? ' Is the file, or the package, there on the machine of this engine?' : ''
  return new ModuleError(`Cannot load the module ${specifier}${where}: ${message}.${advice}`, {
    cause,
    details: { specifier, parent },
  })
}

function isNotFound(error: unknown): boolean {
  const code = typeof error === 'object' && error !== null && 'code' in error ? error.code : undefined
  return code === 'ERR_MODULE_NOT_FOUND' || code === 'MODULE_NOT_FOUND'
}
