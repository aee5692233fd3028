import { ConnectionLostError } from '../core/errors.ts'
import type { Frame, Supports, TransportOptions } from '../core/transport.ts'
import { type Block, kinds, missingPart, signal } from './blocks.ts'
import { ReceiptedConnection } from './receipted-connection.ts'

/** How long a peer that does not answer a goodbye may hold a close up. */
const closeTimeoutMs = 2_000

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

  constructor(path: ZeromqPath, peer: string, options: Required<TransportOptions>) {
    super(peer, options)
    this.#path = path
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
    this.#path.send([head, ...parts])
  }

  protected transmitSignal(head: Uint8Array): void {
    this.#path.send([head])
  }

  protected override sayGoodbye(): void {
    super.sayGoodbye()
    setTimeout(() => this.hasEnded || this.unreachable(), closeTimeoutMs).unref()
  }

  protected override receivedSignal(kind: number): void {
    if (kind === kinds.accept) this.#accepted?.(true)
    else if (kind === kinds.reset) {
      this.#accepted?.(false)
      this.lost(new ConnectionLostError(`${this.peer} was aborted by the other side`))
    } else if (kind !== kinds.probe) super.receivedSignal(kind)
  }

  protected release(abruptly: boolean): void {
    if (abruptly) this.#path.send([signal(kinds.reset)])
    this.#path.leave()
  }
}

function plain(buffer: Buffer): Frame {
  return new Uint8Array(buffer.buffer, buffer.byteOffset, buffer.length)
}
