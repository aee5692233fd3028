import type { Connection, Frame } from './transport.ts'

/** One message as it arrived: frames, or the object itself where the peer is in this thread. */
export type Arrival = { readonly frames: readonly Frame[] } | { readonly object: unknown }

export interface InboxHandlers {
  onArrival(arrival: Arrival): void
  onDrain?: (() => void) | undefined
  onClose(error?: Error): void
}

/** Keeps what a connection delivers until somebody listens, so that listeners can follow one another and lose nothing. */
export class Inbox {
  readonly connection: Connection
  #handlers: InboxHandlers | undefined
  #waiting: Arrival[] = []
  #end: { readonly error: Error | undefined } | undefined

  constructor(connection: Connection) {
    this.connection = connection
    connection.open({
      onMessage: (frames) => this.#receive({ frames }),
      onObject: (object) => this.#receive({ object }),
      onDrain: () => this.#handlers?.onDrain?.(),
      onClose: (error) => {
        this.#end = { error }
        this.#deliver()
      },
    })
  }

  /** From the next turn on, what has waited comes first. */
  listen(handlers: InboxHandlers): void {
    this.#handlers = handlers
    if (this.#waiting.length > 0 || this.#end) queueMicrotask(() => this.#deliver())
  }

  /** What arrives from now on waits for the next listener. */
  pause(): void {
    this.#handlers = undefined
  }

  #receive(arrival: Arrival): void {
    if (this.#handlers && this.#waiting.length === 0) this.#handlers.onArrival(arrival)
    else this.#waiting.push(arrival)
  }

  #deliver(): void {
    let taken = 0
    while (this.#handlers && taken < this.#waiting.length) {
      this.#handlers.onArrival(this.#waiting[taken] as Arrival)
      taken += 1
    }
    this.#waiting = this.#waiting.slice(taken)
    if (!this.#handlers || !this.#end || this.#waiting.length > 0) return
    const { onClose } = this.#handlers
    this.#handlers = undefined
    onClose(this.#end.error)
  }
}
