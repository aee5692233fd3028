import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import { createServer as createSecureServer } from 'node:https'
import { type AddressInfo, connect as connectSocket, type Socket } from 'node:net'
import { connect as connectSecurely } from 'node:tls'
import { WebSocket, WebSocketServer } from 'ws'
import {
  AddressError,
  AddressInUseError,
  AuthenticationError,
  ConnectionLostError,
  ProtocolError,
  UnreachableError,
} from '../core/errors.ts'
import type { Connection, Frame, Listener, Supports, Transport, TransportOptions } from '../core/transport.ts'
import { BaseConnection, type Carried, closeTimeoutMaxMs, tooLarge, tooMuchFromStranger } from './base-connection.ts'
import { type Block, headLength, kindOf, kinds, missingPart, packBlocks, signal, unpackMessages } from './blocks.ts'
import { encryptionHere, encryptionThere, secured } from './encryption.ts'
import { checkOrigins, cutOff, noAnswer, withDefaults } from './options.ts'

/** What has not become a WebSocket by then is ended. */
const httpLimits = { headersTimeout: 5_000, requestTimeout: 5_000, connectionsCheckingInterval: 1_000 }

type Verdict = (isWelcome: boolean, code?: number) => void

/** Room for a block's table and the small messages that travel with a large one. */
const blockOverheadBytes = 1024 * 1024

/**
 * WebSockets: `ws://HOST:PORT`, and `wss://HOST:PORT` for encrypted ones. A block is one binary message; its head and its parts are fragments of it, so that nobody copies them. No
 * compression. Clients do not mask (the mask is zero): that protects proxies from scripts in browsers, and costs a pass over every byte.
 */
export function websocketTransport(): Transport {
  return { name: 'websocket', schemes: ['ws', 'wss'], listen, connect }
}

async function listen(
  wanted: string,
  onConnection: (connection: Connection) => void,
  options?: TransportOptions,
): Promise<Listener> {
  const resolved = withDefaults(options)
  checkOrigins(resolved.origins)
  const address = secured(wanted, resolved.insecure)
  const url = parsed(address)
  const answer = (request: IncomingMessage, response: ServerResponse) => {
    resolved.onRefused(peerOf(request), 'it does not speak WebSocket')
    response.writeHead(426, { connection: 'close' }).end('This is a Yardmaster controller. It speaks WebSocket.\n')
  }
  const isEncrypted = url.protocol === 'wss:'
  const http = isEncrypted
    ? createSecureServer({ ...httpLimits, ...encryptionHere(address, resolved.key) }, answer)
    : createServer(httpLimits, answer)
  http.on('tlsClientError', (error: Error, { remoteAddress, remotePort }: Socket) => {
    resolved.onRefused(
      `wss://${remoteAddress}:${remotePort}`,
      `it does not hold the key, or does not speak TLS (${codeOf(error)})`,
    )
  })
  const server = new WebSocketServer({
    server: http,
    verifyClient: ({ origin, req }: { origin?: string; req: IncomingMessage }, done: Verdict) => {
      const isWelcome = origin === undefined || resolved.origins.includes(origin)
      if (!isWelcome) resolved.onRefused(peerOf(req), `it is a web page of ${origin.slice(0, 200)}`)
      done(isWelcome, 403)
    },
    ...limits(resolved),
  })
  server.on('error', () => {})
  await new Promise<void>((resolve, reject) => {
    http.once('listening', resolve)
    http.once('error', (error: NodeJS.ErrnoException) => reject(listenError(error, address)))
    http.listen(Number(url.port || 80), url.hostname.replace(/^\[(.*)\]$/, '$1'))
  })
  const { port } = http.address() as AddressInfo
  const actual = `${url.protocol}//${url.hostname}:${port}`
  let connections = 0
  server.on('connection', (socket, request) => {
    connections += 1
    const connection = new WebSocketConnection(socket, `${peerOf(request)}#${connections}`, resolved)
    connection.stream = request.socket
    connection.distrust()
    onConnection(connection)
  })
  return {
    address: actual,
    close: () =>
      // Open connections hold the server's own `close` up, and its port is free all the same.
      new Promise<void>((resolve) => {
        server.close()
        http.close(() => resolve())
        setImmediate(resolve)
      }),
  }
}

