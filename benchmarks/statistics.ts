/** What samples that were taken in rounds come to. Intervals are of 95 %, by bootstrap; the same samples give the same interval. */
import { errorFunction, medianSorted, quantileSorted, sampleWithReplacement, wilcoxonRankSum } from 'simple-statistics'
import { seededRandom } from '../core/random.ts'

export type Interval = readonly [low: number, high: number]

export interface Estimate {
  /** The median; NaN where there is no sample. */
  readonly median: number
  /** Where the median of many more rounds like these would lie. Absent where the rounds are too few to say. */
  readonly interval?: Interval
}

/** With fewer samples than this, not even all of them together hold the true median in 95 % of the cases. */
export const samplesMin = 6
const resamples = 1_000
const confidence = 0.95

export function estimate(samples: readonly number[]): Estimate {
  const known = samples.filter(Number.isFinite)
  if (known.length === 0) return { median: Number.NaN }
  const median = medianOf(known)
  if (known.length < samplesMin) return { median }
  const random = seededRandom(1)
  const draw = () => medianOf(sampleWithReplacement([...known], known.length, () => random.unit()))
  return { median, interval: middle(Array.from({ length: resamples }, draw)) }
}

/** Of two that took turns: each round's ratio, so that a busy moment of the machine falls on both. */
export function ratios(samples: readonly number[], reference: readonly number[]): number[] {
  return samples.map((sample, round) => sample / (reference[round] ?? Number.NaN))
}

export function medianOf(samples: readonly number[]): number {
  return medianSorted(samples.toSorted((a, b) => a - b))
}

/** What lies between both tails of the distribution. */
function middle(values: readonly number[]): Interval {
  const sorted = values.toSorted((a, b) => a - b)
  return [quantileSorted(sorted, (1 - confidence) / 2), quantileSorted(sorted, (1 + confidence) / 2)]
}

/** The value that this share of the samples lies below. */
export function quantileOf(samples: readonly number[], share: number): number {
  return quantileSorted(
    samples.toSorted((a, b) => a - b),
    share,
  )
}

/** Of two runs, whose rounds are not pairs: between which factors the median of the one is a multiple of the other's. */
export function intervalBetween(before: readonly number[], after: readonly number[]): Interval {
  const random = seededRandom(1)
  const draw = (samples: readonly number[]) =>
    medianOf(sampleWithReplacement([...samples], samples.length, () => random.unit()))
  return middle(Array.from({ length: resamples }, () => draw(after) / draw(before)))
}

/**
 * How likely two samples would lie as far apart as these, one above the other, if both came from one source: Wilcoxon's rank sum (Mann and
 * Whitney's U), two-sided, by its normal approximation. That gives for few samples more than the exact probability, never less.
 */
export function chanceOf(before: readonly number[], after: readonly number[]): number {
  const [n, m] = [before.length, after.length]
  const expected = (n * (n + m + 1)) / 2
  const deviation = Math.sqrt((n * m * (n + m + 1)) / 12)
  const z = Math.abs(wilcoxonRankSum([...before], [...after]) - expected) / deviation
  return 1 - errorFunction(z / Math.SQRT2)
}

/**
 * Of many chances, those that stand out from what chance alone would bring among so many: of the ones that are kept, the given share is
 * expected to be wrong (Benjamini and Hochberg's procedure). The greatest chance that is kept; 0 where none is.
 */
export function keptChance(chances: readonly number[], share: number): number {
  const sorted = chances.toSorted((a, b) => a - b)
  return sorted.findLast((chance, index) => chance <= (share * (index + 1)) / sorted.length) ?? 0
}
