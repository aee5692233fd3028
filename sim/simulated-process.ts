import type { Random } from '../core/random.ts'
import { SimulatedClock } from './simulated-clock.ts'
import type { Timeline } from './timeline.ts'

/**
 * A process of the simulated world: all that runs in it has its clock, and ends or stops with it. `stopped` is as by SIGSTOP: time
 * passes it by, and what was due meanwhile happens when it goes on.
 */
export class SimulatedProcess {
  readonly name: string
  readonly clock: SimulatedClock
  readonly #timeline: Timeline
  readonly #missed: { readonly action: () => void; isCancelled(): boolean }[] = []
  readonly #whenDead: (() => void)[] = []
  #state: 'running' | 'stopped' | 'dead' = 'running'
  /** How many times longer what its tasks wait for takes. */
  slowness = 1

  /** `random`: for a clock of its own; without it the clock is the world's. */
  constructor(name: string, timeline: Timeline, random?: Random) {
    this.name = name
    this.#timeline = timeline
    this.clock = new SimulatedClock(timeline, this, random)
  }

  get state(): 'running' | 'stopped' | 'dead' {
    return this.#state
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

  /** As `stop`, but its machine sleeps: its timers have not come nearer when it goes on. */
  sleep(): void {
    if (this.#state !== 'running') return
    this.#state = 'stopped'
    this.clock.sleep()
  }

  resume(): void {
    if (this.#state !== 'stopped') return
    this.#state = 'running'
    this.clock.wake()
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
