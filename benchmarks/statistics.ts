/** What samples that were taken in rounds come to. Intervals are of 95 %, by bootstrap; the same samples give the same interval. */
import { medianSorted, quantileSorted, sampleWithReplacement } from 'simple-statistics'
import { seededRandom } from '../core/random.ts'

export interface Estimate {
  /** The median; NaN where there is no sample. */
  readonly median: number
  /** Where the median of many more rounds like these would lie. Absent where the rounds are too few to say. */
  readonly interval?: readonly [low: number, high: number]
}

/** With fewer samples than this, not even all of them together hold the true median in 95 % of the cases. */
const samplesMin = 6
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
function middle(values: readonly number[]): [number, number] {
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
