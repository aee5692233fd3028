import { expect, it } from 'vitest'
import { seededRandom } from '../../core/random.ts'
import { grows, trendOf } from './trend.ts'

/** A hundred looks, ten seconds apart, that vary by 2 and have every tenth an outlier of 20. */
function series(perSecond: number, seed: number) {
  const random = seededRandom(seed)
  return Array.from({ length: 100 }, (_, i) => {
    const noise = 2 * random.unit() + (i % 10 === 0 ? 20 : 0)
    return { at: 10 * i, value: 50 + perSecond * 10 * i + noise }
  })
}

it.each([1, 2, 3, 4, 5])('what only varies is flat, what grows beneath its variation is found (seed %i)', (seed) => {
  expect(grows(trendOf(series(0, seed)), 0.5)).toBe(false)
  expect(grows(trendOf(series(-0.01, seed)), 0.5)).toBe(false)
  expect(grows(trendOf(series(0.002, seed)), 0.5)).toBe(true)
})

it('of a straight line it tells the slope', () => {
  const trend = trendOf([0, 1, 2, 3, 4].map((at) => ({ at, value: 7 + 3 * at })))
  expect(trend).toEqual({ median: 13, slope: 3, lowest: 3, highest: 3, seconds: 4 })
  expect(grows(trend, 11)).toBe(true)
  expect(grows(trend, 13)).toBe(false)
})
