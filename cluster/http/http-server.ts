import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { Duplex } from 'node:stream'
import { AddressError, AddressInUseError, ConfigurationError } from '../../core/errors.ts'
import { type HttpAddress, isLoopback, urlOf } from './http-address.ts'

export interface HttpServerOptions {
  readonly address: HttpAddress
  /** The option that asked for it, for messages: `metrics`. */
  readonly option: string
  /** Whether others than this machine may reach it. */
  readonly insecure: boolean
  /** By what other names it may be asked on loopback: those by which a proxy before it is known. */
  readonly hosts?: readonly string[]
  handle(request: IncomingMessage, response: ServerResponse): void
  /** Who wants to go on by another protocol, such as WebSocket. Default: is turned away. */
  upgrade?(request: IncomingMessage, socket: Duplex, head: Buffer): void
}

export interface HttpServer {
  /** `http://127.0.0.1:9464`, with the port that was chosen. */
  readonly url: string
  readonly server: Server
  /** Ends every connection. Resolves when the address is free again. */
  close(): Promise<void>
}

/** Whoever holds connections open keeps nobody else out for long. */
const connectionsMax = 64
const requestMs = 10_000

/**
 * Serves over plain HTTP, on loopback unless it is told otherwise.
 * @throws ConfigurationError for an address that others can reach, unless `insecure`; AddressInUseError, AddressError
 */
export async function openHttpServer(options: HttpServerOptions): Promise<HttpServer> {
  const { address, option, insecure, hosts, handle, upgrade } = options
  const isPrivate = isLoopback(address.host)
  if (!isPrivate && !insecure) {
    throw new ConfigurationError(
      `${option} at ${urlOf(address)} would be open to whoever can reach this machine, without the key and unencrypted: listen on loopback (127.0.0.1), or say insecure if that is what you want`,
    )
  }
  // A page of a foreign name that leads to loopback is not to read what is served here.
  const isForeign = (request: IncomingMessage) => {
    const host = hostOf(request)
    return isPrivate && !isLoopback(host) && !hosts?.includes(host)
  }
  const server = createServer({ requestTimeout: requestMs, headersTimeout: requestMs }, (request, response) => {
    if (isForeign(request)) {
      response
        .writeHead(403, { 'content-type': 'text/plain; charset=utf-8' })
        .end(foreignText(option, hosts !== undefined))
    } else handle(request, response)
  })
  const sockets = new Set<Duplex>()
  server.on('upgrade', (request, socket, head) => {
    if (upgrade === undefined || isForeign(request)) {
      socket.destroy()
      return
    }
    sockets.add(socket)
    socket.once('close', () => sockets.delete(socket))
    upgrade(request, socket, head)
  })
  server.maxConnections = connectionsMax
  await listen(server, address, option)
  const { port } = server.address() as AddressInfo
  return {
    url: urlOf({ ...address, port }),
    server,
    async close() {
      const closed = new Promise((resolve) => server.close(resolve))
      server.closeAllConnections()
      for (const socket of sockets) socket.destroy()
      await closed
    },
  }
}

function hostOf({ headers: { host = '' } }: IncomingMessage): string {
  return host.replace(/:\d+$/, '').replace(/^\[|\]$/g, '')
}

/** What a request is told that names another host than loopback. */
function foreignText(option: string, takesHosts: boolean): string {
  const remedy = takesHosts
    ? `A name by which a proxy is known has to be allowed: --${option}-host NAME, or ${option}: { hosts: ['NAME'] }.`
    : 'A proxy has to name loopback as the host.'
  return `This address is served to those who ask for it as 127.0.0.1 or localhost. ${remedy}\n`
}

function listen(server: Server, address: HttpAddress, option: string): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', (cause: NodeJS.ErrnoException) => {
      const url = urlOf(address)
      if (cause.code === 'EADDRINUSE') {
        const remedy = `choose another port: --${option} PORT, or ${option}: 'HOST:PORT' in a program`
        reject(new AddressInUseError(`${option}: somebody else listens at ${url}; ${remedy}`, { cause }))
      } else reject(new AddressError(`cannot listen at ${url}: ${cause.message}`, { cause }))
    })
    server.listen(address.port, address.host, resolve)
  })
}
