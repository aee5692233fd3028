import { ConnectionLostError } from '../core/errors.ts'
import type { Frame, Supports, TransportOptions } from '../core/transport.ts'
import { assumedBytesPerMs, tooMuchFromStranger } from './base-connection.ts'
import { type Block, kinds, missingPart, signal } from './blocks.ts'
import { ReceiptedConnection } from './receipted-connection.ts'

/** A larger block is announced. ZeroMQ shows it only when it is whole; until then it counts as coming at the assumed pace. */
const announcedFromBytes = 1_000_000

/** What a ZeroMQ connection needs of the socket beneath it, which it may share with others. */
export interface ZeromqPath {
  /** Sends one multipart message; calls `lost` of the connection if the peer cannot be reached. */
  send(parts: readonly Uint8Array[]): void
  /** The connection has ended. */
  leave(): void
}

/** One peer behind a DEALER, or one of those behind a ROUTER. */
export class ZeromqConnection extends ReceiptedConnection {
  readonly supports: Supports = { objects: false, transfer: false, noticesDeath: true }
  readonly #path: ZeromqPath
  #accepted: ((isAccepted: boolean) => void) | undefined
  #receivedBytes = 0
  #isStranger = false
  #announced = { bytes: 0, at: 0 }

  constructor(path: ZeromqPath, peer: string, options: Required<TransportOptions>) {
    super(peer, options)
    this.#path = path
  }

  override get receivedBytes(): number {
    const { bytes, at } = this.#announced
    return this.#receivedBytes + Math.min(bytes, (performance.now() - at) * assumedBytesPerMs)
  }

  /** From here until `trust` little is taken. */
  distrust(): void {
    this.#isStranger = true
  }

  trust(): void {
    this.#isStranger = false
  }

  /** Resolves with whether the listener has accepted, or will not. */
  accepted(): Promise<boolean> {
    return new Promise((resolve) => {
      this.#accepted = resolve
    })
  }

  receive(parts: readonly Buffer[], first: number): void {
    const head = parts[first]
    if (!head) return
    this.#announced = { bytes: 0, at: 0 }
    for (const part of parts) this.#receivedBytes += part.length
    const { strangerBytesMax } = this.options
    if (this.#isStranger && this.#receivedBytes > strangerBytesMax) {
      this.abort(tooMuchFromStranger(this.peer, strangerBytesMax))
      return
    }
    let next = first + 1
    this.receivedBlock(plain(head), (length) => {
      const part = parts[next++]
      return part?.length === length ? plain(part) : missingPart()
    })
  }

  /** The peer is gone, and all that it sent before has been received. */
  unreachable(): void {
    this.lost(new ConnectionLostError(`${this.peer} is gone: its process ended, or the network failed`))
  }

  protected transmitBlock({ head, parts }: Block): void {
    const bytes = parts.reduce((sum, part) => sum + part.length, head.length)
    if (bytes > announcedFromBytes) this.#path.send([signal(kinds.probe, bytes)])
    this.#path.send([head, ...parts])
  }

  protected transmitSignal(head: Uint8Array): void {
    this.#path.send([head])
  }

  protected override sayGoodbye(): void {
    super.sayGoodbye()
    this.awaitGoodbye(() => this.unreachable())
  }

  protected override receivedSignal(kind: number, value: number): void {
    if (kind === kinds.accept) this.#accepted?.(true)
    else if (kind === kinds.reset) {
      this.#accepted?.(false)
      this.lost(new ConnectionLostError(`${this.peer} was aborted by the other side`))
    } else if (kind === kinds.probe) this.#announced = { bytes: value, at: performance.now() }
    else super.receivedSignal(kind, value)
  }

  protected release(abruptly: boolean): void {
    if (abruptly) this.#path.send([signal(kinds.reset)])
    this.#path.leave()
  }
}

function plain(buffer: Buffer): Frame {
  return new Uint8Array(buffer.buffer, buffer.byteOffset, buffer.length)
}
