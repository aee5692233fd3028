import { MessageChannel, type MessagePort } from 'node:worker_threads'
import { AddressInUseError, UnreachableError } from '../core/errors.ts'
import type { Connection, Listener, Transport, TransportOptions } from '../core/transport.ts'
import { nameOf, withDefaults } from './options.ts'
import { PortConnection } from './port-connection.ts'

let ports = 0

/**
 * A connection over one end of a `MessageChannel`; the other end may be in another thread: hand it to a new worker in `workerData` and
 * `transferList`, and open it there. Bytes that are sent are copied once, but for buffers in `transfer` and shared ones.
 */
export function openPort(port: MessagePort, options?: TransportOptions, peer?: string): PortConnection {
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

/** A transport between the threads of one process, apart from `threads`, to which addresses lead. */
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

/** The one that addresses find, in this thread. */
export const threads: ThreadsTransport = threadsTransport()
