import { ConfigurationError } from '../../core/errors.ts'
import type { Random } from '../../core/random.ts'

/** A distribution of positive numbers, for durations and for gaps between arrivals. */
export interface Distribution {
  readonly mean: number
  /** Variance / mean². Infinity where there is no variance. */
  readonly squaredVariation: number
  draw(random: Random): number
}

/** Always the same. */
export function deterministic(mean: number): Distribution {
  checkPositive('mean', mean)
  return { mean, squaredVariation: 0, draw: () => mean }
}

/** Exponentially distributed values with this mean. */
export function exponential(mean: number): Distribution {
  checkPositive('mean', mean)
  return { mean, squaredVariation: 1, draw: (random) => exponentialDraw(mean, random) }
}

/**
 * Pareto's (type I): P(X > x) = (least / x)^shape. The mean asks for a `shape` above 1, the variance for one above 2: the smaller it is,
 * the heavier the tail.
 */
export function pareto({ mean, shape }: { readonly mean: number; readonly shape: number }): Distribution {
  checkPositive('mean', mean)
  if (!(shape > 1 && shape < Number.POSITIVE_INFINITY)) {
    throw new ConfigurationError(`shape must be a number above 1, or there is no mean; not ${shape}`)
  }
  const least = (mean * (shape - 1)) / shape
  return {
    mean,
    squaredVariation: shape > 2 ? 1 / (shape * (shape - 2)) : Number.POSITIVE_INFINITY,
    draw: (random) => least * (1 - random.unit()) ** (-1 / shape),
  }
}

/** e^(μ + σZ), Z standard normal, with this mean and squared variation e^σ² − 1. Z is drawn by Box's and Muller's method. */
export function lognormal({
  mean,
  squaredVariation,
}: {
  readonly mean: number
  readonly squaredVariation: number
}): Distribution {
  checkPositive('mean', mean)
  checkPositive('squaredVariation', squaredVariation)
  const variance = Math.log(1 + squaredVariation)
  const middle = Math.log(mean) - variance / 2
  const deviation = Math.sqrt(variance)
  return { mean, squaredVariation, draw: (random) => Math.exp(middle + deviation * normal(random)) }
}

/** One of two lengths: `long` with probability `longShare`, else `short`. */
export function bimodal({
  short,
  long,
  longShare,
}: {
  readonly short: number
  readonly long: number
  readonly longShare: number
}): Distribution {
  checkPositive('short', short)
  checkPositive('long', long)
  if (!(longShare >= 0 && longShare <= 1)) {
    throw new ConfigurationError(`longShare must be a number from 0 to 1, not ${longShare}`)
  }
  const mean = short + (long - short) * longShare
  return {
    mean,
    squaredVariation: ((long - short) ** 2 * longShare * (1 - longShare)) / mean ** 2,
    draw: (random) => (random.unit() < longShare ? long : short),
  }
}

/** @internal */
export function exponentialDraw(mean: number, random: Random): number {
  return -mean * Math.log(1 - random.unit())
}

/** Two numbers of the stream for each. */
function normal(random: Random): number {
  const radius = Math.sqrt(-2 * Math.log(1 - random.unit()))
  return radius * Math.cos(2 * Math.PI * random.unit())
}

function checkPositive(name: string, value: number): void {
  if (value > 0 && value < Number.POSITIVE_INFINITY) return
  throw new ConfigurationError(`${name} must be a number above 0, not ${value}`)
}
