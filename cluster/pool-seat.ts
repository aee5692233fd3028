import type { EngineId } from '../core/ids.ts'
import type { EngineHandle } from './launchers/launcher.ts'

/** A place of the pool: one engine after the other, as long as each that ends is replaced. */
export class PoolSeat {
  /** From 0, the least that no other has. */
  readonly number: number
  handle: EngineHandle | undefined
  /** Its number at the controller, while it is there. */
  engine: EngineId | undefined
  /** Since when the present engine is ready. */
  servesSince: number | undefined
  /** It is to be vacated. */
  isLeaving = false
  /** Ends the pause before its engine is started anew. */
  wake: (() => void) | undefined
  /** Resolves when its first engine is ready; rejects with the reason why that did not come about. */
  readonly ready: Promise<void>
  /** Resolves when there is no engine any more, and will be none. */
  readonly over: Promise<void>
  /** Somebody waits for its first engine, and is told if that does not come up: it is not started anew then. */
  isAwaited: boolean
  wasReady = false
  #becomeReady: () => void = () => {}
  #fail: (error: unknown) => void = () => {}
  #end: () => void = () => {}

  constructor(number: number, isAwaited: boolean) {
    this.number = number
    this.isAwaited = isAwaited
    this.ready = new Promise((resolve, reject) => {
      this.#becomeReady = resolve
      this.#fail = reject
    })
    this.ready.catch(() => {})
    this.over = new Promise((resolve) => {
      this.#end = resolve
    })
  }

  joined(engine: EngineId, now: number): void {
    this.engine = engine
    this.servesSince ??= now
    this.wasReady = true
    this.#becomeReady()
  }

  /** Its first engine does not come up; nothing happens where one has. */
  failed(error: unknown): void {
    this.#fail(error)
  }

  end(): void {
    this.#end()
  }
}
