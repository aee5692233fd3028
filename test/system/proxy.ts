import { once } from 'node:events'
import { type AddressInfo, connect, createServer, type Socket } from 'node:net'

/** A stretch of network in front of a port of this machine, which can be slow, or swallow everything without a word. */
export interface Proxy extends Disposable {
  readonly port: number
  freeze(): void
  thaw(): void
}

/** `bytesPerMs` in each direction. */
export async function proxyTo(port: number, bytesPerMs = Number.POSITIVE_INFINITY): Promise<Proxy> {
  const sockets = new Set<Socket>()
  let isFrozen = false
  const carry = (from: Socket, to: Socket): void => {
    sockets.add(from)
    from.on('data', async (data: Buffer) => {
      from.pause()
      if (Number.isFinite(bytesPerMs)) await new Promise((resolve) => setTimeout(resolve, data.length / bytesPerMs))
      if (!isFrozen && to.writable) to.write(data)
      from.resume()
    })
    from.on('error', () => {})
    from.on('close', () => {
      sockets.delete(from)
      if (!isFrozen) to.destroy()
    })
  }
  const server = createServer((near) => {
    const far = connect(port, '127.0.0.1')
    carry(near, far)
    carry(far, near)
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  return {
    port: (server.address() as AddressInfo).port,
    freeze() {
      isFrozen = true
    },
    thaw() {
      isFrozen = false
    },
    [Symbol.dispose]() {
      server.close()
      for (const socket of sockets) socket.destroy()
    },
  }
}
