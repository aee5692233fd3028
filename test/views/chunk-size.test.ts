import fc from 'fast-check'
import { expect, test } from 'vitest'
import { ChunkSize } from '../../views/chunk-size.ts'

test('single items until something is measured', () => {
  expect(new ChunkSize().next(1_000_000, 4)).toBe(1)
})

test('what is told is done', () => {
  const size = new ChunkSize(7)
  size.measured(7, 1_000)
  expect(size.next(3, 4)).toBe(7)
})

test('light items grow to tens of milliseconds of work, step by step', () => {
  const size = new ChunkSize()
  const seen: number[] = []
  for (let step = 0; step < 8; step += 1) {
    const items = size.next(undefined, 4)
    seen.push(items)
    size.measured(items, items * 0.01)
  }
  expect(seen).toEqual([1, 8, 64, 512, 2_000, 2_000, 2_000, 2_000])
})

test('heavy items stay single', () => {
  const size = new ChunkSize()
  size.measured(1, 15)
  expect(size.next(1_000_000, 4)).toBe(1)
})

test('large items stay below a megabyte a chunk', () => {
  const size = new ChunkSize()
  size.sent(1, 100_000)
  for (let step = 0; step < 5; step += 1) size.measured(1_000, 1)
  expect(size.next(undefined, 4)).toBe(10)
})

test('large results stay below a megabyte a chunk', () => {
  const size = new ChunkSize()
  const seen: number[] = []
  for (let step = 0; step < 4; step += 1) {
    const items = size.next(undefined, 4)
    seen.push(items)
    size.measured(items, items * 0.001, items * 50_000)
  }
  expect(seen).toEqual([1, 8, 20, 20])
})

test('every engine gets several chunks of what is left, but not crumbs', () => {
  const size = new ChunkSize()
  for (let step = 0; step < 5; step += 1) size.measured(10_000, 100)
  expect(size.next(16_000, 4)).toBe(1_000)
  expect(size.next(100, 4)).toBe(200)
})

test('it is always a whole number from 1 on', () => {
  const step = fc.record({
    items: fc.integer({ min: 1, max: 100_000 }),
    ms: fc.double({ min: 0, max: 1e6, noNaN: true }),
  })
  fc.assert(
    fc.property(
      fc.array(step),
      fc.option(fc.nat(), { nil: undefined }),
      fc.nat(10_000),
      fc.integer({ min: 1, max: 1e9 }),
      (steps, left, engines, bytes) => {
        const size = new ChunkSize()
        for (const { items, ms } of steps) {
          size.sent(items, bytes)
          size.measured(items, ms)
        }
        const next = size.next(left, engines)
        expect(Number.isSafeInteger(next) && next >= 1 && next <= 65_536).toBe(true)
      },
    ),
  )
})
