import { expect, test } from 'vitest'
import { seededRandom } from '../../../core/random.ts'
import { chiSquaredTail } from '../../../sim/lab/statistics/chi-squared.ts'
import { friedmanTest } from '../../../sim/lab/statistics/friedman-test.ts'
import { holm } from '../../../sim/lab/statistics/holm.ts'
import { meanInterval } from '../../../sim/lab/statistics/mean-interval.ts'
import { factorsOfBest, performanceProfile } from '../../../sim/lab/statistics/performance-profile.ts'
import { signedRankTest } from '../../../sim/lab/statistics/signed-rank-test.ts'
import { studentCritical } from '../../../sim/lab/statistics/student.ts'
import { warmUpLength } from '../../../sim/lab/statistics/warm-up.ts'

test('Student’s quantile with one degree of freedom is a tangent', () => {
  expect(studentCritical(0.95, 1)).toBeCloseTo(Math.tan(0.475 * Math.PI), 12)
})

test.for([
  [0.95, 1, 12.706204736432095],
  [0.95, 2, 4.302652729911275],
  [0.95, 19, 2.093024054408263],
  [0.99, 4, 4.604094871415897],
  [0.99, 29, 2.756385903670335],
  [0.9, 30, 1.6972608943617378],
  [0.95, 100, 1.9839715184496334],
] as const)('Student’s quantile: %d, %d degrees of freedom', ([confidence, freedom, value]) => {
  expect(studentCritical(confidence, freedom)).toBeCloseTo(value, 7)
})

test.for([
  [3.841458820694124, 1, 0.05],
  [5.991464547107979, 2, 0.05],
  [7.3, 3, 0.06292623645904312],
  [0.5, 5, 0.9921232932326296],
  [20, 8, 0.010336050675925726],
  [40, 7, 1.258790387371308e-6],
] as const)('the tail of χ²: %d, %d degrees of freedom', ([x, freedom, value]) => {
  expect(chiSquaredTail(x, freedom)).toBeCloseTo(value, 6)
})

test('an interval of a mean', () => {
  // The mean is 5, the deviation √(32/7).
  const { n, mean, halfWidth } = meanInterval([2, 4, 4, 4, 5, 5, 7, 9])
  expect([n, mean]).toEqual([8, 5])
  expect(halfWidth).toBeCloseTo((2.364624251592785 * Math.sqrt(32 / 7)) / Math.sqrt(8), 10)
  expect(meanInterval([3])).toEqual({ n: 1, mean: 3 })
  expect(meanInterval(new Array(20).fill(0.1))).toEqual({ n: 20, mean: 0.1, halfWidth: 0 })
  expect(meanInterval([])).toEqual({ n: 0, mean: Number.NaN })
})

test('the signed-rank test: the depression scale of Hollander and Wolfe, as R’s wilcox.test has it', () => {
  const before = [1.83, 0.5, 1.62, 2.48, 1.68, 1.88, 1.55, 3.06, 1.3]
  const after = [0.878, 0.647, 0.598, 2.05, 1.06, 1.29, 1.06, 3.14, 1.29]
  expect(signedRankTest(before.map((x, i) => x - (after[i] as number)))).toEqual({
    n: 9,
    rankSum: 40,
    pValue: 0.0390625,
    method: 'exact',
    rankBiserial: 35 / 45,
  })
})

test('the signed-rank test counts all signs, also where ranks are shared', () => {
  // Of 2⁸ choices of signs 15 have a sum of at most 6.
  expect(signedRankTest([1, 1, -2, 3, 3, 3, -1, 5, 0])).toMatchObject({ n: 8, rankSum: 30, pValue: 0.1171875 })
  expect(signedRankTest([1, 2, 3, 4, 5]).pValue).toBe(2 / 32)
  expect(signedRankTest([-1, -2, -3, -4, -5])).toMatchObject({ pValue: 2 / 32, rankBiserial: -1 })
  expect(signedRankTest([0, 0])).toEqual({ n: 0, rankSum: 0, pValue: 1, method: 'exact', rankBiserial: 0 })
})

test('the signed-rank test of many is by the normal approximation, corrected for ties and continuity', () => {
  const differences = Array.from({ length: 60 }, (_, i) => (i % 3 === 0 ? -1 : 1) * (((i * 7) % 23) + 1))
  const { pValue, method } = signedRankTest(differences)
  expect(method).toBe('normal')
  expect(pValue).toBeCloseTo(0.06511209983371634, 6)
})

