import { normalTails } from './normal.ts'
import { ranksOf, tieCorrection } from './ranks.ts'

/** What Wilcoxon's signed-rank test says of paired differences. */
export interface SignedRankTest {
  /** Differences that are not 0. Those that are say nothing about which side is larger, and are left out. */
  readonly n: number
  /** The sum of the ranks of the positive differences (W⁺, which R calls V). */
  readonly rankSum: number
  /** How likely signs that are as uneven as these, or more so, would be if both signs were as likely. Two-sided; 1 where n is 0. */
  readonly pValue: number
  readonly method: 'exact' | 'normal'
  /**
   * The matched-pairs rank-biserial correlation, (W⁺ − W⁻) / (W⁺ + W⁻): 1 where all differences are positive, −1 where all are negative.
   * Source: Kerby, The Simple Difference Formula, Comprehensive Psychology 3, 2014.
   */
  readonly rankBiserial: number
}

/** Up to this many differences all 2ⁿ signs are counted: as whole numbers they are exact below 2⁵³. */
const exactMax = 50

/**
 * Wilcoxon's signed-rank test of paired differences. Up to 50 of them the distribution is exact, equal differences included, given their
 * ranks; of more it is the normal approximation, corrected for ties and for continuity.
 * Source: Hollander, Wolfe, Chicken, Nonparametric Statistical Methods, 2014, section 3.1.
 */
export function signedRankTest(differences: readonly number[]): SignedRankTest {
  const known = differences.filter((difference) => difference !== 0)
  const n = known.length
  if (n === 0) return { n, rankSum: 0, pValue: 1, method: 'exact', rankBiserial: 0 }
  const { ranks, ties } = ranksOf(known.map(Math.abs))
  const rankSum = ranks.reduce((sum, rank, i) => ((known[i] as number) > 0 ? sum + rank : sum), 0)
  const total = (n * (n + 1)) / 2
  const isExact = n <= exactMax
  return {
    n,
    rankSum,
    pValue: isExact ? exact(ranks, Math.min(rankSum, total - rankSum)) : normal(n, rankSum, ties),
    method: isExact ? 'exact' : 'normal',
    rankBiserial: (2 * rankSum - total) / total,
  }
}

/** Counts the choices of signs by their sum of ranks, which is doubled: shared ranks may be halves. */
function exact(ranks: readonly number[], smaller: number): number {
  const total = ranks.length * (ranks.length + 1)
  const counts = new Float64Array(total + 1)
  counts[0] = 1
  let reached = 0
  for (const rank of ranks) {
    const step = 2 * rank
    reached += step
    for (let sum = reached; sum >= step; sum -= 1) {
      counts[sum] = (counts[sum] as number) + (counts[sum - step] as number)
    }
  }
  const tail = counts.subarray(0, 2 * smaller + 1).reduce((sum, count) => sum + count, 0)
  return Math.min(1, (2 * tail) / 2 ** ranks.length)
}

function normal(n: number, rankSum: number, ties: readonly number[]): number {
  const variance = (n * (n + 1) * (2 * n + 1)) / 24 - tieCorrection(ties) / 48
  const distance = Math.max(0, Math.abs(rankSum - (n * (n + 1)) / 4) - 0.5)
  return normalTails(distance / Math.sqrt(variance))
}
