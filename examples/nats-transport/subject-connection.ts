import { ConnectionLostError, MessageTooLargeError, ProtocolError } from 'yardmaster'
import {
  BaseConnection,
  type Carried,
  packBlocks,
  type Supports,
  type TransportOptions,
  unpackBlock,
} from 'yardmaster/transports'
import { CutBlock } from './cut-block.ts'
import { headBytes, kinds, type Packet, packet, readPacket } from './packet.ts'

/** Packets are no larger, whatever the server would take: one should not hold up the others for long. */
const packetBytesMax = 512 * 1024
/** So much may be on its way, unheard. A server ends the connection of a reader for whom too much lies there (64 MB). */
const windowBytes = 4 * 2 ** 20
/** After so much the receiver says how much it has heard. With the largest packet it is well below the window, so that a full one moves on. */
const heardEveryBytes = 2 ** 20
/** Room for a block's table, and for the small messages that travel with a large one. */
const blockOverheadBytes = 2 ** 20
/** How often a silent peer is looked for. */
const probeEveryMs = 500
/** How long a peer that does not answer a goodbye, and hears nothing any more, may hold up a close. */
const closeTimeoutMs = 2_000

/** The way to one peer: its subject, and ours. */
export interface SubjectPath {
  /** What the server takes in one message. */
  readonly payloadBytesMax: number
  send(packet: Uint8Array): void
  /** Sends something that comes back where nobody is there any more; then `unreachable` is to be called. */
  probe(): void
  /** The connection has ended: nothing more is sent or heard. */
  leave(): void
}

/** A connection between two subjects, one for each side to hear by. */
export class SubjectConnection extends BaseConnection {
  readonly supports: Supports = { objects: false, transfer: false, noticesDeath: true }
  readonly #path: SubjectPath
  readonly #pieceBytesMax: number
  #queue: (CutBlock | 'goodbye')[] = []
  #sent = { packets: 0, bytes: 0, heard: 0 }
  #received = { packets: 0, bytes: 0, told: 0 }
  #partial: { readonly block: Uint8Array; filled: number } | undefined
  #isTrusted = false
  #hasHeard = true
  #isLeaving = false
  #closeTimer: NodeJS.Timeout | undefined
  readonly #prober: NodeJS.Timeout

