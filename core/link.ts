import { type Decode, encode, sendEncoded } from './codec.ts'
import { CloneError } from './errors.ts'
import { type Arrival, Inbox } from './inbox.ts'
import type { Connection, Frame, SendOptions } from './transport.ts'

export interface LinkHandlers<In> {
  onMessage(message: In): void
  /** `send` answered false before; now there is room. */
  onDrain?(): void
  /** Once, last. `error` is absent when either side closed on purpose; it is a `ProtocolError` when the peer sent nonsense. */
  onClose(error?: Error): void
}

/** A connection that speaks in messages: `Out` leaves, `In` arrives. Within a thread they pass as they are; elsewhere as bytes. */
export class Link<Out extends object, In> {
  readonly connection: Connection
  readonly #inbox: Inbox
  readonly #decode: Decode<In>
  #failure: Error | undefined

  /** Of a connection that nobody has opened, or of the inbox of one. */
  constructor(origin: Connection | Inbox, decode: Decode<In>) {
    this.#inbox = origin instanceof Inbox ? origin : new Inbox(origin)
    this.connection = this.#inbox.connection
    this.#decode = decode
  }

  /** What arrived before waits for this. */
  open(handlers: LinkHandlers<In>): void {
    this.#inbox.listen({
      onArrival: (arrival) => this.#receive(arrival, handlers),
      onDrain: handlers.onDrain && (() => handlers.onDrain?.()),
      onClose: (error) => handlers.onClose(this.#failure ?? error),
    })
  }

  /**
   * Always accepts the message while open; false asks the caller to pause until `onDrain`. The message must not be changed afterwards.
   * @throws CloneError when it holds what the link cannot carry: shared memory, towards another process
   */
  send(message: Out, options?: SendOptions): boolean {
    const { connection } = this
    if (connection.pass) return connection.pass(message)
    if (connection.supports.transfer) return sendEncoded(connection, message, options)
    const frames = encode(message)
    if (frames.length > 1 && frames.some(isShared)) {
      throw new CloneError(
        `A SharedArrayBuffer cannot leave its process, and ${connection.peer} is another one. Use engines that are threads, or pass a copy.`,
      )
    }
    return connection.send(frames, options)
  }

  /** Delivers what was accepted, then ends. Resolves when ended; never rejects. */
  close(): Promise<void> {
    return this.connection.close()
  }

  /** Ends now; what was accepted may be lost. */
  abort(reason?: Error): void {
    this.connection.abort(reason)
  }

  #receive(arrival: Arrival, handlers: LinkHandlers<In>): void {
    if (this.#failure) return
    let message: In
    try {
      // What is passed within a thread was typed by this very program.
      message = 'frames' in arrival ? this.#decode(arrival.frames) : (arrival.object as In)
    } catch (error) {
      this.#failure = error instanceof Error ? error : new Error(String(error))
      this.connection.abort(this.#failure)
      return
    }
    handlers.onMessage(message)
  }
}

function isShared(frame: Frame): boolean {
  const buffer: ArrayBufferLike = frame.buffer
  return typeof SharedArrayBuffer === 'function' && buffer instanceof SharedArrayBuffer
}
