import { expect, test } from 'vitest'
import { PullIterator } from '../../views/pull-iterator.ts'

test('what is woken while it reads gives nothing away: an unordered imap lost an item when its input ended', async () => {
  const values = [1, 2, 3, 4]
  const iterator: PullIterator<number> = new PullIterator({
    pull() {
      iterator.wake()
      const value = values.shift()
      return value === undefined ? { done: true, value } : { done: false, value }
    },
    release() {},
  })
  const got: number[] = []
  for await (const value of iterator) got.push(value)
  expect(got).toEqual([1, 2, 3, 4])
})
