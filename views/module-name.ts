import { ConfigurationError } from '../core/errors.ts'

/**
 * What a module is called unless it is told: the last part of its specifier, without an ending.
 * @throws ConfigurationError where that is no name
 */
export function moduleName(specifier: string): string {
  const name = specifier
    .replace(/[?#].*$/, '')
    .replace(/^.*[/:]/, '')
    .replace(/\.[^.]*$/, '')
  if (isIdentifier(name)) return name
  throw new ConfigurationError(`'${specifier}' needs a name: write importModule('${specifier}', 'name')`)
}

export function isIdentifier(text: string): boolean {
  return /^[\p{ID_Start}$_][\p{ID_Continue}$\u200c\u200d]*$/u.test(text)
}
