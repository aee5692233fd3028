import { ConnectionLostError, MessageTooLargeError } from '../core/errors.ts'
import type {
  Connection,
  ConnectionHandlers,
  Frame,
  SendOptions,
  Supports,
  TransportOptions,
} from '../core/transport.ts'

/** A message on its way, and the room it takes. */
export interface Carried {
  readonly frames: readonly Frame[]
  /** Instead of frames, within one thread. */
  readonly object?: object
  readonly bytes: number
  readonly transfer?: readonly ArrayBuffer[] | undefined
}

/** What a connection goes by. Whoever inspects a machine sees its connection whole, so the key is not among it. */
type ConnectionOptions = Omit<Required<TransportOptions>, 'key'>

/** Each message takes some room even when it is empty. */
const overheadBytes = 16

/** A link is taken to be no slower. */
export const assumedBytesPerMs = 1_000
/** How long a peer that has all may take to answer a goodbye, and how long a close waits for its peer at most. */
const closeTimeoutMs = 2_000
export const closeTimeoutMaxMs = 30_000

export function bytesOf(frames: readonly Frame[]): number {
  let bytes = overheadBytes
  for (const frame of frames) bytes += frame.byteLength
  return bytes
}

/**
 * What all connections share: one turn's messages leave together, what arrives waits for its handlers, each end is told once, and `send`
 * answers false while more is under way than there is room for. A closing side sends what it has accepted, then a goodbye, and waits for
 * the other's; who hears a goodbye does the same, so that a close loses nothing in either direction.
 */
