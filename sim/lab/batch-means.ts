import { ConfigurationError } from '../../core/errors.ts'
import { studentCritical } from './statistics/student.ts'

/** A mean in the long run, with an interval. */
export interface SteadyMean {
  readonly mean: number
  /** With the confidence that was asked for, the true mean is within `mean ± halfWidth`. */
  readonly halfWidth: number
}

/** How a long run is cut into batches. */
export interface BatchMeansOptions {
  /** The part at the beginning that is left out, since the system begins empty. Default 0.2. */
  readonly warmUpShare?: number
  /** From 10 on. Default 30. */
  readonly batches?: number
  /** From 0 to 1. Default 0.99. */
  readonly confidence?: number
}

/**
 * The mean of a sequence whose members depend on those shortly before them: the mean of batches, which are as good as
 * independent if each is much longer than that dependence. What does not fill a batch is left out.
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
  if (!(confidence > 0 && confidence < 1)) {
    throw new ConfigurationError(`confidence must be a number between 0 and 1, not ${confidence}`)
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
  return { mean, halfWidth: studentCritical(confidence, batches - 1) * Math.sqrt(variance / batches) }
}
