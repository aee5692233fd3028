/** What users say to a launcher, checked. It may come from a program or, as JSON or text, from a command line. */
import { ConfigurationError } from '../../core/errors.ts'

/** @throws ConfigurationError naming the option, and how it is written on a command line where it was given as one text */
export function textList(name: string, value: unknown): readonly string[] {
  if (Array.isArray(value) && value.every((entry) => typeof entry === 'string')) return value
  const words = typeof value === 'string' ? value.split(/\s+/).filter((word) => word !== '') : []
  const instead = words.length === 0 ? '' : `; write ${name.split(' ')[0]}=${JSON.stringify(words)}`
  throw new ConfigurationError(`${name} must be a list of texts, not ${JSON.stringify(value)}${instead}`)
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
