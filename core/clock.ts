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
