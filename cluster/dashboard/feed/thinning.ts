import type { Bar, Point } from './run.ts'

/** What went wrong is kept for as long as what is so much younger. */
const errorAge = 0.2
const goldenRatio = 0.618_033_988_749_895
/** Of points, in milliseconds. */
const distanceMs = 500

/**
 * Where there are too many points: the older they are, the fewer, so that they span the whole run and are dense at its end. Of those that lie
 * so many distances from the beginning, every second, fourth, eighth and so on stays for two, four, eight times as long.
 */
export function thinnedPoints(points: readonly Point[], max: number): readonly Point[] {
  const nowMs = points.at(-1)?.at ?? 0
  return thinned(points, max, ({ at }) => (nowMs - at + distanceMs) / evenness(Math.round(at / distanceMs)))
}

/** Where there are too many bars: the older they are, the fewer, likewise. Each has a number of its own between 0 and 1, spread evenly. */
export function thinnedBars(bars: readonly Bar[], nowMs: number, max: number): readonly Bar[] {
  return thinned(bars, max, ([engine, startMs, endMs, , outcome]) => {
    const own = ((endMs * 7 + startMs) * goldenRatio + engine * goldenRatio ** 2) % 1
    return own * Math.max(1, nowMs - endMs) * (outcome === 0 ? 1 : errorAge)
  })
}

/** Those with the least weight stay, in order: three quarters of `max`, so that it is some time until there are too many again. */
function thinned<T>(items: readonly T[], max: number, weightOf: (item: T) => number): readonly T[] {
  if (items.length <= max) return items
  const weights = Float64Array.from(items, weightOf)
  const limit = weights.toSorted()[Math.floor(max * 0.75)] as number
  return items.filter((_, i) => (weights[i] as number) < limit)
}

/** The largest power of two that divides it. */
function evenness(count: number): number {
  return count === 0 ? 2 ** 30 : count & -count
}
