/** What users say to a launcher, checked. It may come from a program or, as JSON or text, from a command line. */
import { ConfigurationError } from '../../core/errors.ts'

/** @throws ConfigurationError naming the option */
export function textList(name: string, value: unknown): readonly string[] {
  if (Array.isArray(value) && value.every((entry) => typeof entry === 'string')) return value
  throw new ConfigurationError(`${name} must be a list of texts, not ${JSON.stringify(value)}`)
}

/** @throws ConfigurationError naming the option */
export function textOf(name: string, value: unknown): string {
  if (typeof value === 'string' && value !== '') return value
  throw new ConfigurationError(`${name} must be a text, not ${JSON.stringify(value)}`)
}

/** @throws ConfigurationError naming the option */
export function countOf(name: string, value: unknown, least: number): number {
  if (typeof value === 'number' && Number.isSafeInteger(value) && value >= least) return value
  throw new ConfigurationError(`${name} must be a whole number from ${least} on, not ${JSON.stringify(value)}`)
}
