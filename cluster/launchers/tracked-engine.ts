import type { EngineHandle, EnginePlace } from './launcher.ts'

/** An engine that some other system runs, as far as that tells: it begins, and it ends, each at most once. */
export abstract class TrackedEngine implements EngineHandle {
  readonly launch: string
  isStopping = false
  /** The signal that it was sent, of those that end it. */
  endedBy: NodeJS.Signals | undefined
  readonly began: Promise<EnginePlace>
  readonly ended: Promise<Error | undefined>
  #place: EnginePlace
  #begin: (place: EnginePlace) => void = () => {}
  #end: (error: Error | undefined) => void = () => {}
  #hasBegun = false
  #hasEnded = false

  constructor(launch: string, place: EnginePlace) {
    this.launch = launch
    this.#place = place
    this.began = new Promise((resolve) => {
      this.#begin = resolve
    })
    this.ended = new Promise((resolve) => {
      this.#end = resolve
    })
  }

  abstract signal(signal: NodeJS.Signals): Promise<void>
  abstract stop(): Promise<void>

  get place(): EnginePlace {
    return this.#place
  }

  get hasBegun(): boolean {
    return this.#hasBegun
  }

  get hasEnded(): boolean {
    return this.#hasEnded
  }

  begin(place: EnginePlace): void {
    if (this.#hasBegun || this.#hasEnded) return
    this.#hasBegun = true
    this.#place = place
    this.#begin(place)
  }

  /** Undefined: as it was to. */
  settle(error: Error | undefined): void {
    this.#hasEnded = true
    this.#end(error)
  }
}
