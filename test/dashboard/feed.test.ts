import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { BarSampler } from '../../cluster/dashboard/bar-sampler.ts'
import {
  bucketCount,
  bucketOf,
  bucketStart,
  emptyHistogram,
  quantileOf,
} from '../../cluster/dashboard/feed/histogram.ts'
import type { Bar, Point } from '../../cluster/dashboard/feed/run.ts'
import { thinnedBars, thinnedPoints } from '../../cluster/dashboard/feed/thinning.ts'
import { seededRandom } from '../../core/random.ts'

describe('histogram', () => {
  test('each duration lies in the bucket that it is counted in', () => {
    fc.assert(
      fc.property(fc.double({ min: 0, max: 1e8, noNaN: true }), (ms) => {
        const bucket = bucketOf(ms)
        expect(bucketStart(bucket)).toBeLessThanOrEqual(ms * (1 + 1e-6))
        if (bucket < bucketCount - 1) expect(bucketStart(bucket + 1)).toBeGreaterThanOrEqual(ms * (1 - 1e-6))
      }),
    )
    expect([bucketOf(-1), bucketOf(Number.NaN), bucketOf(0)]).toEqual([0, 0, 0])
  })

  test('a quantile is that of the durations, to the width of a bucket', () => {
    const durations = fc.array(fc.double({ min: 0.01, max: 1e6, noNaN: true }), { minLength: 1, maxLength: 200 })
    fc.assert(
      fc.property(durations, fc.constantFrom(0.5, 0.9, 0.95, 1), (all, share) => {
        const counts = emptyHistogram()
        for (const ms of all) counts[bucketOf(ms)] = (counts[bucketOf(ms)] as number) + 1
        const true_ = all.toSorted((a, b) => a - b)[Math.ceil(share * all.length) - 1] as number
        expect(quantileOf(counts, share)).toBeGreaterThanOrEqual(true_ * (1 - 1e-6))
        expect(quantileOf(counts, share)).toBeLessThanOrEqual(true_ * 1.26)
      }),
    )
    expect(quantileOf(emptyHistogram(), 0.5)).toBe(-1)
  })
})

describe('what is kept of a long run', () => {
  const nothing = { resident: 0, heap: 0, queued: 0, kept: 0 }
  const point = (at: number): Point => ({
    ...{ at, submitted: at, ended: at, failed: 0, waiting: 0, ready: 0, assigned: 0, running: 0, engines: 1 },
    ...{ memory: nothing, latencyMs: [-1, -1], waitMs: [-1, -1] },
  })

  test('points are bounded, span the whole run, and are dense at its end', () => {
    let points: readonly Point[] = []
    const everyMs = 500
    for (let i = 0; i < 30_000; i += 1) points = thinnedPoints([...points, point(i * everyMs)], 400)
    const end = 29_999 * everyMs
    expect(points.length).toBeLessThanOrEqual(400)
    expect(points[0]?.at).toBe(0)
    const last = points.slice(-30).map(({ at }) => at)
    expect(last).toEqual(Array.from({ length: 30 }, (_, i) => end - (29 - i) * everyMs))
    // None is missing for longer than a tenth of its age, and some.
    const gaps = points.slice(1).map(({ at }, i) => (at - (points[i] as Point).at - everyMs) / (end - at + 60_000))
    expect(Math.max(...gaps)).toBeLessThan(0.1)
  })

  test('bars are bounded, span the whole run, and are dense at its end', () => {
    let bars: Bar[] = []
    for (let i = 0; i < 200_000; i += 1) {
      bars.push([i % 7, i, i + 1, 0, 0, `${i}`])
      bars = thinnedBars(bars, i + 1, 2_000) as Bar[]
    }
    expect(bars.length).toBeLessThanOrEqual(2_000)
    const endedBefore = (share: number) => bars.filter(([, , end]) => end < 200_000 * share).length
    expect(endedBefore(0.25)).toBeGreaterThan(10)
    expect(bars.length - endedBefore(0.5)).toBeGreaterThan(endedBefore(0.5))
    expect(bars.filter(([, , end]) => end > 199_900).length).toBeGreaterThan(80)
    // Whichever engine: none is drawn more than others.
    const byEngine = Array.from({ length: 7 }, (_, engine) => bars.filter(([one]) => one === engine).length)
    expect(Math.min(...byEngine)).toBeGreaterThan(Math.max(...byEngine) / 2)
  })

  test('what failed is kept for longer than what succeeded', () => {
    const bars = Array.from({ length: 10_000 }, (_, i): Bar => [0, i, i + 1, 0, i % 2, `${i}`])
    const kept = thinnedBars(bars, 10_000, 1_000)
    const failed = kept.filter(([, , , , outcome]) => outcome !== 0).length
    expect(failed).toBeGreaterThan(1.5 * (kept.length - failed))
  })
})

describe('which attempts are drawn', () => {
  function drawn(interval: readonly number[], count = 20): number[] {
    const sampler = new BarSampler(60)
    let taken: number[] = []
    for (let i = 0; i < count; i += 1) {
      taken = interval.filter((ms) => sampler.takes(ms))
      sampler.nextInterval()
    }
    return taken
  }

  test('all, where there are few', () => {
    expect(drawn(Array.from({ length: 60 }, (_, i) => i))).toHaveLength(60)
  })

  test('so many as are wanted, where there are many, even of empty ones', () => {
    for (const ms of [0, 3, 1_000]) {
      const { length } = drawn(new Array<number>(10_000).fill(ms))
      expect(length).toBeGreaterThanOrEqual(55)
      expect(length).toBeLessThanOrEqual(65)
    }
  })

  test('in proportion to how long they ran', () => {
    const random = seededRandom(1)
    const mixed = Array.from({ length: 5_000 }, () => (random.below(10) === 0 ? 90 : 10))
    const long = drawn(mixed).filter((ms) => ms === 90).length
    expect(long).toBeGreaterThan(22)
    expect(long).toBeLessThan(38)
  })

  test('never more than twice as many as are wanted, when many come at once', () => {
    const sampler = new BarSampler(60)
    expect(new Array(10_000).fill(5).filter((ms) => sampler.takes(ms))).toHaveLength(120)
  })
})