async function connect(address: string, options?: TransportOptions): Promise<Connection> {
  const { protocol } = parsed(address)
  const resolved = withDefaults(options)
  const socket = new WebSocket(address, {
    ...(protocol === 'wss:' ? encryptionThere(address, resolved.key) : {}),
    ...(resolved.socketPath === '' ? {} : { createConnection: through(resolved.socketPath, protocol === 'wss:') }),
    handshakeTimeout: resolved.connectTimeoutMs,
    generateMask: () => {},
    ...limits(resolved),
  })
  const connection = new WebSocketConnection(socket, address, resolved)
  await new Promise<void>((resolve, reject) => {
    socket.once('upgrade', (response) => {
      connection.stream = response.socket
    })
    socket.once('open', resolve)
    socket.once('error', (cause) =>
      reject(codeOf(cause) === 'EPROTO' ? strangeKey(address, cause) : unreachable(address, cause)),
    )
  })
  return connection
}

/** How HTTP gets a socket that leads to its host by way of a path. */
function through(path: string, isEncrypted: boolean): (options: unknown) => Socket {
  return (options) => {
    if (!isEncrypted) return connectSocket(path)
    // What `ws` was given for TLS is among the options; so is the path of the request.
    return connectSecurely({ ...(options as object), path, servername: '' })
  }
}

function peerOf({ socket }: IncomingMessage): string {
  return `ws://${socket.remoteAddress}:${socket.remotePort}`
}

function limits(options: Required<TransportOptions>) {
  return {
    perMessageDeflate: false,
    skipUTF8Validation: true,
    maxPayload: options.messageBytesMax + blockOverheadBytes,
    // What was sent before comes first.
    closeTimeout: closeTimeoutMaxMs,
  }
}

function parsed(address: string): URL {
  let url: URL
  try {
    url = new URL(address)
  } catch (cause) {
    throw new AddressError(`${JSON.stringify(address)} is no WebSocket address, as in ws://127.0.0.1:10102`, { cause })
  }
  if (!/^wss?:$/.test(url.protocol) || url.hostname === '') {
    throw new AddressError(`${JSON.stringify(address)} is no WebSocket address, as in ws://127.0.0.1:10102`)
  }
  return url
}

function listenError(error: NodeJS.ErrnoException, address: string): Error {
  if (error.code === 'EADDRINUSE') {
    return new AddressInUseError(
      `Somebody listens at ${address} already. Stop it, or choose another port; port 0 picks a free one.`,
      {
        cause: error,
      },
    )
  }
  return new AddressError(`Cannot listen at ${address}: ${error.message}`, { cause: error })
}

function strangeKey(address: string, cause: Error): AuthenticationError {
  return new AuthenticationError(
    `${address} does not hold the key of this cluster, or does not speak TLS. Both sides must read the same connection file.`,
    { cause },
  )
}

function unreachable(address: string, cause: Error): UnreachableError {
  const message = codeOf(cause) === 'ECONNRESET' ? cutOff : noAnswer
  return new UnreachableError(message(address, cause.message), { cause })
}

class WebSocketConnection extends BaseConnection {
  readonly supports: Supports = { objects: false, transfer: false, noticesDeath: true }
  /** What is beneath the WebSocket. */
  stream: Socket | undefined
  readonly #socket: WebSocket
  #error: Error | undefined

