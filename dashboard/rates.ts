import type { Point } from '../cluster/dashboard/feed/run.ts'

/** Tasks that ended in each second between two points, for each point. */
export function ratesOf(points: readonly Point[], count: (point: Point) => number = ({ ended }) => ended): number[] {
  return points.map((point, i) => {
    const before = points[i - 1]
    if (before === undefined || point.at <= before.at) return 0
    return ((count(point) - count(before)) / (point.at - before.at)) * 1_000
  })
}

/** Over the last two seconds, or as much as there is. */
export function lastRate(points: readonly Point[]): number {
  const last = points.at(-1)
  if (last === undefined) return 0
  const before = points.findLast(({ at }) => at <= last.at - 2_000) ?? points[0]
  if (before === undefined || before.at >= last.at) return 0
  return ((last.ended - before.ended) / (last.at - before.at)) * 1_000
}
