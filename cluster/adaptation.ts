import { ConfigurationError } from '../core/errors.ts'

/** Between what numbers a cluster's engines follow the work, and how fast. */
export interface AdaptOptions {
  /** The fewest engines. Default 0. */
  readonly min?: number
  /** The most engines. */
  readonly max: number
  /** How many tasks, ready or under way, are enough for one engine. Default: as many as it runs at a time. */
  readonly tasksPerEngine?: number
  /** For how long there must have been work for more engines before there are more, in milliseconds. Default 1,000. */
  readonly growAfterMs?: number
  /** For how long fewer must have been enough before there are fewer, in milliseconds. Default 30,000. */
  readonly shrinkAfterMs?: number
  /** How often it is looked at, in milliseconds. Default 250. */
  readonly everyMs?: number
}

interface Sample {
  readonly at: number
  /** How many engines there was work for. */
  readonly wanted: number
}

/**
 * How many engines there shall be, from how many tasks there were of late. More come when for `growAfterMs` there was work for more, and
 * then so many as there was always work for; some leave when for `shrinkAfterMs` fewer were enough, and then so many as were always idle. So a
 * short burst starts none, and a short pause ends none; what stays as it is comes to rest. Pure: time is given.
 */
export class Adaptation {
  readonly everyMs: number
  readonly #min: number
  readonly #max: number
  readonly #tasksPerEngine: number
  readonly #growAfterMs: number
  readonly #shrinkAfterMs: number
  /** The oldest first; the first may be older than both windows, and then speaks for their beginning. */
  #samples: Sample[] = []

  /**
   * `concurrency`: how many tasks an engine runs at a time.
   * @throws ConfigurationError naming the option that is wrong
   */
  constructor(options: AdaptOptions, concurrency: number) {
    const { min = 0, max, tasksPerEngine = concurrency } = options
    const { growAfterMs = 1_000, shrinkAfterMs = 30_000, everyMs = 250 } = options
    check('min', min, Number.isSafeInteger(min) && min >= 0, 'a whole number from 0 on')
    check(
      'max',
      max,
      Number.isSafeInteger(max) && max >= Math.max(1, min),
      `a whole number from ${Math.max(1, min)} on`,
    )
    check('tasksPerEngine', tasksPerEngine, tasksPerEngine > 0, 'a number above 0')
    for (const [name, ms] of Object.entries({ growAfterMs, shrinkAfterMs }))
      check(name, ms, ms >= 0, 'a time from 0 on')
    check('everyMs', everyMs, everyMs > 0, 'a time above 0')
    this.everyMs = everyMs
    this.#min = min
    this.#max = max
    this.#tasksPerEngine = tasksPerEngine
    this.#growAfterMs = growAfterMs
    this.#shrinkAfterMs = shrinkAfterMs
  }

  /** `tasks`: those ready and those at engines, now; `size`: how many engines there are, or are on their way. `now` does not fall. */
  decide(now: number, tasks: number, size: number): number {
    const wanted = this.#clamped(Math.ceil(tasks / this.#tasksPerEngine))
    this.#samples.push({ at: now, wanted })
    // Of long windows there are more samples than a call takes arguments.
    const least = this.#since(now - this.#growAfterMs, size).reduce((a, b) => Math.min(a, b))
    const most = this.#since(now - this.#shrinkAfterMs, size).reduce((a, b) => Math.max(a, b))
    // A window without an end always has a time of which nothing is known: for it nothing need be kept.
    this.#forget(now - Math.max(...[this.#growAfterMs, this.#shrinkAfterMs].filter(Number.isFinite), 0))
    return this.#clamped(Math.min(Math.max(size, least), most))
  }

  /** What was wanted from then on; of a time before it was looked at nothing is known but that it was enough. */
  #since(from: number, size: number): number[] {
    const first = this.#samples.findLastIndex(({ at }) => at <= from)
    const wanted = this.#samples.slice(Math.max(0, first)).map((sample) => sample.wanted)
    return first < 0 ? [...wanted, size] : wanted
  }

  #forget(before: number): void {
    const first = this.#samples.findLastIndex(({ at }) => at <= before)
    if (first > 0) this.#samples = this.#samples.slice(first)
  }

  #clamped(engines: number): number {
    return Math.min(this.#max, Math.max(this.#min, engines))
  }
}

function check(name: string, value: unknown, isRight: boolean, what: string): void {
  if (!isRight)
    throw new ConfigurationError(`adapt: ${name} must be ${what}, not ${value}`, { details: { [name]: value } })
}
