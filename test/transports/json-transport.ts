/** A transport that is not of the house: JSON lines over TCP. */
import { createConnection, createServer, type Socket } from 'node:net'
import { AddressError, AddressInUseError, ConnectionLostError, UnreachableError } from '../../core/errors.ts'
import type { Connection, Frame, Listener, Transport, TransportOptions } from '../../core/transport.ts'
import { BaseConnection, type Carried } from '../../transports/base-connection.ts'
import { withDefaults } from '../../transports/options.ts'

/** Slow, small, and enough. An empty line is the goodbye. */
class JsonConnection extends BaseConnection {
  readonly supports = { objects: false, transfer: false, noticesDeath: true }
  readonly #socket: Socket
  #rest: string[] = []

  constructor(socket: Socket, peer: string, options: Required<TransportOptions>) {
    super(peer, options)
    this.#socket = socket.setEncoding('utf8')
    socket.on('data', (text: string) => this.#read(text))
    socket.on('error', () => {})
    socket.on('close', () => this.lost(new ConnectionLostError(`${peer} hung up`)))
  }

  #read(text: string): void {
    const [first = '', ...more] = text.split('\n')
    this.#rest.push(first)
    for (const next of more) {
      const line = this.#rest.join('')
      this.#rest = [next]
      if (line === '') this.heardGoodbye()
      else this.#readMessage(line)
    }
  }

  #readMessage(line: string): void {
    try {
      const parts: string[] = JSON.parse(line)
      const frames = parts.map((part): Frame => new Uint8Array(Buffer.from(part, 'base64')))
      this.arrived({ frames, bytes: frames.reduce((sum, { length }) => sum + length, 16) })
    } catch (error) {
      this.abort(error instanceof Error ? error : undefined)
    }
  }

  protected transmit(messages: readonly Carried[]): void {
    for (const { frames, bytes } of messages) {
      const line = JSON.stringify(frames.map((frame) => Buffer.from(frame).toString('base64')))
      this.#socket.write(`${line}\n`, () => this.released(bytes))
    }
  }

  protected sayGoodbye(): void {
    this.#socket.write('\n')
  }

  protected release(abruptly: boolean): void {
    if (abruptly) this.#socket.resetAndDestroy()
    else this.#socket.end()
  }
}

function place(address: string): { host: string; port: number } {
  const [, host, port] = /^json:\/\/([\d.]+):(\d+)$/.exec(address) ?? []
  if (host === undefined) throw new AddressError(`${address} is no address`)
  return { host, port: Number(port) }
}

export const jsonTransport: Transport = {
  name: 'json',
  schemes: ['json'],
  async listen(address, onConnection, options): Promise<Listener> {
    const { host, port } = place(address)
    const server = createServer((socket) => {
      onConnection(new JsonConnection(socket, `json:#${socket.remotePort}`, withDefaults(options)))
    })
    await new Promise<void>((resolve, reject) => {
      server.once('error', () => reject(new AddressInUseError(`${address} is in use`)))
      server.listen(port, host, resolve)
    })
    const bound = server.address()
    return {
      address: `json://${host}:${typeof bound === 'object' && bound ? bound.port : 0}`,
      close: () =>
        new Promise((resolve) => {
          server.close()
          setImmediate(resolve)
        }),
    }
  },
  async connect(address, options): Promise<Connection> {
    const socket = createConnection(place(address))
    await new Promise<void>((resolve, reject) => {
      socket.once('connect', resolve)
      socket.once('error', () => reject(new UnreachableError(`Nobody is at ${address}`)))
    })
    return new JsonConnection(socket, address, withDefaults(options))
  },
}