test('both ways of the signed-rank test agree where one passes into the other', () => {
  const random = seededRandom(3)
  const differences = Array.from({ length: 51 }, () => random.unit() - 0.4)
  const [many, fewer] = [signedRankTest(differences), signedRankTest(differences.slice(1))]
  expect([many.method, fewer.method]).toEqual(['normal', 'exact'])
  expect(Math.abs(many.pValue - fewer.pValue)).toBeLessThan(0.1)
})

test('Holm’s correction', () => {
  const adjusted = holm([0.04, 0.01, 0.03, 0.005])
  ;[0.06, 0.03, 0.06, 0.02].forEach((value, i) => {
    expect(adjusted[i]).toBeCloseTo(value, 12)
  })
  expect(holm([0.9, 0.8])).toEqual([1, 1])
  expect(holm([])).toEqual([])
})

// Rounding first base by three methods, 22 players: Hollander and Wolfe, as R's friedman.test has it.
const rounding =
  `5.40 5.50 5.55 5.85 5.70 5.75 5.20 5.60 5.50 5.55 5.50 5.40 5.90 5.85 5.70 5.45 5.55 5.60 5.40 5.40 5.35 5.45 5.50 5.35
5.25 5.15 5.00 5.85 5.80 5.70 5.25 5.20 5.10 5.65 5.55 5.45 5.60 5.35 5.45 5.05 5.00 4.95 5.50 5.50 5.40 5.45 5.55 5.50
5.55 5.55 5.35 5.45 5.50 5.55 5.50 5.45 5.25 5.65 5.60 5.40 5.70 5.65 5.55 6.30 6.30 6.25`
    .split(/\s+/)
    .map(Number)

test('Friedman’s test', () => {
  const blocks = Array.from({ length: 22 }, (_, i) => rounding.slice(3 * i, 3 * i + 3))
  const { chiSquared, freedom, pValue, meanRanks } = friedmanTest(blocks)
  expect(chiSquared).toBeCloseTo(11.142857142857132, 9)
  expect(freedom).toBe(2)
  expect(pValue).toBeCloseTo(0.003805040775511383, 9)
  expect(meanRanks.map((rank) => rank * 22)).toEqual([53, 47, 32])
})

test('Friedman’s test of what is all alike', () => {
  const alike = [
    [1, 1],
    [2, 2],
  ]
  expect(friedmanTest(alike)).toMatchObject({ chiSquared: 0, pValue: 1, meanRanks: [1.5, 1.5] })
  expect(() => friedmanTest([[1]])).toThrow(/two treatments or more/)
})

test('a performance profile', () => {
  const problems = [
    [10, 20],
    [30, 15],
    [8, 8],
    [0, 4],
  ]
  expect(performanceProfile(problems)).toEqual([
    [
      { factor: 1, share: 0.75 },
      { factor: 2, share: 1 },
    ],
    [
      { factor: 1, share: 0.5 },
      { factor: 2, share: 0.75 },
    ],
  ])
  expect(factorsOfBest([0, 0, 2])).toEqual([1, 1, Number.POSITIVE_INFINITY])
})

test('a warm-up ends where the level is reached', () => {
  const random = seededRandom(1)
  const level = (i: number) => (i < 300 ? i / 300 : 1) + 0.01 * random.unit()
  const found = warmUpLength(Array.from({ length: 3_000 }, (_, i) => level(i)))
  expect(found).toBeGreaterThan(250)
  expect(found).toBeLessThan(320)
  expect(warmUpLength(new Array(100).fill(7))).toBe(0)
})

test('MSER-5 by its definition', () => {
  const random = seededRandom(2)
  const values = Array.from({ length: 203 }, (_, i) => Math.exp(-i / 20) + random.unit())
  const means = Array.from({ length: 40 }, (_, b) => values.slice(5 * b, 5 * b + 5).reduce((sum, x) => sum + x / 5, 0))
  const statistic = (d: number) => {
    const kept = means.slice(d)
    const mean = kept.reduce((sum, x) => sum + x, 0) / kept.length
    return kept.reduce((sum, x) => sum + (x - mean) ** 2, 0) / kept.length ** 2
  }
  const all = Array.from({ length: 36 }, (_, d) => statistic(d))
  expect(warmUpLength(values)).toBe(5 * all.indexOf(Math.min(...all)))
})

test('a run that only climbs has no warm-up that ends', () => {
  expect(warmUpLength(Array.from({ length: 1_000 }, (_, i) => i))).toBeUndefined()
})
