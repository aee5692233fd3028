import fc from 'fast-check'
import { expect, test } from 'vitest'
import { blocksOf, collected, dealt, joined, listOf } from '../../views/partition.ts'

const bytes = fc.uint8Array({ maxLength: 40 })
const lists = fc.oneof(
  fc.array(fc.anything({ maxDepth: 1 }), { maxLength: 40 }),
  bytes,
  bytes.map((list) => Float64Array.from(list)),
  bytes.map((list) => BigInt64Array.from([...list].map(BigInt))),
  bytes.map((list) => Buffer.from(list)),
)

test('what was taken apart comes together again, in parts of nearly one size', () => {
  fc.assert(
    fc.property(lists, fc.integer({ min: 1, max: 9 }), (list, count) => {
      for (const [apart, together] of [
        [blocksOf, joined],
        [dealt, collected],
      ] as const) {
        const parts = apart(list as unknown[], count)
        expect(parts).toHaveLength(count)
        const sizes = parts.map(({ length }) => length)
        expect(Math.max(...sizes) - Math.min(...sizes)).toBeLessThanOrEqual(1)
        expect([...sizes].sort((a, b) => b - a)).toEqual(sizes)
        for (const part of parts) expect(part.constructor).toBe(list.constructor)
        const whole = together(parts)
        expect(whole).toEqual(list)
        expect(whole.constructor).toBe(list.constructor)
      }
    }),
  )
})

test('blocks are contiguous, cards are dealt in turn', () => {
  expect(blocksOf([1, 2, 3, 4, 5], 3)).toEqual([[1, 2], [3, 4], [5]])
  expect(dealt([1, 2, 3, 4, 5], 3)).toEqual([[1, 4], [2, 5], [3]])
})

test('blocks of a typed array are views of it: nothing is copied before it is sent', () => {
  const list = Float64Array.of(1, 2, 3)
  for (const part of blocksOf(listOf(list), 2)) expect(Reflect.get(part, 'buffer')).toBe(list.buffer)
})

test('parts of different kinds, or of other lengths than were dealt, make what can be made of them', () => {
  expect(joined([Int8Array.of(1), Float64Array.of(2.5), [3]])).toEqual([1, 2.5, 3])
  expect(collected([Int8Array.of(1, 3), ['x']])).toEqual([1, 'x', 3])
  expect(collected([[1], [2, 4, 5], []])).toEqual([1, 2, 4, 5])
  expect(joined([])).toEqual([])
})

test('anything that ends is a sequence', () => {
  expect(listOf(new Set('ab'))).toEqual(['a', 'b'])
  expect(listOf('ab')).toEqual(['a', 'b'])
  expect(listOf(new Map([[1, 2]]))).toEqual([[1, 2]])
})
