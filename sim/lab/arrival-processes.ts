import { ConfigurationError } from '../../core/errors.ts'
import type { Random } from '../../core/random.ts'
import { exponentialDraw } from './distributions.ts'

/** When tasks arrive. */
export interface ArrivalProcess {
  /** Starts anew: each call of the answer gives the time of the next arrival, in milliseconds, never before the last. */
  begin(random: Random): () => number
}

/** Independent arrivals, `perSecond` on average: the gaps are exponential. */
export function poisson({ perSecond }: { readonly perSecond: number }): ArrivalProcess {
  checkPositive('perSecond', perSecond)
  const gapMs = 1_000 / perSecond
  return {
    begin(random) {
      let atMs = 0
      return () => {
        atMs += exponentialDraw(gapMs, random)
        return atMs
      }
    },
  }
}

/**
 * Arrivals in bursts: for a time, exponential with mean `onMs`, they come as a Poisson process; then for a time, exponential with mean
 * `offMs`, there are none. `perSecond` is the mean over both. (An interrupted Poisson process.) It begins with a burst.
 */
export function bursty({
  perSecond,
  onMs,
  offMs,
}: {
  readonly perSecond: number
  readonly onMs: number
  readonly offMs: number
}): ArrivalProcess {
  checkPositive('perSecond', perSecond)
  checkPositive('onMs', onMs)
  checkPositive('offMs', offMs)
  const gapMs = (1_000 / perSecond) * (onMs / (onMs + offMs))
  return {
    begin(random) {
      // Phases have a stream of their own, so that they do not change with the rate.
      const phases = random.substream('phases')
      let atMs = 0
      let endMs = exponentialDraw(onMs, phases)
      return () => {
        let leftMs = exponentialDraw(gapMs, random)
        while (atMs + leftMs > endMs) {
          // The gaps have no memory: what is left of one goes on in the next burst.
          leftMs -= endMs - atMs
          atMs = endMs + exponentialDraw(offMs, phases)
          endMs = atMs + exponentialDraw(onMs, phases)
        }
        atMs += leftMs
        return atMs
      }
    },
  }
}

function checkPositive(name: string, value: number): void {
  if (value > 0 && value < Number.POSITIVE_INFINITY) return
  throw new ConfigurationError(`${name} must be a number above 0, not ${value}`)
}
