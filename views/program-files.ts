import { readFileSync } from 'node:fs'
import path from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { ConfigurationError, SourceError } from '../core/errors.ts'

/** The folder in which this process works, as a URL that ends in `/`. */
export function workingFolder(): string {
  return pathToFileURL(`${process.cwd()}/`).href
}

/**
 * A file of JavaScript, and its URL.
 * @throws SourceError where it is TypeScript
 * @throws ConfigurationError where it cannot be read
 */
export function programFile(file: string | URL): { readonly text: string; readonly url: string } {
  const place = path.resolve(String(file).startsWith('file:') ? fileURLToPath(file) : String(file))
  if (/\.([cm]?ts|[tj]sx)$/.test(place)) {
    const advice = `compile it first, or export what engines should do from it, and use importModule('${file}')`
    throw new SourceError(`run() takes JavaScript, and ${place} is none: ${advice}`, { details: { file: place } })
  }
  try {
    return { text: readFileSync(place, 'utf8'), url: pathToFileURL(place).href }
  } catch (error) {
    throw new ConfigurationError(`${place} cannot be read: ${(error as Error).message}`, {
      cause: error,
      details: { file: place },
    })
  }
}

/** Where an engine finds a module that is named here: paths are this process's, packages are the engine's. */
export function moduleUrl(specifier: string): string {
  return /^\.{0,2}\//.test(specifier) ? new URL(specifier, workingFolder()).href : specifier
}
