import type { Transport } from '../core/transport.ts'
import { pageSocketTransport } from './page-socket.ts'

/** What a browser can do of them. */
export const builtIn: Record<string, () => Promise<Transport>> = {
  ws: async () => pageSocketTransport(),
  wss: async () => pageSocketTransport(),
}
