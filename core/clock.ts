/** Time as a parameter: real in production, virtual in simulation. All times are milliseconds. */
export interface Clock {
  /** Monotonic, with a fraction; its origin is arbitrary. */
  now(): number
  /** Milliseconds since the epoch, for people and logs; it may jump. */
  wallTime(): number
  /** Calls once after `delayMs`; the answer cancels it. */
  after(delayMs: number, callback: () => void): () => void
}

export const systemClock: Clock = {
  now: () => performance.now(),
  wallTime: () => Date.now(),
  after(delayMs, callback) {
    const timer = setTimeout(callback, delayMs)
    return () => clearTimeout(timer)
  },
}

const offsets = new WeakMap<Clock, number>()
/** What the two clocks differ by from one reading to the next; more is a jump. */
const unevenMs = 50

/**
 * What makes wall time of `now`. It stays the same until the wall clock jumps, so that one moment is told alike each time.
 */
export function wallTimeOffset(clock: Clock): number {
  const offset = clock.wallTime() - clock.now()
  const known = offsets.get(clock)
  if (known !== undefined && Math.abs(offset - known) < unevenMs) return known
  offsets.set(clock, offset)
  return offset
}
