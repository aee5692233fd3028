import { AddressError, ConnectionLostError, ProtocolError, UnreachableError } from '../core/errors.ts'
import type { Connection, Supports, Transport, TransportOptions } from '../core/transport.ts'
import { BaseConnection, type Carried } from './base-connection.ts'
import { type Block, kindOf, kinds, packBlocks, piecesOf, signal, unpackBlock } from './blocks.ts'
import { withDefaults } from './options.ts'

/** What is used of a browser's WebSocket. */
interface PageSocket {
  binaryType: string
  readonly bufferedAmount: number
  onopen: (() => void) | null
  onerror: (() => void) | null
  onmessage: ((event: { readonly data: unknown }) => void) | null
  onclose: ((event: { readonly code: number }) => void) | null
  send(data: Uint8Array): void
  close(code?: number): void
}

declare const WebSocket: new (address: string) => PageSocket
declare const location: { readonly origin: string } | undefined

/** Less than this in the browser's hands is as good as sent. */
const littleBytes = 64 * 1024
/** How often it is looked at how much the browser has sent: it tells only who asks. */
const lookEveryMs = 20

/** The WebSocket of a browser: `ws://HOST:PORT`, or `wss://HOST` where a proxy with a certificate stands before the controller. */
export function pageSocketTransport(): Transport {
  return {
    name: 'websocket of a page',
    schemes: ['ws', 'wss'],
    connect,
    async listen(address) {
      throw new AddressError(`Nobody can listen at ${address} in a browser: it only connects`)
    },
  }
}

async function connect(address: string, options?: TransportOptions): Promise<Connection> {
  const resolved = withDefaults(options)
  const socket = open(address)
  const connection = new PageSocketConnection(socket, address, resolved)
  let timer: ReturnType<typeof setTimeout> | undefined
  try {
    await new Promise<void>((resolve, reject) => {
      const fail = (why: string) => reject(new UnreachableError(advice(address, why)))
      timer = setTimeout(() => fail('no answer in time'), resolved.connectTimeoutMs)
      socket.onopen = () => resolve()
      socket.onerror = () => fail('the browser does not say why')
    })
    socket.onerror = null
    return connection
  } catch (error) {
    connection.abort()
    throw error
  } finally {
    clearTimeout(timer)
  }
}

function open(address: string): PageSocket {
  try {
    return new WebSocket(address)
  } catch (cause) {
    throw new AddressError(`${JSON.stringify(address)} is no WebSocket address, as in ws://127.0.0.1:10102`, { cause })
  }
}

/** A controller that refuses the page's origin looks like one that is not there. */
function advice(address: string, why: string): string {
  const origin = typeof location === 'object' ? location.origin : 'its origin'
  return `Nobody answers at ${address} (${why}). Is the controller running there, and does it let this page in (transportOptions: { origins: ['${origin}'] })?`
}

class PageSocketConnection extends BaseConnection {
  readonly supports: Supports = { objects: false, transfer: false, noticesDeath: true }
  readonly #socket: PageSocket
  #sentBytes = 0
  /** What the browser may not have sent: where each block ends, and the room that its messages take. */
  #unsent: { readonly end: number; readonly bytes: number }[] = []
  #looking: ReturnType<typeof setTimeout> | undefined

  constructor(socket: PageSocket, peer: string, options: Required<TransportOptions>) {
    super(peer, options)
    this.#socket = socket
    socket.binaryType = 'arraybuffer'
    socket.onmessage = ({ data }) => this.#receive(data)
    socket.onclose = ({ code }) =>
      this.lost(new ConnectionLostError(`${peer} ended the connection without a goodbye (WebSocket code ${code})`))
  }

  protected transmit(messages: readonly Carried[]): void {
    for (const block of packBlocks(messages, false)) {
      const whole = joined(block)
      this.#socket.send(whole)
      this.#sentBytes += whole.length
      this.#unsent.push({ end: this.#sentBytes, bytes: block.messages.reduce((sum, { bytes }) => sum + bytes, 0) })
    }
    this.#look()
  }

  #look(): void {
    clearTimeout(this.#looking)
    this.#looking = undefined
    if (this.hasEnded) return
    const { bufferedAmount } = this.#socket
    const sent = bufferedAmount <= littleBytes ? this.#sentBytes : this.#sentBytes - bufferedAmount
    let bytes = 0
    let next = this.#unsent[0]
    for (; next && next.end <= sent; next = this.#unsent[0]) {
      bytes += next.bytes
      this.#unsent.shift()
    }
    if (next) this.#looking = setTimeout(() => this.#look(), lookEveryMs)
    if (bytes > 0) this.released(bytes)
  }

  #receive(data: unknown): void {
    try {
      if (!(data instanceof ArrayBuffer))
        throw new ProtocolError(`${this.peer} sent text, where only bytes are expected`)
      const bytes = new Uint8Array(data)
      if (kindOf(bytes) === kinds.goodbye) this.heardGoodbye()
      else for (const message of unpackBlock(bytes)) this.arrived(message)
    } catch (error) {
      if (!(error instanceof ProtocolError)) throw error
      this.abort(error)
    }
  }

  protected sayGoodbye(): void {
    this.#socket.send(signal(kinds.goodbye))
    this.awaitGoodbye(() => this.lost())
  }

  protected release(): void {
    clearTimeout(this.#looking)
    this.#socket.onmessage = null
    // Browsers cannot cut a connection; without a goodbye before it the peer knows.
    this.#socket.close()
  }
}

/** A browser's message is one piece. */
function joined(block: Block): Uint8Array {
  if (block.parts.length === 0) return block.head
  const pieces = piecesOf(block)
  const whole = new Uint8Array(pieces.reduce((sum, { length }) => sum + length, 0))
  let at = 0
  for (const piece of pieces) {
    whole.set(piece, at)
    at += piece.length
  }
  return whole
}
