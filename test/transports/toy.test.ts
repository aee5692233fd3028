/** A transport of one's own: registered by its scheme, found by its address, held to the same suite. */
import { createConnection, createServer, type Socket } from 'node:net'
import { afterEach, describe, expect, test } from 'vitest'
import { AddressError, AddressInUseError, ConnectionLostError, UnreachableError } from '../../core/errors.ts'
import type { Connection, Frame, Listener, Transport, TransportOptions } from '../../core/transport.ts'
import { transportSuite } from '../../testing/transport-suite.ts'
import { BaseConnection, type Carried } from '../../transports/base-connection.ts'
import { registerTransport, transportFor } from '../../transports/connect.ts'
import { withDefaults } from '../../transports/options.ts'

/** JSON lines over TCP: slow, small, and enough. An empty line is the goodbye. */
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

const jsonTransport: Transport = {
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

registerTransport(jsonTransport)

const oneMemory = 'the peers may be on different machines'

transportSuite({
  name: 'json, a toy registered by its scheme',
  runner: { describe, test },
  setup: async () => ({ transport: await transportFor('json://127.0.0.1:0'), address: () => 'json://127.0.0.1:0' }),
  exceptions: {
    'objects are passed as they are, in order with frames': oneMemory,
    'shared buffers stay shared, and buffers to transfer leave the sender': oneMemory,
    'the end of the peer’s process is an error here, and other peers go on': 'other processes do not know the toy',
    'a process that is killed amid traffic is noticed, and what it had echoed is in order':
      'other processes do not know the toy',
    'nonsense on the wire ends nothing but its own connection':
      'it takes any line for JSON, and that is shown elsewhere',
  },
})

describe('which transport an address gets', () => {
  afterEach(() => registerTransport(jsonTransport))

  test.each([
    ['memory:x', 'memory'],
    ['threads:x', 'threads'],
    ['tcp://127.0.0.1:0', 'zeromq'],
    ['ipc:///tmp/x', 'zeromq'],
    ['ws://127.0.0.1:0', 'websocket'],
    ['json://127.0.0.1:0', 'json'],
    ['JSON://127.0.0.1:0', 'json'],
  ])('%s: %s', async (address, name) => {
    const transport = await transportFor(address)
    expect(transport.name).toBe(name)
    expect(await transportFor(address)).toBe(transport)
  })

  test('tcp and ipc are one transport', async () => {
    expect(await transportFor('tcp://127.0.0.1:0')).toBe(await transportFor('ipc:///tmp/x'))
  })

  test('an unknown scheme, and none, are AddressErrors that say what there is', async () => {
    await expect(transportFor('pigeon://loft')).rejects.toThrow(AddressError)
    await expect(transportFor('pigeon://loft')).rejects.toThrow(/pigeon.*memory, threads, tcp, ipc, ws, json/)
    await expect(transportFor('127.0.0.1:80')).rejects.toThrow(AddressError)
    await expect(transportFor('constructor:x')).rejects.toThrow(AddressError)
  })

  test('the last to register a scheme has it', async () => {
    const other = { ...jsonTransport, name: 'other' }
    registerTransport(other)
    expect(await transportFor('json://x')).toBe(other)
  })
})
