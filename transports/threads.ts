import { MessageChannel, type MessagePort, type TransferListItem } from 'node:worker_threads'
import { AddressInUseError, ConnectionLostError, ProtocolError, UnreachableError } from '../core/errors.ts'
import type { Connection, Frame, Listener, Supports, Transport, TransportOptions } from '../core/transport.ts'
import type { Block } from './blocks.ts'
import { kinds, signal } from './blocks.ts'
import { nameOf, withDefaults } from './options.ts'
import { ReceiptedConnection } from './receipted-connection.ts'

/** What crosses a port: a head alone, or a head and its parts. */
type Posted = Uint8Array<ArrayBuffer> | [head: Uint8Array<ArrayBuffer>, ...parts: Uint8Array[]]

let ports = 0

/**
 * A connection over one end of a `MessageChannel`; the other end may be in another thread: hand it to a new worker in `workerData` and
 * `transferList`, and open it there. Bytes that are sent are copied once, but for buffers in `transfer` and shared ones.
 */
export function openPort(port: MessagePort, options?: TransportOptions, peer?: string): Connection {
  ports += 1
  return new PortConnection(port, withDefaults(options), peer ?? `threads:port#${ports}`)
}

/** Threads of one process. `threads:NAME` is known in the thread that listens; other threads are given a port, see `portTo`. */
export interface ThreadsTransport extends Transport {
  /**
   * A port that is already connected to who listens at the address, for another thread: it calls `openPort` with it.
   * @throws UnreachableError if nobody listens there in this thread
   */
  portTo(address: string): MessagePort
}

export function threadsTransport(): ThreadsTransport {
  const listeners = new Map<
    string,
    { accept: (connection: Connection) => void; options: TransportOptions | undefined }
  >()
  function portTo(address: string): MessagePort {
    const listener = listeners.get(nameOf(address))
    if (!listener) {
      throw new UnreachableError(
        `Nobody listens at ${address} in this thread. Start the controller first; another thread of the process needs a port: portTo(address).`,
      )
    }
    const { port1, port2 } = new MessageChannel()
    ports += 1
    const connection = openPort(port1, listener.options, `${address}#${ports}`)
    queueMicrotask(() => listener.accept(connection))
    return port2
  }
  return {
    name: 'threads',
    schemes: ['threads'],
    portTo,
    async listen(address, onConnection, options): Promise<Listener> {
      const name = nameOf(address)
      if (listeners.has(name)) throw new AddressInUseError(`Somebody listens at ${address} already`)
      listeners.set(name, { accept: onConnection, options })
      return {
        address,
        async close() {
          listeners.delete(name)
        },
      }
    },
    async connect(address, options): Promise<Connection> {
      return openPort(portTo(address), options, address)
    },
  }
}

class PortConnection extends ReceiptedConnection {
  readonly supports: Supports = { objects: false, transfer: true, noticesDeath: true }
  readonly #port: MessagePort

  constructor(port: MessagePort, options: Required<TransportOptions>, peer: string) {
    super(peer, options)
    this.#port = port
    port.on('message', (posted: Posted) => this.#receive(posted))
    port.on('messageerror', (error) => this.abort(error))
    port.on('close', () =>
      this.lost(new ConnectionLostError(`The thread of ${peer} ended, or closed its port without a goodbye`)),
    )
  }

  #receive(posted: Posted): void {
    if (posted instanceof Uint8Array) this.receivedBlock(posted, missingPart)
    else {
      let next = 1
      this.receivedBlock(posted[0], (length) => {
        const part = posted[next++]
        return part?.length === length ? part : missingPart()
      })
    }
  }

  protected transmitBlock({ head, parts, messages }: Block): void {
    const transfer: TransferListItem[] = [head.buffer as ArrayBuffer]
    if (parts.length === 0) {
      this.#port.postMessage(head, transfer)
      return
    }
    const moved = new Set(messages.flatMap((message) => message.transfer ?? []))
    const sent = parts.map((part) => {
      const buffer: ArrayBufferLike = part.buffer
      if (buffer instanceof SharedArrayBuffer) return part
      const own = moved.has(buffer) ? part : part.slice()
      transfer.push(own.buffer as ArrayBuffer)
      return own
    })
    this.#port.postMessage([head, ...sent], [...new Set(transfer)])
  }

  protected transmitSignal(head: Uint8Array): void {
    this.#port.postMessage(head)
  }

  protected override receivedSignal(kind: number): void {
    if (kind === kinds.reset) this.lost(new ConnectionLostError(`${this.peer} was aborted by the other side`))
    else super.receivedSignal(kind)
  }

  protected release(abruptly: boolean): void {
    if (abruptly) this.#port.postMessage(signal(kinds.reset))
    this.#port.close()
  }
}

function missingPart(): Frame {
  throw new ProtocolError('A block lacks one of its parts')
}
