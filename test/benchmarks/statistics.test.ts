import { describe, expect, test } from 'vitest'
import { chanceOf, estimate, intervalBetween, keptChance, quantileOf, ratios } from '../../benchmarks/statistics.ts'
import { seededRandom } from '../../core/random.ts'

/** Around 1, most within 20 %, some far above: as times are. */
function noise(seed: number): () => number {
  const random = seededRandom(seed)
  const normal = () => Math.sqrt(-2 * Math.log(1 - random.unit())) * Math.cos(2 * Math.PI * random.unit())
  return () => Math.exp(0.1 * normal() + (random.unit() < 0.1 ? Math.abs(normal()) * 0.5 : 0))
}

function samples(next: () => number, count: number, factor = 1): number[] {
  return Array.from({ length: count }, () => next() * factor)
}

describe('an estimate', () => {
  test('is the median, with the same interval each time', () => {
    const values = samples(noise(1), 11)
    const { median, interval } = estimate(values)
    expect(median).toBe(values.toSorted((a, b) => a - b)[5])
    expect(interval?.[0]).toBeLessThan(median)
    expect(interval?.[1]).toBeGreaterThan(median)
    expect(estimate(values)).toEqual({ median, interval })
  })

  test('of few rounds has no interval; what could not be had is left out', () => {
    expect(estimate([3, 1, Number.NaN, 2])).toEqual({ median: 2 })
    expect(estimate([Number.NaN])).toEqual({ median: Number.NaN })
  })

  test('of paired ratios holds the true ratio in about 95 of 100 runs', () => {
    let held = 0
    for (let run = 0; run < 100; run += 1) {
      const next = noise(run)
      const { interval = [0, 0] } = estimate(ratios(samples(next, 15, 2), samples(next, 15)))
      if (interval[0] <= 2 && 2 <= interval[1]) held += 1
    }
    expect(held).toBeGreaterThanOrEqual(86)
    expect(held).toBeLessThan(100)
  })
})

test('a quantile is the value that a share of the samples lies below', () => {
  const values = Array.from({ length: 101 }, (_, i) => 100 - i)
  expect([0, 0.5, 0.9, 1].map((share) => quantileOf(values, share))).toEqual([0, 50, 90, 100])
})

describe('the chance of a difference', () => {
  test('is small where two samples are apart, and never less than the exact one', () => {
    // Of the 924 ways to pick 6 of 12, two put them that far apart.
    const chance = chanceOf([1, 2, 3, 4, 5, 6], [7, 8, 9, 10, 11, 12])
    expect(chance).toBeGreaterThan(2 / 924)
    expect(chance).toBeLessThan(0.005)
  })

  test('is 1 where they are alike, and the same both ways', () => {
    expect(chanceOf([1, 1, 1, 1, 1, 1], [1, 1, 1, 1, 1, 1])).toBeCloseTo(1)
    const [one, other] = [samples(noise(3), 9), samples(noise(4), 12, 1.1)]
    expect(chanceOf(one, other)).toBeCloseTo(chanceOf(other, one), 12)
  })

  test('is below 5 % in about 5 of 100 comparisons of the same thing', () => {
    const next = noise(5)
    const low = Array.from({ length: 400 }, () => chanceOf(samples(next, 10), samples(next, 10)))
    const share = low.filter((chance) => chance < 0.05).length / low.length
    expect(share).toBeGreaterThan(0.02)
    expect(share).toBeLessThan(0.08)
  })
})

test('of many chances those are kept that chance alone would not bring', () => {
  // The example of Benjamini and Hochberg (1995): four of fifteen are kept.
  const chances = [
    0.0001, 0.0004, 0.0019, 0.0095, 0.0201, 0.0278, 0.0298, 0.0344, 0.0459, 0.324, 0.4262, 0.5719, 0.6528, 0.759, 1,
  ]
  expect(keptChance(chances.toReversed(), 0.05)).toBe(0.0095)
  expect(keptChance([0.2, 0.6], 0.05)).toBe(0)
  expect(keptChance([], 0.05)).toBe(0)
})

test('the factor between two runs lies in its interval', () => {
  const next = noise(7)
  const [low, high] = intervalBetween(samples(next, 20), samples(next, 20, 1.5))
  expect(low).toBeGreaterThan(1.2)
  expect(low).toBeLessThan(1.5)
  expect(high).toBeGreaterThan(1.5)
  expect(high).toBeLessThan(1.9)
})
