import { ConfigurationError } from '../../core/errors.ts'

/** A mean in the long run, with an interval. */
export interface SteadyMean {
  readonly mean: number
  /** With the confidence that was asked for, the true mean is within `mean ± halfWidth`. */
  readonly halfWidth: number
}

export interface BatchMeansOptions {
  /** The part at the beginning that is left out, since the system begins empty. Default 0.2. */
  readonly warmUpShare?: number
  /** From 10 on. Default 30. */
  readonly batches?: number
  readonly confidence?: keyof typeof normalQuantiles
}

/** Two-sided, of the standard normal distribution, by confidence. */
const normalQuantiles = {
  0.9: 1.6448536269514722,
  0.95: 1.959963984540054,
  0.99: 2.5758293035489004,
} as const

/**
 * The mean of a sequence whose members depend on those shortly before them: the mean of batches, which are as good as
 * independent if each is much longer than that dependence. What does not fill a batch is left out. Default confidence: 0.99.
 * Source: Law, Simulation Modeling and Analysis, 2015, section 9.5.3.
 */
export function batchMeans(values: ArrayLike<number>, options: BatchMeansOptions = {}): SteadyMean {
  const { warmUpShare = 0.2, batches = 30, confidence = 0.99 } = options
  if (!(Number.isInteger(batches) && batches >= 10)) {
    throw new ConfigurationError(`batches must be a whole number from 10 on, not ${batches}`)
  }
  if (!(warmUpShare >= 0 && warmUpShare < 1)) {
    throw new ConfigurationError(`warmUpShare must be a number from 0 to below 1, not ${warmUpShare}`)
  }
  const first = Math.floor(values.length * warmUpShare)
  const length = Math.floor((values.length - first) / batches)
  if (length < 1) throw new ConfigurationError(`${values.length} values are too few for ${batches} batches`)
  const means = Array.from({ length: batches }, (_, batch) => {
    let sum = 0
    for (let i = 0; i < length; i += 1) sum += values[first + batch * length + i] as number
    return sum / length
  })
  const mean = means.reduce((sum, one) => sum + one, 0) / batches
  const variance = means.reduce((sum, one) => sum + (one - mean) ** 2, 0) / (batches - 1)
  return { mean, halfWidth: studentQuantile(normalQuantiles[confidence], batches - 1) * Math.sqrt(variance / batches) }
}

/**
 * Student's quantile from the normal one, right to 4 digits from 9 degrees of freedom on.
 * Source: Abramowitz, Stegun, Handbook of Mathematical Functions, 26.7.5.
 */
function studentQuantile(z: number, freedom: number): number {
  return (
    z +
    (z ** 3 + z) / (4 * freedom) +
    (5 * z ** 5 + 16 * z ** 3 + 3 * z) / (96 * freedom ** 2) +
    (3 * z ** 7 + 19 * z ** 5 + 17 * z ** 3 - 15 * z) / (384 * freedom ** 3)
  )
}
