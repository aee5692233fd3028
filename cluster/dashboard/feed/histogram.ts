/** Counts of durations. Four buckets double: at 1, 1.25, 1.5, 1.75 and 2 times a power of two, from 1 µs to 12 days. */
export type Histogram = number[]

/** Milliseconds at which the second bucket begins: a power of two. The first holds all that is shorter. */
const leastMs = 2 ** -10
export const bucketCount = 160

const asNumber = new Float32Array(1)
/** The same memory: an exponent, then a fraction, of which the first two bits tell the quarter. */
const asBits = new Uint32Array(asNumber.buffer)
const quarterBits = 21
const firstQuarter = quarterOf(leastMs)

function quarterOf(ms: number): number {
  asNumber[0] = ms
  return (asBits[0] as number) >>> quarterBits
}

/** Three for each task: a logarithm would cost several times as much. */
export function bucketOf(ms: number): number {
  return ms >= leastMs ? Math.min(bucketCount - 1, 1 + quarterOf(ms) - firstQuarter) : 0
}

/** Milliseconds at which the bucket begins. */
export function bucketStart(bucket: number): number {
  if (bucket === 0) return 0
  asBits[0] = (bucket - 1 + firstQuarter) << quarterBits
  return asNumber[0] as number
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
