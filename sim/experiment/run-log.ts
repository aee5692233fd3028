import { appendFileSync, existsSync, mkdirSync, readFileSync } from 'node:fs'
import path from 'node:path'
import { ConfigurationError } from '../../core/errors.ts'
import type { ComparedRun } from '../lab/compare/comparison.ts'

/**
 * Runs that have ended, a line of JSON each, appended as they end: what was killed goes on where it was. A line that was cut off is no
 * run.
 */
export class RunLog {
  readonly #file: string
  readonly #runs = new Map<string, ComparedRun>()

  /** @throws ConfigurationError where the folder cannot be made, or the file not be read */
  constructor(folder: string) {
    this.#file = path.join(folder, 'runs.jsonl')
    try {
      mkdirSync(folder, { recursive: true })
      const text = existsSync(this.#file) ? readFileSync(this.#file, 'utf8') : ''
      for (const line of text.split('\n')) {
        const entry = parsed(line)
        if (entry !== undefined) this.#runs.set(entry.key, entry.run)
      }
      // What is appended to a line that was cut off would be lost with it.
      appendFileSync(this.#file, text === '' || text.endsWith('\n') ? '' : '\n')
    } catch (error) {
      throw new ConfigurationError(`runs cannot be kept in ${folder}: ${messageOf(error)}`, { cause: error })
    }
  }

  get(key: string): ComparedRun | undefined {
    return this.#runs.get(key)
  }

  add(key: string, run: ComparedRun): void {
    const line = JSON.stringify({ key, run })
    try {
      appendFileSync(this.#file, `${line}\n`)
    } catch (error) {
      throw new ConfigurationError(`a run cannot be kept in ${this.#file}: ${messageOf(error)}`, { cause: error })
    }
    // As it will be read again.
    this.#runs.set(key, JSON.parse(line).run as ComparedRun)
  }
}

function parsed(line: string): { readonly key: string; readonly run: ComparedRun } | undefined {
  if (!line.startsWith('{"key":"') || !line.endsWith('}')) return undefined
  try {
    return JSON.parse(line)
  } catch {
    return undefined
  }
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error)
}
