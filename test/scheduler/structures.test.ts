import fc from 'fast-check'
import { expect, it } from 'vitest'
import { seededRandom } from '../../core/random.ts'
import { LoadBuckets } from '../../scheduler/load-buckets.ts'
import { OrdinalHeap } from '../../scheduler/ordinal-heap.ts'
import { RankTree } from '../../scheduler/rank-tree.ts'

const size = 37
const changes = fc.array(fc.record({ member: fc.nat(size - 1), key: fc.nat(5), tie: fc.nat(1_000) }), {
  size: 'max',
  maxLength: 120,
})

it('the heap, the tree and the buckets answer as a search through the members would', () => {
  fc.assert(
    fc.property(changes, (commands) => {
      const [keys, ties] = [new Float64Array(size), new Float64Array(size)]
      const heap = new OrdinalHeap(keys, ties)
      const tree = new RankTree(size)
      const buckets = new LoadBuckets(size)
      const members = new Set<number>()
      const random = seededRandom(1)
      for (const { member, key, tie } of commands) {
        if (members.has(member) && key === 0) {
          members.delete(member)
          for (const structure of [heap, tree, buckets]) structure.remove(member)
        } else {
          keys[member] = key
          ties[member] = tie * size + member
          if (members.has(member)) {
            heap.changed(member)
            buckets.changed(member, key)
          } else {
            members.add(member)
            heap.add(member)
            tree.add(member)
            buckets.add(member, key)
          }
        }
        const sorted = [...members].sort((a, b) => a - b)
        sorted.forEach((one, rank) => {
          expect([tree.select(rank), tree.below(one)]).toEqual([one, rank])
        })
        if (members.size === 0) continue
        const least = sorted.toSorted(
          (a, b) => (keys[a] as number) - (keys[b] as number) || (ties[a] as number) - (ties[b] as number),
        )
        expect(heap.least()).toBe(least[0])
        const wanted = keys[sorted[0] as number]
        expect(keys[buckets.draw((load) => (load === wanted ? 1 : 0), random)]).toBe(wanted)
      }
    }),
    { numRuns: 200 },
  )
})
