import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { faultMutants } from './fault-mutants.ts'

test.for(faultMutants)('$file: $says', ({ file, from, to }) => {
  const source = readFileSync(new URL(`../../${file}`, import.meta.url), 'utf8')
  expect(source.split(from).length - 1, `occurrences of ${from}`).toBe(1)
  expect(from).not.toBe(to)
})

test('there are enough, and no two are the same', () => {
  expect(new Set(faultMutants.map((mutant) => JSON.stringify(mutant))).size).toBe(faultMutants.length)
  expect(faultMutants.length).toBeGreaterThanOrEqual(15)
})
