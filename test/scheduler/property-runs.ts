import { appendFileSync } from 'node:fs'
import fc from 'fast-check'
import { freshSeed } from '../../core/random.ts'

/** How many times the usual number of runs: 100 in `npm run test:deep`. */
const factor = Number(process.env.PROPERTY_FACTOR ?? 1)
/** One for all properties of a file, printed where one fails: `PROPERTY_SEED=… npx vitest run <file>` repeats it. */
const seed = Number(process.env.PROPERTY_SEED ?? freshSeed())

export function runsOf(usual: number): { readonly numRuns: number; readonly seed: number } {
  return { numRuns: Math.round(usual * factor), seed }
}

export const timeoutMs = 60_000 * Math.max(1, factor)

/** Fails with what was found, the shortest that fast-check knows of. */
export function expectNone<T>(
  arbitrary: fc.Arbitrary<T>,
  usualRuns: number,
  find: (subject: T) => Iterable<string>,
): void {
  const check = (subject: T) => {
    const found = [...find(subject)]
    if (found.length > 0) throw new Error(found.join('\n'))
  }
  fc.assert(fc.property(arbitrary, check), runsOf(usualRuns))
}

/** For the closing lines of a deep run. */
export function reportRuns(line: string): void {
  const path = process.env.PROPERTY_REPORT
  if (path !== undefined) appendFileSync(path, `${line}\n`)
}
