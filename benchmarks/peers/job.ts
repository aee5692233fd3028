/**
 * What every pool is asked to do, ours as others'. Each contender is a process of its own, so that nobody pays for another's garbage. It
 * reads one job a line from its standard input, answers each with a line, and ends when the input does.
 */
export interface Job {
  readonly work: Work
  /** How many calls. */
  readonly count: number
  /** At most this many are under way at once. With 1, each call is timed. */
  readonly window: number
  /** All as one map, where the contender has one that chooses its chunks itself; the window then says nothing. */
  readonly isMap?: boolean
  /** How long calls sleep, or how much they compute, in milliseconds, over and over. */
  readonly ms?: readonly number[]
  /** What a call takes, or gives, or both. */
  readonly bytes?: number
  /** How it goes to a thread and comes back. Default `copied`. */
  readonly how?: PayloadWay
}

/**
 * `sleep` blocks its worker for so many milliseconds; `compute` does what takes about as many on an idle core; `increment` adds 1 to the
 * number of the call; `back` returns the typed array it is given, `take` does not, and `give` makes one.
 */
export type Work = 'nothing' | 'sleep' | 'compute' | 'increment' | 'back' | 'take' | 'give'
export type PayloadWay = 'copied' | 'transferred' | 'shared'

/** What a contender says when its workers have run a first call. */
export interface Ready {
  readonly version: string
}

export interface Done {
  /** From before the first submission to the last result. */
  readonly seconds: number
  /** Of each call, one after another: microseconds. Only with a window of 1. */
  readonly timesUs?: readonly number[]
}

/** A contender cannot do this, as poolifier cannot transfer a result. */
export interface Refused {
  readonly refused: string
}
