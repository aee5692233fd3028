/** The bare WebSocket beneath `ws:` and `wss:`, as the package `ws` gives it, without compression. */
import { once } from 'node:events'
import { createServer } from 'node:http'
import { createServer as createSecureServer } from 'node:https'
import type { AddressInfo } from 'node:net'
import { WebSocket, WebSocketServer } from 'ws'
import { encryptionHere, encryptionThere } from '../../transports/encryption.ts'
import { Arrivals, benchmarkKey, type LinkKind, type Pipe } from './link.ts'

export function rawWebSocket(scheme: 'ws' | 'wss'): LinkKind {
  return {
    subject: `${scheme}, raw`,
    async open(far, connections) {
      const http = scheme === 'wss' ? createSecureServer(encryptionHere('wss:', benchmarkKey)) : createServer()
      const server = new WebSocketServer({ server: http, perMessageDeflate: false })
      const arrivals = new Arrivals<WebSocket>(connections)
      server.on('connection', (socket) => arrivals.add(socket))
      http.listen(0, '127.0.0.1')
      await once(http, 'listening')
      const address = `${scheme}://127.0.0.1:${(http.address() as AddressInfo).port}`
      await far.connect('websocket', address, connections)
      const sockets = await arrivals.all
      return {
        pipes: sockets.map(pipeOver),
        async close() {
          const closed = sockets.map((socket) => once(socket, 'close'))
          for (const socket of sockets) socket.close()
          await Promise.all(closed)
          http.close()
        },
      }
    },
  }
}

function pipeOver(socket: WebSocket): Pipe {
  const pipe: Pipe = { send: (bytes) => socket.send(bytes), onMessage: () => {} }
  socket.on('message', () => pipe.onMessage())
  return pipe
}

/** At the far end. */
export async function echoWebSockets(address: string, connections: number): Promise<void> {
  const encryption = address.startsWith('wss:') ? encryptionThere(address, benchmarkKey) : {}
  for (let i = 0; i < connections; i += 1) {
    const socket = new WebSocket(address, { ...encryption, perMessageDeflate: false })
    socket.on('message', (data) => socket.send(data as Buffer))
    await once(socket, 'open')
  }
}