export abstract class BaseConnection implements Connection {
  abstract readonly supports: Supports
  readonly peer: string
  protected readonly options: ConnectionOptions
  #handlers: ConnectionHandlers | undefined
  #outgoing: Carried[] = []
  #incoming: Carried[] = []
  #flushing = false
  #afterDelivery: (() => void) | undefined
  #bufferedBytes = 0
  #wantsRoom = false
  #state: 'open' | 'closing' | 'ended' = 'open'
  #saidGoodbye = false
  #end: { readonly error: Error | undefined } | undefined
  #resolveEnded: () => void = () => {}
  readonly #ended = new Promise<void>((resolve) => {
    this.#resolveEnded = resolve
  })

  constructor(peer: string, { key: _, ...options }: Required<TransportOptions>) {
    this.peer = peer
    this.options = options
  }

  /** Hands one turn's messages to the link, which reports them to `released` when it has taken them over. */
  protected abstract transmit(messages: readonly Carried[]): void
  /** Tells the peer that nothing follows. */
  protected abstract sayGoodbye(): void
  /** Frees the link, once. After a goodbye on both sides, or at once when `abruptly`: then the peer is to notice. */
  protected abstract release(abruptly: boolean): void

  get receivedBytes(): number | undefined {
    return undefined
  }

  get bufferedBytes(): number {
    return this.#bufferedBytes
  }

  protected get hasEnded(): boolean {
    return this.#state === 'ended'
  }

  protected get isClosing(): boolean {
    return this.#state === 'closing'
  }

  open(handlers: ConnectionHandlers): void {
    this.#handlers = handlers
    if (this.#incoming.length > 0 || this.#end) queueMicrotask(() => this.#deliver())
  }

  send(frames: readonly Frame[], options?: SendOptions): boolean {
    if (this.#state !== 'open') return false
    const bytes = bytesOf(frames)
    if (bytes - overheadBytes > this.options.messageBytesMax) {
      this.abort(tooLarge(bytes - overheadBytes, this.options.messageBytesMax, `to ${this.peer}`))
      return false
    }
    return this.put({ frames, bytes, transfer: options?.transfer })
  }

  close(): Promise<void> {
    if (this.#state === 'open') {
      this.#state = 'closing'
      this.#scheduleFlush()
    }
    return this.#ended
  }

  abort(reason?: Error): void {
    if (this.#state === 'ended') return
    this.#incoming = []
    this.finish(reason ?? new ConnectionLostError(`The connection to ${this.peer} was aborted on this side`), true)
  }

  /** Accepts a message, and sees that it leaves at the end of this turn. */
  protected put(message: Carried): boolean {
    if (this.#state !== 'open') return false
    this.#outgoing.push(message)
    this.#bufferedBytes += message.bytes
    this.#scheduleFlush()
    if (this.#bufferedBytes <= this.options.bufferBytesMax) return true
    this.#wantsRoom = true
    return false
  }

  /** The link has taken over so many bytes. */
  protected released(bytes: number): void {
    this.#bufferedBytes -= bytes
    if (!this.#wantsRoom || this.#bufferedBytes > this.options.bufferBytesMax / 2 || this.#state !== 'open') return
    this.#wantsRoom = false
    this.#handlers?.onDrain?.()
  }

  #scheduleFlush(): void {
    if (this.#flushing) return
    this.#flushing = true
    this.schedule(() => this.flush())
  }

  /** When a turn ends. */
  protected schedule(flush: () => void): void {
    queueMicrotask(flush)
  }

  protected flush(): void {
    this.#flushing = false
    if (this.#state === 'ended') return
    const messages = this.#outgoing
    if (messages.length > 0) {
      this.#outgoing = []
      this.transmit(messages)
    }
    if (!this.isClosing || this.#saidGoodbye) return
    this.#saidGoodbye = true
    this.sayGoodbye()
  }

  /** A message came. */
  protected arrived(message: Carried): void {
    if (this.#state === 'ended') return
    if (this.#handlers && this.#incoming.length === 0) this.#handle(message)
    else this.#incoming.push(message)
  }

  #handle(message: Carried): void {
    const bytes = message.bytes - overheadBytes
    if (bytes > this.options.messageBytesMax) {
      this.abort(tooLarge(bytes, this.options.messageBytesMax, `from ${this.peer}`))
      return
    }
    if (message.object) this.#handlers?.onObject?.(message.object)
    else this.#handlers?.onMessage(message.frames)
    this.consumed(message)
  }

  /** The handlers have seen this message. */
  protected consumed(_message: Carried): void {}

  /** Calls when the handlers have seen what has arrived so far: now, unless it waits for handlers. */
  protected whenDelivered(callback: () => void): void {
    if (this.#incoming.length === 0) callback()
    else this.#afterDelivery = callback
  }

  #deliver(): void {
    if (!this.#handlers) return
    const waiting = this.#incoming
    for (let i = 0; i < waiting.length && this.#incoming === waiting; i += 1) this.#handle(waiting[i] as Carried)
    if (this.#incoming === waiting) this.#incoming = []
    this.#afterDelivery?.()
    this.#afterDelivery = undefined
    if (!this.#end) return
    const { onClose } = this.#handlers
    const { error } = this.#end
    this.#end = undefined
    onClose.call(this.#handlers, error)
  }

  /**
   * A peer that has stopped listening is not waited for without end, but for as long as what is under way to it may take, and while it
   * goes on sending.
   */
  protected awaitGoodbye(giveUp: () => void): void {
    const giveUpAt = performance.now() + closeTimeoutMaxMs
    const look = (ms: number): void => {
      const before = this.receivedBytes
      const timer = setTimeout(() => {
        if (this.hasEnded) return
        if (this.receivedBytes === before || performance.now() > giveUpAt) giveUp()
        else look(closeTimeoutMs)
      }, ms)
      // Browsers have numbers for timers.
      timer.unref?.()
    }
    look(Math.min(closeTimeoutMs + this.#bufferedBytes / assumedBytesPerMs, closeTimeoutMaxMs))
  }

  /** The peer said goodbye: it sends no more, and waits for ours. */
  protected heardGoodbye(): void {
    if (this.#state === 'ended') return
    this.#state = 'closing'
    this.flush()
    this.finish(undefined, false)
  }

  /** The link is gone. Without a goodbye before it, that is an error. */
  protected lost(error?: Error): void {
    this.finish(error ?? new ConnectionLostError(`${this.peer} ended the connection without a goodbye`), true)
  }

  protected finish(error: Error | undefined, abruptly: boolean): void {
    if (this.#state === 'ended') return
    this.#state = 'ended'
    this.#outgoing = []
    this.#bufferedBytes = 0
    this.#end = { error }
    this.release(abruptly)
    this.#resolveEnded()
    queueMicrotask(() => this.#deliver())
  }
}

export function tooMuchFromStranger(peer: string, bytesMax: number): MessageTooLargeError {
  return new MessageTooLargeError(`${peer} sent more than ${bytesMax} bytes before it proved who it is`)
}

export function tooLarge(bytes: number, bytesMax: number, where: string): MessageTooLargeError {
  return new MessageTooLargeError(
    `A message ${where} has ${bytes} bytes; at most ${bytesMax} are allowed. Raise messageBytesMax on both sides, or send less at once.`,
    { details: { bytes, bytesMax } },
  )
}
