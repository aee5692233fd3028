import type { EnginePlace } from './launcher.ts'

/** The course of an engine that some other system runs, as far as that tells: it begins, and it ends, each at most once. */
export class TrackedEngine {
  readonly began: Promise<EnginePlace>
  readonly ended: Promise<Error | undefined>
  #place: EnginePlace
  #begin: (place: EnginePlace) => void = () => {}
  #end: (error: Error | undefined) => void = () => {}
  #hasBegun = false
  #hasEnded = false

  constructor(place: EnginePlace) {
    this.#place = place
    this.began = new Promise((resolve) => {
      this.#begin = resolve
    })
    this.ended = new Promise((resolve) => {
      this.#end = resolve
    })
  }

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

  end(error: Error | undefined): void {
    this.#hasEnded = true
    this.#end(error)
  }
}
