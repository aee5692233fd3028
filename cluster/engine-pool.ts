import { backOffMs } from '../core/back-off.ts'
import type { Clock } from '../core/clock.ts'
import type { Random } from '../core/random.ts'
import type { Engine } from './engine.ts'

/** One that lived so long has shown that it can: what ended it counts as a first failure again. */
const steadyMs = 60_000

export interface EnginePoolOptions {
  /** Starts engine number `place` of the pool, counted from 0. */
  launch(place: number): Promise<Engine>
  /** How often in a row an engine is started anew, in each place; 0: never. */
  readonly restartsMax: number
  readonly clock: Clock
  readonly random: Random
  log(level: 'info' | 'warn', message: string): void
}

/**
 * Keeps a number of engines running: one that ends without having been asked to is replaced, after a pause that grows with each
 * failure in a row. A place whose engine keeps ending stays empty after `restartsMax` tries.
 *
 * Invariant: `#engines` holds those that have not ended, each under its place.
 */
export class EnginePool {
  readonly #options: EnginePoolOptions
  readonly #engines = new Map<number, Engine>()
  /** Ends the pauses before restarts. */
  readonly #wake = new Set<() => void>()
  readonly #kept: Promise<void>[] = []
  #stopping = false

  constructor(options: EnginePoolOptions) {
    this.#options = options
  }

  /** Resolves when all are ready. Rejects with the first reason that one is not, when every launch has settled. */
  async start(count: number): Promise<void> {
    const places = Array.from({ length: count }, (_, place) => place)
    const launched = await Promise.allSettled(places.map((place) => this.#launch(place)))
    const failed = launched.find((result) => result.status === 'rejected')
    if (failed) throw failed.reason
    for (const [place, engine] of this.#engines) this.#kept.push(this.#keep(place, engine))
  }

  /** Stops all. Never rejects. */
  async stop(): Promise<void> {
    this.#stopping = true
    for (const wake of this.#wake) wake()
    await Promise.all([...this.#engines.values()].map((engine) => engine.stop()))
    await Promise.all(this.#kept)
  }

  async #launch(place: number): Promise<Engine> {
    const engine = await this.#options.launch(place)
    this.#engines.set(place, engine)
    return engine
  }

  async #keep(place: number, first: Engine): Promise<void> {
    const { clock, log, restartsMax } = this.#options
    let failures = 0
    for (let engine: Engine | undefined = first; engine !== undefined; ) {
      const since = clock.now()
      const reason = await engine.stopped
      this.#engines.delete(place)
      // Whoever asked an engine to stop wants it gone.
      if (reason === undefined || this.#stopping) return
      if (clock.now() - since >= steadyMs) failures = 0
      engine = undefined
      let why = reason.message
      while (engine === undefined && failures < restartsMax) {
        failures += 1
        log('warn', `engine ${place} of the pool ended: ${why}; it is started anew (${failures} of ${restartsMax})`)
        await this.#pause(backOffMs(failures, this.#options.random))
        if (this.#stopping) return
        engine = await this.#launch(place).catch((error: unknown) => {
          why = error instanceof Error ? error.message : String(error)
          return undefined
        })
      }
      // It came up while the pool was being stopped.
      if (this.#stopping) await engine?.stop()
      if (engine === undefined) log('warn', `engine ${place} of the pool ended: ${why}; it is not started again`)
    }
  }

  #pause(delayMs: number): Promise<void> {
    return new Promise((resolve) => {
      const done = (): void => {
        cancel()
        this.#wake.delete(done)
        resolve()
      }
      const cancel = this.#options.clock.after(delayMs, done)
      this.#wake.add(done)
    })
  }
}
