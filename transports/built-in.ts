import type { Transport } from '../core/transport.ts'
import { memoryTransport } from './memory.ts'

/** Transports of the house, loaded when an address first asks for them. */
export const builtIn: Record<string, () => Promise<Transport>> = {
  memory: async () => memoryTransport(),
  threads: async () => (await import('./threads.ts')).threads,
  tcp: async () => (await import('./zeromq.ts')).zeromqTransport(),
  tcps: async () => (await import('./zeromq.ts')).zeromqTransport(),
  ipc: async () => (await import('./zeromq.ts')).zeromqTransport(),
  ws: async () => (await import('./websocket.ts')).websocketTransport(),
  wss: async () => (await import('./websocket.ts')).websocketTransport(),
}
