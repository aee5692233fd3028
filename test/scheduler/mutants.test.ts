import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { mutants } from './mutants.ts'

const invariants = Array.from({ length: 28 }, (_, i) => i + 1)

test.for(mutants)('$invariant: $file: $says', ({ file, from, to }) => {
  const source = readFileSync(new URL(`../../${file}`, import.meta.url), 'utf8')
  expect(source.split(from).length - 1, `occurrences of ${from}`).toBe(1)
  expect(from).not.toBe(to)
})

test('every invariant has a mutant, and no two are the same', () => {
  expect([...new Set(mutants.map(({ invariant }) => invariant))].sort((a, b) => a - b)).toEqual(invariants)
  expect(new Set(mutants.map(({ file, from, to }) => JSON.stringify([file, from, to]))).size).toBe(mutants.length)
  expect(mutants.length).toBeGreaterThanOrEqual(30)
})
