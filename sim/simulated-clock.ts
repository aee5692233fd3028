import type { Clock } from '../core/clock.ts'
import type { Random } from '../core/random.ts'
import type { SimulatedProcess } from './simulated-process.ts'
import type { Timeline } from './timeline.ts'

/** The wall time at which every simulation begins: the first of January 2026. */
export const epochMs = 1_767_225_600_000

/** Timers are never early, however numbers are rounded. */
const roundingMs = 0.000_1
/** How far a second of one process may differ from that of the world. */
const driftMax = 0.000_5

/**
 * The time of one process. Its monotonic clock begins anywhere, is a little fast or slow, and stands still while its machine sleeps;
 * its wall clock jumps.
 */
export class SimulatedClock implements Clock {
  readonly #timeline: Timeline
  readonly #process: SimulatedProcess
  readonly #originMs: number
  /** Milliseconds of this clock in one of the world. */
  readonly #rate: number
  readonly #bornAt: number
  #sleptMs = 0
  #asleepSince: number | undefined
  #wallOffsetMs = 0

  constructor(timeline: Timeline, process: SimulatedProcess, random: Random | undefined) {
    this.#timeline = timeline
    this.#process = process
    this.#bornAt = timeline.now
    this.#originMs = random ? Math.round(random.unit() * 1e9) : timeline.now
    this.#rate = random ? 1 + (random.unit() - 0.5) * 2 * driftMax : 1
  }

  now(): number {
    const awakeMs = (this.#asleepSince ?? this.#timeline.now) - this.#bornAt - this.#sleptMs
    return this.#originMs + awakeMs * this.#rate
  }

  wallTime(): number {
    return epochMs + this.#timeline.now + this.#wallOffsetMs
  }

  after(delayMs: number, callback: () => void): () => void {
    const dueAt = this.now() + Math.max(0, delayMs)
    let cancel = () => {}
    const wait = (): void => {
      const leftMs = (dueAt - this.now()) / this.#rate + roundingMs
      cancel = this.#timeline.after(leftMs, this.#process, () => {
        // It may have slept meanwhile.
        if (this.now() < dueAt) wait()
        else callback()
      })
    }
    wait()
    return () => cancel()
  }

  /** Monotonic time stands still until `wake`. */
  sleep(): void {
    this.#asleepSince ??= this.#timeline.now
  }

  wake(): void {
    if (this.#asleepSince === undefined) return
    this.#sleptMs += this.#timeline.now - this.#asleepSince
    this.#asleepSince = undefined
  }

  /** Its wall clock is set anew; time as such goes on. */
  setWall(offsetMs: number): void {
    this.#wallOffsetMs = offsetMs
  }
}