  constructor(socket: WebSocket, peer: string, options: Required<TransportOptions>) {
    super(peer, options)
    this.#socket = socket
    socket.binaryType = 'fragments'
    socket.on('message', (data, isBinary) => this.#receive(data as Buffer[], isBinary))
    socket.on('error', (error) => {
      this.#error = error
    })
    socket.on('close', (code) => this.lost(this.#reason(code)))
  }

  override get receivedBytes(): number | undefined {
    return this.stream?.bytesRead
  }

  /** From here until `trust` little is taken: a message is looked at only when it is whole. */
  distrust(): void {
    this.stream?.on('data', this.#limit)
  }

  trust(): void {
    this.stream?.off('data', this.#limit)
  }

  readonly #limit = (): void => {
    const { strangerBytesMax } = this.options
    const bytes = this.stream?.bytesRead ?? 0
    if (bytes > strangerBytesMax) this.abort(tooMuchFromStranger(this.peer, strangerBytesMax))
  }

  #reason(code: number): Error {
    if (isCode(this.#error, 'WS_ERR_UNSUPPORTED_MESSAGE_LENGTH')) {
      return tooLarge(this.options.messageBytesMax, this.options.messageBytesMax, `from ${this.peer}`)
    }
    if (this.#error && isCode(this.#error, 'WS_ERR')) {
      return new ProtocolError(`${this.peer} broke the WebSocket protocol: ${this.#error.message}`, {
        cause: this.#error,
      })
    }
    return new ConnectionLostError(`${this.peer} ended the connection without a goodbye (WebSocket code ${code})`, {
      cause: this.#error,
    })
  }

  protected transmit(messages: readonly Carried[]): void {
    for (const block of packBlocks(messages, false)) this.#transmitBlock(block)
  }

  #transmitBlock({ head, parts, messages }: Block): void {
    let bytes = 0
    for (const message of messages) bytes += message.bytes
    const sent = () => this.released(bytes)
    if (parts.length === 0) {
      this.#socket.send(head, sent)
      return
    }
    this.#socket.send(head, { fin: false })
    parts.forEach((part, index) => {
      const isLast = index === parts.length - 1
      const gap = isLast ? 0 : -part.length & 7
      this.#socket.send(part, { fin: isLast }, isLast ? sent : undefined)
      if (gap > 0) this.#socket.send(new Uint8Array(gap), { fin: false })
    })
  }

  #receive(fragments: Buffer[], isBinary: boolean): void {
    try {
      if (!isBinary) throw new ProtocolError(`${this.peer} sent text, where only binary messages are expected`)
      this.#receiveBlock(fragments)
    } catch (error) {
      if (!(error instanceof ProtocolError)) throw error
      this.abort(error)
    }
  }

  #receiveBlock(fragments: Buffer[]): void {
    let chunks: readonly Buffer[] = fragments
    const first = chunks[0] ?? new Uint8Array(0)
    const kind = kindOf(first)
    if (kind === kinds.goodbye) {
      this.heardGoodbye()
      return
    }
    if (kind !== kinds.messages) throw new ProtocolError(`A block of the unknown kind ${kind}`)
    let length = headLength(first)
    if (length === undefined) {
      // Somebody on the way has cut the message into fragments of its own.
      chunks = [Buffer.concat(fragments)]
      length = headLength(chunks[0] as Buffer)
    }
    const head = chunks[0]
    if (!head || length === undefined) throw new ProtocolError('A block is cut off')
    const rest = length === head.length ? chunks.slice(1) : [head.subarray(length), ...chunks.slice(1)]
    const parts = new PartReader(rest)
    for (const message of unpackMessages(head.subarray(0, length), (size) => parts.take(size))) this.arrived(message)
  }

  protected sayGoodbye(): void {
    this.#socket.send(signal(kinds.goodbye))
    this.awaitGoodbye(() => this.lost())
  }

  protected release(abruptly: boolean): void {
    if (abruptly) this.#socket.terminate()
    else this.#socket.close(1000)
  }
}

/** Takes parts out of fragments: each is a fragment of its own unless somebody on the way has cut or joined them. */
class PartReader {
  #chunks: readonly Buffer[]

  constructor(chunks: readonly Buffer[]) {
    this.#chunks = chunks
  }

  take(length: number): Frame {
    const part = this.#next(length)
    const gap = -length & 7
    if (this.#chunks.length > 0 && gap > 0) this.#next(gap)
    return part
  }

  #next(length: number): Frame {
    if (length === 0) return new Uint8Array(0)
    const [first, ...rest] = this.#chunks
    if (!first) missingPart()
    if (first.length === length) {
      this.#chunks = rest
      return plain(first)
    }
    if (first.length < length) {
      this.#chunks = [Buffer.concat(this.#chunks)]
      if ((this.#chunks[0] as Buffer).length < length) missingPart()
      return this.#next(length)
    }
    this.#chunks = [first.subarray(length), ...rest]
    return plain(first.subarray(0, length))
  }
}

function plain(buffer: Buffer): Frame {
  return new Uint8Array(buffer.buffer, buffer.byteOffset, buffer.length)
}

function codeOf(error: Error): string {
  return 'code' in error ? String(error.code) : error.message
}

function isCode(error: Error | undefined, prefix: string): boolean {
  return error !== undefined && 'code' in error && String(error.code).startsWith(prefix)
}
