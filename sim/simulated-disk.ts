import type { Random } from '../core/random.ts'
import type { StoreChange, TaskStore } from '../core/task-store.ts'
import type { SimulatedProcess } from './simulated-process.ts'

/**
 * What a controller's store keeps when its process ends. A write that is under way then has been made, or not, as a whole. Its
 * faults: writes that take long, and one that fails.
 */
export class SimulatedDisk {
  readonly #entries = new Map<string, Uint8Array>()
  readonly #random: Random
  #failsNext = false
  #extraMs = 0

  constructor(random: Random) {
    this.#random = random
  }

  failNext(): void {
    this.#failsNext = true
  }

  /** Each write takes so much longer. */
  slow(extraMs: number): void {
    this.#extraMs = extraMs
  }

  heal(): void {
    this.#failsNext = false
    this.#extraMs = 0
  }

  /** The store of a controller in this process. */
  openIn(process: SimulatedProcess): TaskStore {
    let underway: readonly StoreChange[] | undefined
    process.onDeath(() => {
      if (underway && this.#random.below(2) === 0) this.#apply(underway)
    })
    return {
      load: async () => [...this.#entries],
      write: (changes) =>
        new Promise((resolve, reject) => {
          underway = changes
          process.clock.after(this.#extraMs + this.#random.unit() * 2, () => {
            underway = undefined
            if (this.#failsNext) {
              this.#failsNext = false
              return reject(new Error('no space is left on the simulated disk'))
            }
            this.#apply(changes)
            resolve()
          })
        }),
      close: async () => {},
    }
  }

  #apply(changes: readonly StoreChange[]): void {
    for (const { key, value } of changes) {
      if (value === undefined) this.#entries.delete(key)
      else this.#entries.set(key, value.slice())
    }
  }
}
