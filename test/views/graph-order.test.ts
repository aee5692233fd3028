import fc from 'fast-check'
import { expect, test } from 'vitest'
import { graphOrder } from '../../views/graph-order.ts'

/** Edges among up to 12 nodes; each node waits for the targets of its edges. */
const graphs = fc
  .integer({ min: 0, max: 12 })
  .chain((size) =>
    fc.array(fc.array(fc.nat(Math.max(0, size - 1)), { maxLength: 3 }), { minLength: size, maxLength: size }),
  )

/** Whether a walk along the edges can come back to where it began. */
function hasCircle(waitsFor: readonly (readonly number[])[]): boolean {
  return waitsFor.some((_, start) => {
    const reached = new Set<number>()
    const walk = (node: number): void => {
      for (const before of waitsFor[node] ?? []) {
        if (reached.has(before)) continue
        reached.add(before)
        walk(before)
      }
    }
    walk(start)
    return reached.has(start)
  })
}

test('an order in which each node comes behind those it waits for, or a circle', () => {
  fc.assert(
    fc.property(graphs, (waitsFor) => {
      const found = graphOrder(waitsFor)
      expect('circle' in found).toBe(hasCircle(waitsFor))
      if ('circle' in found) {
        const { circle } = found
        expect(new Set(circle).size).toBe(circle.length)
        circle.forEach((node, i) => {
          expect(waitsFor[node]).toContain(circle[(i + 1) % circle.length])
        })
        return
      }
      const place = new Map(found.order.map((node, i) => [node, i]))
      expect(place.size).toBe(waitsFor.length)
      waitsFor.forEach((before, node) => {
        for (const one of before) expect(place.get(one)).toBeLessThan(place.get(node) as number)
      })
    }),
  )
})

test('what is in order stays as it is', () => {
  expect(graphOrder([[], [], [0], [1, 2], [0]])).toEqual({ order: [0, 1, 2, 3, 4] })
  expect(graphOrder([[2], [], [1], [0]])).toEqual({ order: [1, 2, 0, 3] })
})

test('depth does not matter', () => {
  const size = 200_000
  const backwards = Array.from({ length: size }, (_, i) => (i + 1 < size ? [i + 1] : []))
  expect(graphOrder(backwards)).toEqual({ order: Array.from({ length: size }, (_, i) => size - 1 - i) })
  backwards[size - 1] = [0]
  expect(graphOrder(backwards)).toMatchObject({ circle: { length: size } })
})
