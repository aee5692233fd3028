import fc from 'fast-check'
import { expect, test } from 'vitest'
import { engines } from '../../../sim/lab/engine-spec.ts'
import { lowerBoundMs } from '../../../sim/lab/lower-bound.ts'
import { jainIndex, metricsOf } from '../../../sim/lab/metrics.ts'
import { simulateWorkload } from '../../../sim/lab/simulate-workload.ts'
import { workloadOf } from '../../../sim/lab/workload-of.ts'

test('every number of a small run', () => {
  const workload = workloadOf([
    { durationMs: 20_000, arrivalMs: 1_000 },
    { durationMs: 5_000, arrivalMs: 2_000 },
    { durationMs: 10_000, arrivalMs: 3_000 },
  ])
  const run = simulateWorkload(workload, { engines: [{}, { speed: 0.5 }], strategy: 'leastload' })
  // The newest engine is the least recently used: 0 goes to engine 1, 1 to engine 0, and 2 to engine 0, when 1 has ended.
  expect([...run.engine]).toEqual([1, 0, 0])
  expect(metricsOf(run)).toEqual({
    makespanMs: 40_000,
    lowerBoundMs: 35_000 / 1.5,
    makespanRatio: 40_000 / (35_000 / 1.5),
    responseMs: { mean: 59_000 / 3, p50: 14_000, p95: 40_000, p99: 40_000, max: 40_000 },
    waitMs: { mean: 4_000 / 3, p50: 0, p95: 4_000, p99: 4_000, max: 4_000 },
    boundedSlowdown: { mean: 3.4 / 3, p50: 1, p95: 1.4, p99: 1.4, max: 1.4 },
    utilisation: 55_000 / 80_000,
    loadFairness: 55_000 ** 2 / (2 * (40_000 ** 2 + 15_000 ** 2)),
    bytesMoved: 0,
    transfers: 0,
    decisions: 3,
    // Three submissions, three sent, three ends, three replies.
    messagesPerTask: 4,
  })
})

test('the bound: the longest chain on the fastest engine, or all the work', () => {
  const chain = workloadOf([{ durationMs: 100 }, { durationMs: 100, after: [0] }, { durationMs: 50 }])
  expect(lowerBoundMs(chain, engines(4))).toBe(200)
  expect(lowerBoundMs(chain, [{ speed: 2 }, {}])).toBe(100)
  expect(lowerBoundMs(chain, engines(1))).toBe(250)
  expect(
    lowerBoundMs(
      workloadOf([
        { durationMs: 10, arrivalMs: 5 },
        { durationMs: 1, arrivalMs: 90 },
      ]),
      engines(1),
    ),
  ).toBe(86)
  expect(
    lowerBoundMs(
      workloadOf([
        { durationMs: 10, cores: 4 },
        { durationMs: 10, cores: 2 },
      ]),
      engines(1, { cores: 4 }),
    ),
  ).toBe(15)
})

test('no run beats the bound, and with one core each it is within Graham’s: below twice as long', () => {
  const task = fc.record({ durationMs: fc.integer({ min: 1, max: 20 }), back: fc.nat(6) })
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 4 }), fc.array(task, { minLength: 1, maxLength: 30 }), (count, list) => {
      const workload = workloadOf(
        list.map(({ durationMs, back }, i) => ({ durationMs, after: back > 0 && i >= back ? [i - back] : [] })),
      )
      const { makespanRatio } = metricsOf(simulateWorkload(workload, { engines: engines(count) }))
      expect(makespanRatio).toBeGreaterThanOrEqual(1 - 1e-12)
      expect(makespanRatio).toBeLessThanOrEqual(2 - 1 / count + 1e-12)
    }),
  )
})

test('Jain’s index', () => {
  expect(jainIndex([3, 3, 3])).toBeCloseTo(1)
  expect(jainIndex([5, 0, 0, 0])).toBeCloseTo(0.25)
  expect(jainIndex([0, 0])).toBe(1)
})
