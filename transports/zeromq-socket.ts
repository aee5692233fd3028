import type * as zeromq from 'zeromq'
import { TransportUnavailableError } from '../core/errors.ts'

export type Zeromq = typeof zeromq

let loading: Promise<Zeromq> | undefined

/** The package, which is optional: loaded when an address first asks for it. */
export function loadZeromq(): Promise<Zeromq> {
  loading ??= import('zeromq').catch((cause: unknown) => {
    loading = undefined
    const why = cause instanceof Error ? cause.message : String(cause)
    throw new TransportUnavailableError(
      `tcp:// and ipc:// need the package zeromq, which is not installed or does not load here (${why}). Run npm install zeromq, or use ws:// addresses.`,
      { cause },
    )
  })
  return loading
}

/**
 * Options of every socket: nothing is dropped or blocks, what is sent while closing leaves, and dead networks are noticed. Not by
 * ZeroMQ's own heartbeats, which wait behind a large message and end its link.
 */
export function socketOptions(messageBytesMax: number) {
  return {
    sendHighWaterMark: 0,
    sendTimeout: 0,
    linger: 1_000,
    tcpKeepalive: 1,
    tcpKeepaliveIdle: 60,
    tcpKeepaliveInterval: 10,
    tcpKeepaliveCount: 6,
    // What has not become a ZeroMQ connection by then is ended.
    handshakeInterval: 5_000,
    // For one part. A block's head holds a table and small messages besides.
    maxMessageSize: messageBytesMax + 1024 * 1024,
  }
}

/** Messages received in a row before timers and other sockets get their turn. */
const messagesPerTurn = 128
const quietMs = 10

/** Reads a socket until it is closed, and knows when nothing more is waiting in it. */
export class SocketReader {
  #received = 0
  readonly #socket: zeromq.Readable & zeromq.Socket

  constructor(socket: zeromq.Readable & zeromq.Socket, onMessage: (parts: Buffer[]) => void) {
    this.#socket = socket
    void this.#read(onMessage)
  }

  async #read(onMessage: (parts: Buffer[]) => void): Promise<void> {
    try {
      while (!this.#socket.closed) {
        const parts = (await this.#socket.receive()) as Buffer[]
        this.#received += 1
        onMessage(parts)
        if (this.#received % messagesPerTurn === 0) await new Promise((resolve) => setImmediate(resolve))
      }
    } catch (error) {
      if (!this.#socket.closed) throw error
    }
  }

  /** Calls when nothing has come for a moment: what a peer sent before it went away has been received by then. */
  whenQuiet(callback: () => void): void {
    const before = this.#received
    setTimeout(() => {
      if (this.#received === before) callback()
      else this.whenQuiet(callback)
    }, quietMs)
  }
}
