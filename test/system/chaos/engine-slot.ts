import { setTimeout as sleep } from 'node:timers/promises'
import { launchProcessEngine } from '../from-dist.ts'
import type { Story } from './story.ts'

type ProcessEngine = ReturnType<typeof launchProcessEngine>

/** Before the next try, when there was no controller. */
const pauseMs = 100

export interface EngineSlotOptions {
  readonly name: string
  readonly address: string
  readonly key: Uint8Array
  /** How many tasks sleep in one engine at a time. */
  readonly concurrency: number
  readonly story: Story
}

/** A place for an engine in a process of its own, which is started anew whenever it has ended. */
export class EngineSlot {
  readonly #options: EngineSlotOptions
  readonly #over: Promise<void>
  #engine: ProcessEngine | undefined
  #isEnding = false

  constructor(options: EngineSlotOptions) {
    this.#options = options
    this.#over = this.#keep()
  }

  /** Whether there is an engine that was admitted by a controller, and has not been killed. */
  get isJoined(): boolean {
    return this.#engine !== undefined
  }

  get name(): string {
    return `${this.#options.name}, pid ${this.#engine?.place.pid}`
  }

  kill(): void {
    void this.#engine?.signal('SIGKILL')
    this.#engine = undefined
  }

  /** Stops the process for a while. It may be killed meanwhile. */
  async pause(ms: number): Promise<void> {
    const engine = this.#engine
    if (!engine) return
    await engine.signal('SIGSTOP')
    await sleep(ms)
    if (this.#engine === engine) await engine.signal('SIGCONT')
  }

  async end(): Promise<void> {
    this.#isEnding = true
    this.kill()
    await this.#over
  }

  async #keep(): Promise<void> {
    const { address, key, concurrency, name, story } = this.#options
    while (!this.#isEnding) {
      try {
        const engine = launchProcessEngine({ address, key, concurrency, name, kind: 'process', reconnectMs: 30_000 })
        await engine.ready
        this.#engine = engine
        if (this.#isEnding) this.kill()
        const reason = await engine.ended
        if (this.#engine === engine) story.tell(`${this.name} ended by itself: ${reason?.message}`)
      } catch (error) {
        story.tell(`${name} did not start: ${error instanceof Error ? error.message : error}`)
        await sleep(pauseMs)
      }
      this.#engine = undefined
    }
  }
}
