import { ConfigurationError } from '../core/errors.ts'

/** Of a page nothing is known to engines: what a program names by relative paths is looked up where the engine works. */
export function workingFolder(): string {
  return ''
}

/** @throws ConfigurationError always: a page has no files */
export function programFile(file: string | URL): { readonly text: string; readonly url: string } {
  throw new ConfigurationError(`a page cannot read the file ${file}: fetch its text, and give that to execute()`, {
    details: { file: String(file) },
  })
}

/** As it stands: paths are the engine's, and so are packages. */
export function moduleUrl(specifier: string): string {
  return specifier
}
