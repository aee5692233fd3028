import { ConfigurationError } from '../../../core/errors.ts'
import { chiSquaredTail } from './chi-squared.ts'
import { ranksOf, tieCorrection } from './ranks.ts'

/** What Friedman's test says of treatments that were compared in blocks. */
export interface FriedmanTest {
  readonly blocks: number
  /** Of each treatment, over the blocks; the smallest value of a block has rank 1. */
  readonly meanRanks: readonly number[]
  readonly chiSquared: number
  readonly freedom: number
  /** How likely ranks as uneven as these would be if all treatments were alike; the χ² approximation, which a handful of blocks do not justify. */
  readonly pValue: number
}

/**
 * Friedman's test, corrected for ties: whether treatments differ that all met the same blocks.
 * Source: Hollander, Wolfe, Chicken, Nonparametric Statistical Methods, 2014, section 7.1.
 *
 * @param blocks each with a value for each treatment, at least two of them
 */
export function friedmanTest(blocks: readonly (readonly number[])[]): FriedmanTest {
  const n = blocks.length
  const k = blocks[0]?.length ?? 0
  if (k < 2 || blocks.some((block) => block.length !== k)) {
    throw new ConfigurationError('every block must have a value for each of two treatments or more')
  }
  const ranked = blocks.map(ranksOf)
  const sums = Array.from({ length: k }, (_, j) => ranked.reduce((sum, { ranks }) => sum + (ranks[j] as number), 0))
  const spread = sums.reduce((sum, one) => sum + (one - (n * (k + 1)) / 2) ** 2, 0)
  const tied = ranked.reduce((sum, { ties }) => sum + tieCorrection(ties), 0)
  const chiSquared = spread === 0 ? 0 : (12 * spread) / (n * k * (k + 1) - tied / (k - 1))
  return {
    blocks: n,
    meanRanks: sums.map((sum) => sum / n),
    chiSquared,
    freedom: k - 1,
    pValue: chiSquaredTail(chiSquared, k - 1),
  }
}
