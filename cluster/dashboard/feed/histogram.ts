/** Counts of durations. Each bucket is 19 % wider than the one before: from 1 µs to 12 days. */
export type Histogram = number[]

const bucketsPerOctave = 4
/** Milliseconds at which the second bucket begins. The first holds all that is shorter. */
const leastMs = 0.001
export const bucketCount = 160

export function bucketOf(ms: number): number {
  if (!(ms > leastMs)) return 0
  return Math.min(bucketCount - 1, 1 + Math.floor(Math.log2(ms / leastMs) * bucketsPerOctave))
}

/** Milliseconds at which the bucket begins. */
export function bucketStart(bucket: number): number {
  return bucket === 0 ? 0 : leastMs * 2 ** ((bucket - 1) / bucketsPerOctave)
}

export function emptyHistogram(): Histogram {
  return new Array<number>(bucketCount).fill(0)
}

/** Milliseconds at which the bucket ends in which that share of what was counted lies; -1 where nothing was counted. */
export function quantileOf(counts: ArrayLike<number>, share: number): number {
  let total = 0
  for (let i = 0; i < counts.length; i += 1) total += counts[i] as number
  if (total === 0) return -1
  let left = share * total
  let bucket = 0
  while (bucket < counts.length - 1) {
    left -= counts[bucket] as number
    if (left <= 0) break
    bucket += 1
  }
  return bucketStart(bucket + 1)
}
