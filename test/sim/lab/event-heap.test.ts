import fc from 'fast-check'
import { expect, test } from 'vitest'
import { EventHeap } from '../../../sim/lab/event-heap.ts'

test('the earliest first, and of equal times what was added first, however adding and taking alternate', () => {
  const command = fc.oneof(fc.nat(5), fc.constant('take' as const))
  fc.assert(
    fc.property(fc.array(command, { maxLength: 80, size: 'max' }), (commands) => {
      const heap = new EventHeap<number>()
      const model: { at: number; item: number }[] = []
      commands.forEach((command, item) => {
        if (command !== 'take') {
          heap.add(command, item)
          model.push({ at: command, item })
          return
        }
        // Sorting is stable.
        const first = model.sort((a, b) => a.at - b.at).shift()
        expect(heap.firstAt).toBe(first?.at ?? Number.POSITIVE_INFINITY)
        if (first !== undefined) expect(heap.take()).toBe(first.item)
      })
    }),
  )
})
