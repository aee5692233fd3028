import type { Clock } from '../core/clock.ts'
import type { Timeline } from './timeline.ts'

/** The wall time at which every simulation begins: the first of January 2026. */
export const epochMs = 1_767_225_600_000

/**
 * A process of the simulated world: all that runs in it has its clock, and ends or stops with it. `stopped` is as by SIGSTOP: time
 * passes it by, and what was due meanwhile happens when it goes on.
 */
export class SimulatedProcess {
  readonly name: string
  readonly clock: Clock
  readonly #timeline: Timeline
  readonly #missed: { readonly action: () => void; isCancelled(): boolean }[] = []
  readonly #whenDead: (() => void)[] = []
  #state: 'running' | 'stopped' | 'dead' = 'running'
  #wallOffsetMs = 0
  /** How many times longer what its tasks wait for takes. */
  slowness = 1

  constructor(name: string, timeline: Timeline) {
    this.name = name
    this.#timeline = timeline
    this.clock = {
      now: () => timeline.now,
      wallTime: () => epochMs + timeline.now + this.#wallOffsetMs,
      after: (delayMs, callback) => timeline.after(delayMs, this, callback),
    }
  }

  get state(): 'running' | 'stopped' | 'dead' {
    return this.#state
  }

  /** Its wall clock is set anew; time as such goes on. */
  setWallClock(offsetMs: number): void {
    this.#wallOffsetMs = offsetMs
  }

  /** Nothing of it runs from here on. */
  kill(): void {
    if (this.#state === 'dead') return
    this.#state = 'dead'
    this.#missed.length = 0
    for (const tell of this.#whenDead) tell()
  }

  stop(): void {
    if (this.#state === 'running') this.#state = 'stopped'
  }

  resume(): void {
    if (this.#state !== 'stopped') return
    this.#state = 'running'
    for (const { action, isCancelled } of this.#missed.splice(0)) {
      this.#timeline.after(0, this, () => isCancelled() || action())
    }
  }

  /** For the timeline: this was due while the process was stopped. */
  whenResumed(action: () => void, isCancelled: () => boolean): void {
    this.#missed.push({ action, isCancelled })
  }

  /** For what must notice at once: the network, and whoever started it. */
  onDeath(tell: () => void): void {
    this.#whenDead.push(tell)
  }
}
