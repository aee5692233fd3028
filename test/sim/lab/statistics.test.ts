import { describe, expect, test } from 'vitest'
import { seededRandom } from '../../../core/random.ts'
import { bursty, poisson } from '../../../sim/lab/arrival-processes.ts'
import { batchMeans } from '../../../sim/lab/batch-means.ts'
import { bimodal, deterministic, exponential, lognormal, pareto } from '../../../sim/lab/distributions.ts'
import { generateWorkload } from '../../../sim/lab/generate-workload.ts'

const draws = (distribution: ReturnType<typeof exponential>, count: number, seed = 1) => {
  const random = seededRandom(seed)
  return Float64Array.from({ length: count }, () => distribution.draw(random))
}

describe('distributions have the mean and the variation that they say', () => {
  test.for([
    ['deterministic', deterministic(3), 0],
    ['exponential', exponential(3), 1],
    ['Pareto', pareto({ mean: 3, shape: 4.5 }), 1 / (4.5 * 2.5)],
    ['lognormal', lognormal({ mean: 3, squaredVariation: 2 }), 2],
    ['bimodal', bimodal({ short: 1, long: 41, longShare: 0.05 }), (40 ** 2 * 0.05 * 0.95) / 9],
  ] as const)('%s', ([, distribution, squaredVariation]) => {
    expect(distribution.squaredVariation).toBeCloseTo(squaredVariation, 12)
    expect(distribution.mean).toBeCloseTo(3, 12)
    const values = draws(distribution, 100_000)
    const { mean, halfWidth } = batchMeans(values, { warmUpShare: 0 })
    expect(Math.abs(mean - 3)).toBeLessThanOrEqual(halfWidth)
    const squares = batchMeans(
      values.map((value) => (value - 3) ** 2),
      { warmUpShare: 0 },
    )
    expect(Math.abs(squares.mean - 9 * squaredVariation)).toBeLessThanOrEqual(squares.halfWidth)
    expect(values.every((value) => value > 0)).toBe(true)
  })

  test('the tail of Pareto’s is as heavy as its shape says', () => {
    const values = draws(pareto({ mean: 3, shape: 1.5 }), 100_000)
    // P(X > 100) = (least / 100)^1.5, least = 1.
    expect(values.filter((value) => value > 100).length / 1e5).toBeCloseTo(100 ** -1.5, 3)
    expect(pareto({ mean: 3, shape: 1.5 }).squaredVariation).toBe(Number.POSITIVE_INFINITY)
  })
})

describe('arrivals', () => {
  const gapsOf = (arrivals: ReturnType<typeof poisson>, tasks = 50_000) => {
    const { arrivalMs } = generateWorkload({ tasks, durations: exponential(1), arrivals })
    return arrivalMs.map((ms, i) => ms - (arrivalMs[i - 1] ?? 0))
  }

  test('Poisson: gaps are exponential', () => {
    const gaps = gapsOf(poisson({ perSecond: 20 }))
    const { mean, halfWidth } = batchMeans(gaps, { warmUpShare: 0 })
    expect(Math.abs(mean - 50)).toBeLessThanOrEqual(halfWidth)
    expect(gaps.filter((gap) => gap > 100).length / gaps.length).toBeCloseTo(Math.exp(-2), 2)
  })

  test('bursts: the rate in the long run, and far more variation', () => {
    const gaps = gapsOf(bursty({ perSecond: 20, onMs: 1_000, offMs: 9_000 }))
    expect(gaps.every((gap) => gap >= 0)).toBe(true)
    const { mean, halfWidth } = batchMeans(gaps, { warmUpShare: 0 })
    expect(Math.abs(mean - 50)).toBeLessThanOrEqual(halfWidth)
    const variance = gaps.reduce((sum, gap) => sum + (gap - mean) ** 2, 0) / gaps.length
    // In a burst 200 arrive a second, so that one gap in 200 has a pause in it, exponential with mean 9 s: 2 · 9² / 200 / 0.05² = 324.
    expect(variance / mean ** 2).toBeGreaterThan(250)
    expect(variance / mean ** 2).toBeLessThan(400)
    const within = gaps.filter((gap) => gap < 50).length / gaps.length
    expect(within).toBeGreaterThan(0.98)
  })
})

describe('batch means', () => {
  test('the interval holds the true mean as often as it says, where values depend on each other', () => {
    let hits = 0
    for (let seed = 0; seed < 400; seed += 1) {
      const random = seededRandom(seed)
      let last = 0
      const values = Array.from({ length: 6_000 }, () => {
        last = 0.8 * last + random.unit() - 0.5
        return last
      })
      const { mean, halfWidth } = batchMeans(values, { warmUpShare: 0.1, confidence: 0.9 })
      if (Math.abs(mean) <= halfWidth) hits += 1
    }
    // 360 expected; 3 standard deviations are 18.
    expect(hits).toBeGreaterThan(340)
    expect(hits).toBeLessThan(380)
  })

  test('Student’s quantile: of 30 batches at 0.99 it is 2.7564', () => {
    const values = Array.from({ length: 30 }, (_, i) => i)
    const { mean, halfWidth } = batchMeans(values, { warmUpShare: 0 })
    expect(mean).toBe(14.5)
    expect(halfWidth / Math.sqrt(77.5 / 30)).toBeCloseTo(2.7564, 4)
  })

  test('what is at the beginning is left out', () => {
    const values = Array.from({ length: 100 }, (_, i) => (i < 20 ? 1e6 : 1))
    expect(batchMeans(values, { warmUpShare: 0.2, batches: 10 })).toEqual({ mean: 1, halfWidth: 0 })
  })
})

test('what cannot be is refused', () => {
  expect(() => exponential(0)).toThrow('mean must be a number above 0')
  expect(() => pareto({ mean: 1, shape: 1 })).toThrow('shape must be a number above 1')
  expect(() => lognormal({ mean: 1, squaredVariation: 0 })).toThrow('squaredVariation must be')
  expect(() => bimodal({ short: 1, long: 2, longShare: 2 })).toThrow('longShare must be')
  expect(() => poisson({ perSecond: 0 })).toThrow('perSecond must be')
  expect(() => bursty({ perSecond: 1, onMs: 0, offMs: 1 })).toThrow('onMs must be')
  expect(() => generateWorkload({ tasks: 1.5, durations: exponential(1) })).toThrow('tasks must be')
  expect(() => batchMeans([1, 2, 3])).toThrow('3 values are too few for 30 batches')
  expect(() => batchMeans([1, 2, 3], { batches: 2 })).toThrow('batches must be')
})
