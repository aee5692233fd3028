import type { Random } from '../core/random.ts'

const minuteMs = 60_000
const hourMs = 60 * minuteMs
const dayMs = 24 * hourMs

/** How fast things happen in a simulation. All times are milliseconds. */
export interface Pace {
  readonly name: 'seconds' | 'minutes' | 'hours'
  readonly heartbeatMs: number
  readonly faultsEveryMs: number
  readonly faultsMs: number
  readonly lastsMsMax: number
  readonly restartMsMax: number
  readonly recoveryMs: number
  readonly reconnectMs: number
  /** In which all tasks are submitted. */
  readonly spanMs: number
  readonly taskMsMax: number
  /** After everything was healed. */
  readonly patienceMs: number
}

const neverMs = 2 ** 31 - 1

/**
 * Most runs are dense: so much goes wrong in so short a time that paths cross which hardly ever do. The others are long, for what only
 * time brings: timers of hours, and many of them in a row.
 */
export function drawPace(random: Random): Pace {
  const pick = <T>(list: readonly T[]): T => list[random.below(list.length)] as T
  const share = random.below(10)
  if (share === 0) {
    const faultsEveryMs = pick([30 * minuteMs, 2 * hourMs, 8 * hourMs])
    return {
      name: 'hours',
      heartbeatMs: pick([hourMs, 6 * hourMs]),
      faultsEveryMs,
      faultsMs: pick([2 * dayMs, 5 * dayMs]),
      // Whoever seeks a lost link tries every two seconds at least, which makes times without any the dearest to simulate.
      lastsMsMax: faultsEveryMs * pick([0.1, 0.5]),
      restartMsMax: pick([3_000, 10 * minuteMs]),
      recoveryMs: pick([minuteMs, hourMs]),
      reconnectMs: pick([30_000, hourMs, neverMs]),
      spanMs: dayMs,
      taskMsMax: 8 * hourMs,
      patienceMs: 60 * dayMs,
    }
  }
  if (share === 1) {
    const faultsEveryMs = pick([minuteMs, 5 * minuteMs, 20 * minuteMs])
    return {
      name: 'minutes',
      heartbeatMs: pick([minuteMs, 5 * minuteMs]),
      faultsEveryMs,
      faultsMs: 3 * hourMs,
      lastsMsMax: faultsEveryMs * pick([0.5, 2]),
      restartMsMax: pick([3_000, minuteMs]),
      recoveryMs: pick([10_000, 5 * minuteMs]),
      reconnectMs: pick([30_000, 10 * minuteMs, neverMs]),
      spanMs: 2 * hourMs,
      taskMsMax: 20 * minuteMs,
      patienceMs: 3 * dayMs,
    }
  }
  return {
    name: 'seconds',
    heartbeatMs: pick([1_000, 5_000]),
    faultsEveryMs: pick([500, 2_000, 8_000]),
    faultsMs: minuteMs,
    lastsMsMax: 15_000,
    restartMsMax: 3_000,
    recoveryMs: pick([1_000, 5_000]),
    reconnectMs: pick([4_000, neverMs, neverMs]),
    spanMs: 40_000,
    taskMsMax: 3_000,
    patienceMs: 10 * minuteMs,
  }
}
