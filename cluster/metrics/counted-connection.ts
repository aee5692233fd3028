import type { Connection, ConnectionHandlers, Frame, SendOptions, Supports } from '../../core/transport.ts'

/** What went over links. Between actors of one thread messages pass as they are, and have no bytes. */
export class Traffic {
  messagesReceived = 0
  messagesSent = 0
  bytesReceived = 0
  bytesSent = 0
}

/** Counts what goes over a connection. */
export class CountedConnection implements Connection {
  /** Where it is counted: what a connection is for shows only when its peer has said so. */
  traffic: Traffic
  readonly pass?: (message: object) => boolean
  readonly #inner: Connection

  constructor(inner: Connection, traffic: Traffic) {
    this.#inner = inner
    this.traffic = traffic
    if (inner.pass === undefined) return
    this.pass = (message) => {
      this.traffic.messagesSent += 1
      return inner.pass?.(message) ?? false
    }
  }

  get supports(): Supports {
    return this.#inner.supports
  }

  get peer(): string {
    return this.#inner.peer
  }

  get bufferedBytes(): number {
    return this.#inner.bufferedBytes
  }

  get receivedBytes(): number | undefined {
    return this.#inner.receivedBytes
  }

  open(handlers: ConnectionHandlers): void {
    this.#inner.open({
      onMessage: (frames) => {
        this.traffic.messagesReceived += 1
        this.traffic.bytesReceived += bytesOf(frames)
        handlers.onMessage(frames)
      },
      onObject: (message) => {
        this.traffic.messagesReceived += 1
        handlers.onObject?.(message)
      },
      onDrain: () => handlers.onDrain?.(),
      onClose: (error) => handlers.onClose(error),
    })
  }

  send(frames: readonly Frame[], options?: SendOptions): boolean {
    this.traffic.messagesSent += 1
    // Before it is sent: what is moved has no bytes left.
    this.traffic.bytesSent += bytesOf(frames)
    return this.#inner.send(frames, options)
  }

  trust(): void {
    this.#inner.trust?.()
  }

  close(): Promise<void> {
    return this.#inner.close()
  }

  abort(reason?: Error): void {
    this.#inner.abort(reason)
  }
}

function bytesOf(frames: readonly Frame[]): number {
  let bytes = 0
  for (const frame of frames) bytes += frame.byteLength
  return bytes
}
