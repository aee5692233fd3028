import { mean, sampleStandardDeviation } from 'simple-statistics'
import { studentCritical } from './student.ts'

/** A mean of independent samples, and how far the true one may be from it. */
export interface MeanInterval {
  /** How many samples. */
  readonly n: number
  /** NaN of none. */
  readonly mean: number
  /** With the confidence that was asked for, the true mean is within `mean ± halfWidth`, if samples are normal or many. Absent of fewer than two. */
  readonly halfWidth?: number
}

/** By Student's distribution. Default confidence: 0.95. */
export function meanInterval(samples: readonly number[], confidence = 0.95): MeanInterval {
  const n = samples.length
  const [first = Number.NaN] = samples
  // Sums of equal numbers are not quite their multiples.
  if (samples.every((sample) => sample === first)) return { n, mean: first, ...(n > 1 ? { halfWidth: 0 } : {}) }
  const found = mean([...samples])
  const error = sampleStandardDeviation([...samples]) / Math.sqrt(n)
  return { n, mean: found, halfWidth: studentCritical(confidence, n - 1) * error }
}
