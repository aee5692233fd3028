import type { Random } from '../core/random.ts'
import type { StoreChange, TaskStore } from '../core/task-store.ts'
import type { SimulatedProcess } from './simulated-process.ts'
import type { Timeline } from './timeline.ts'

/**
 * Where in a write its process can end: it is `asked` for, and nothing of it is made; it is `made`, and nobody has heard of it; it is
 * `known`, and what waited for it has been done.
 */
export const crashPoints = ['asked', 'made', 'known'] as const
export type CrashPoint = (typeof crashPoints)[number]

/**
 * What a controller's store keeps when its process ends. A write that is under way then has been made, or not, as a whole. Its
 * faults: writes that take long, one that fails, a time in which nothing can be read or written, and the end of its process at one point of a write.
 */
export class SimulatedDisk {
  /** Ends the process that writes. */
  crash: () => void = () => {}
  readonly #entries = new Map<string, Uint8Array>()
  readonly #timeline: Timeline
  readonly #random: Random
  #failsNext = false
  #isBroken = false
  #extraMs = 0
  #writes = 0
  #crash: { readonly write: number; readonly point: CrashPoint } | undefined

  constructor(timeline: Timeline, random: Random) {
    this.#timeline = timeline
    this.#random = random
  }

  /** How many writes have been asked for. */
  get writes(): number {
    return this.#writes
  }

  failNext(): void {
    this.#failsNext = true
  }

  /** Each write takes so much longer. */
  slow(extraMs: number): void {
    this.#extraMs = extraMs
  }

  /** Nothing can be read or written, until it is mended. */
  break(): void {
    this.#isBroken = true
  }

  mend(): void {
    this.#isBroken = false
  }

  /** The process that writes ends in the course of that write, of those to come the `ahead`th. */
  crashAt(ahead: number, point: CrashPoint): void {
    this.#crash = { write: this.#writes + ahead, point }
  }

  heal(): void {
    this.#failsNext = false
    this.#isBroken = false
    this.#extraMs = 0
    this.#crash = undefined
  }

  /** The store of a controller in this process. */
  openIn(process: SimulatedProcess): TaskStore {
    let underway: readonly StoreChange[] | undefined
    process.onDeath(() => {
      if (underway && this.#random.below(2) === 0) this.#apply(underway)
    })
    const takes = (ms: number): Promise<void> => new Promise((resolve) => process.clock.after(ms, resolve))
    return {
      load: async () => {
        if (this.#extraMs > 0) await takes(this.#extraMs)
        if (this.#isBroken) throw new Error('the simulated disk cannot be read')
        return [...this.#entries]
      },
      write: (changes) => {
        this.#writes += 1
        const point = this.#pointOf(this.#writes)
        if (point === 'asked') this.crash()
        underway = changes
        return takes(this.#extraMs + this.#random.unit() * 2).then(() => {
          underway = undefined
          if (this.#failsNext || this.#isBroken) {
            this.#failsNext = false
            throw new Error('no space is left on the simulated disk')
          }
          this.#apply(changes)
          if (point === 'made') this.crash()
          if (point === 'known') this.#timeline.after(0, undefined, () => process.state === 'dead' || this.crash())
        })
      },
      close: async () => {},
    }
  }

  #pointOf(write: number): CrashPoint | undefined {
    if (this.#crash?.write !== write) return undefined
    const { point } = this.#crash
    this.#crash = undefined
    return point
  }

  #apply(changes: readonly StoreChange[]): void {
    for (const { key, value } of changes) {
      if (value === undefined) this.#entries.delete(key)
      else this.#entries.set(key, value.slice())
    }
  }
}
