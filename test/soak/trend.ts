/** Whether a series grows: a slope that single outliers do not move, and how sure it is. */

export interface Point {
  /** In seconds. */
  readonly at: number
  readonly value: number
}

export interface Trend {
  readonly median: number
  /** Per second: the median of the slopes between all pairs of points (Theil and Sen). */
  readonly slope: number
  /** Between these the slope lies with a certainty of 95 % (Sen, by Kendall’s variance). */
  readonly lowest: number
  readonly highest: number
  /** How long the points extend, in seconds. */
  readonly seconds: number
}

const normalQuantile = 1.96

/** At least three points, at different times. */
export function trendOf(points: readonly Point[]): Trend {
  const slopes: number[] = []
  for (const [i, a] of points.entries()) {
    for (const b of points.slice(i + 1)) slopes.push((b.value - a.value) / (b.at - a.at))
  }
  slopes.sort((a, b) => a - b)
  const n = points.length
  const spread = normalQuantile * Math.sqrt((n * (n - 1) * (2 * n + 5)) / 18)
  const at = (rank: number) => slopes[Math.max(0, Math.min(slopes.length - 1, Math.round(rank)))] as number
  return {
    median: medianOf(points.map(({ value }) => value).sort((a, b) => a - b)),
    slope: medianOf(slopes),
    lowest: at((slopes.length - spread) / 2),
    highest: at((slopes.length + spread) / 2),
    seconds: (points.at(-1)?.at ?? 0) - (points[0]?.at ?? 0),
  }
}

/** Whether it surely grew, by more than `tolerance` over its time. */
export function grows({ lowest, seconds }: Trend, tolerance: number): boolean {
  return lowest * seconds > tolerance
}

function medianOf(sorted: readonly number[]): number {
  const middle = (sorted.length - 1) / 2
  return ((sorted[Math.floor(middle)] as number) + (sorted[Math.ceil(middle)] as number)) / 2
}