  constructor(path: SubjectPath, peer: string, options: Required<TransportOptions>) {
    super(peer, options)
    this.#path = path
    this.#pieceBytesMax = Math.min(path.payloadBytesMax, packetBytesMax) - headBytes
    this.#prober = setInterval(() => {
      if (!this.#hasHeard) path.probe()
      this.#hasHeard = false
    }, probeEveryMs).unref()
  }

  override get receivedBytes(): number {
    return this.#received.bytes
  }

  trust(): void {
    this.#isTrusted = true
  }

  /** The server says that nobody hears what is sent to the peer. It has delivered all that the peer had sent. */
  unreachable(): void {
    this.lost(new ConnectionLostError(`${this.peer} is gone: its process ended, or its link to the server failed`))
  }

  // What goes out.

  protected transmit(messages: readonly Carried[]): void {
    for (const block of packBlocks(messages, false)) this.#queue.push(new CutBlock(block))
    this.#pump()
  }

  protected sayGoodbye(): void {
    this.#queue.push('goodbye')
    this.#awaitGoodbye()
    this.#pump()
  }

  protected release(abruptly: boolean): void {
    if (!abruptly) {
      this.#isLeaving = true
      this.#pump()
      return
    }
    this.#queue = []
    this.#path.send(packet(kinds.reset))
    this.#leave()
  }

  #pump(): void {
    let next = this.#queue[0]
    for (; next && this.#sent.bytes - this.#sent.heard < windowBytes; next = this.#queue[0]) {
      if (next === 'goodbye') {
        this.#path.send(packet(kinds.goodbye))
        this.#queue.shift()
        continue
      }
      const piece = next.next(this.#sent.packets, this.#pieceBytesMax)
      this.#sent.packets = (this.#sent.packets + 1) >>> 0
      this.#sent.bytes += piece.length
      this.#path.send(piece)
      if (!next.isWhole) continue
      this.#queue.shift()
      this.released(next.messageBytes)
    }
    if (this.#isLeaving && next === undefined) this.#leave()
  }

  #awaitGoodbye(): void {
    clearTimeout(this.#closeTimer)
    this.#closeTimer = setTimeout(() => (this.hasEnded ? this.#leave() : this.unreachable()), closeTimeoutMs).unref()
  }

  #leave(): void {
    clearInterval(this.#prober)
    clearTimeout(this.#closeTimer)
    this.#path.leave()
  }

  // What comes in.

  /** What came is not trusted: nonsense ends this connection. */
  receive(data: Uint8Array): void {
    this.#hasHeard = true
    if (this.#closeTimer) this.#awaitGoodbye()
    try {
      this.#take(readPacket(data))
    } catch (error) {
      if (!(error instanceof ProtocolError || error instanceof MessageTooLargeError)) throw error
      this.abort(error)
    }
  }

  #take(read: Packet): void {
    switch (read.kind) {
      case kinds.data:
        return this.#takePiece(read)
      case kinds.heard:
        if (!(read.value <= this.#sent.bytes)) throw new ProtocolError('The peer has heard more than was sent')
        this.#sent.heard = Math.max(this.#sent.heard, read.value)
        return this.#pump()
      case kinds.goodbye:
        return this.heardGoodbye()
      case kinds.reset:
        return this.lost(new ConnectionLostError(`${this.peer} was aborted by the other side`))
      case kinds.probe:
        return
      default:
        throw new ProtocolError(`A packet of the unknown kind ${read.kind}`)
    }
  }

  #takePiece({ number, value: left, bytes }: Packet): void {
    if (this.hasEnded) return
    // NATS promises to deliver at most once: what it has lost must not be passed over.
    if (number !== this.#received.packets) throw new ProtocolError(`${this.peer}: a packet was lost on the way`)
    this.#received.packets = (number + 1) >>> 0
    this.#received.bytes += headBytes + bytes.length
    if (!this.#isTrusted && this.#received.bytes + left > this.options.strangerBytesMax) {
      throw new MessageTooLargeError(
        `${this.peer} sent more than ${this.options.strangerBytesMax} bytes before it proved who it is`,
      )
    }
    const block = this.#assemble(bytes, left)
    if (block) for (const message of unpackBlock(block)) this.arrived(message)
    if (this.#received.bytes - this.#received.told < heardEveryBytes) return
    this.#received.told = this.#received.bytes
    this.#path.send(packet(kinds.heard, 0, this.#received.bytes))
  }

  /** The block, when this piece makes it whole. */
  #assemble(bytes: Uint8Array, left: number): Uint8Array | undefined {
    if (left === 0 && !this.#partial) return bytes
    this.#partial ??= { block: this.#roomFor(bytes.length + left), filled: 0 }
    const { block, filled } = this.#partial
    if (filled + bytes.length + left !== block.length)
      throw new ProtocolError('A piece of another length than was said')
    block.set(bytes, filled)
    this.#partial.filled += bytes.length
    if (left > 0) return undefined
    this.#partial = undefined
    return block
  }

  #roomFor(bytes: number): Uint8Array {
    const { messageBytesMax } = this.options
    if (!Number.isSafeInteger(bytes)) throw new ProtocolError(`A block of ${bytes} bytes`)
    if (bytes <= messageBytesMax + blockOverheadBytes) return new Uint8Array(bytes)
    throw new MessageTooLargeError(
      `A message from ${this.peer} has about ${bytes} bytes; at most ${messageBytesMax} are allowed. Raise messageBytesMax on both sides, or send less at once.`,
    )
  }
}
