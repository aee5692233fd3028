import { type MessagePort, receiveMessageOnPort, type TransferListItem } from 'node:worker_threads'
import { ConnectionLostError } from '../core/errors.ts'
import type { Supports, TransportOptions } from '../core/transport.ts'
import { type Block, kinds, missingPart, ofItsOwn, signal } from './blocks.ts'
import { ReceiptedConnection } from './receipted-connection.ts'

/** What crosses a port: a head alone, or a head and its parts. */
type Posted = Uint8Array<ArrayBuffer> | [head: Uint8Array<ArrayBuffer>, ...parts: Uint8Array[]]

export class PortConnection extends ReceiptedConnection {
  readonly supports: Supports = { objects: false, transfer: true, noticesDeath: true }
  protected override readonly allocate = ofItsOwn
  readonly #port: MessagePort

  constructor(port: MessagePort, options: Required<TransportOptions>, peer: string) {
    super(peer, options)
    this.#port = port
    port.on('message', (posted: Posted) => this.#receive(posted))
    port.on('messageerror', (error) => this.abort(error))
    port.on('close', () =>
      this.lost(new ConnectionLostError(`The thread of ${peer} ended, or closed its port without a goodbye`)),
    )
  }

  /** Sends what was to leave at the end of this turn. */
  sendNow(): void {
    this.flush()
  }

  /** Receives what has arrived and was to be received on later turns. */
  receiveNow(): void {
    if (this.hasEnded) return
    for (let next = receiveMessageOnPort(this.#port); next; next = receiveMessageOnPort(this.#port)) {
      this.#receive(next.message as Posted)
    }
  }

  #receive(posted: Posted): void {
    if (posted instanceof Uint8Array) this.receivedBlock(posted, missingPart)
    else {
      let next = 1
      this.receivedBlock(posted[0], (length) => {
        const part = posted[next++]
        return part?.length === length ? part : missingPart()
      })
    }
  }

  protected transmitBlock({ head, parts, messages }: Block): void {
    const transfer: TransferListItem[] = [head.buffer as ArrayBuffer]
    if (parts.length === 0) {
      this.#port.postMessage(head, transfer)
      return
    }
    const moved = new Set(messages.flatMap((message) => message.transfer ?? []))
    const sent = parts.map((part) => {
      const buffer: ArrayBufferLike = part.buffer
      if (buffer instanceof SharedArrayBuffer) return part
      const own = moved.has(buffer) ? part : part.slice()
      transfer.push(own.buffer as ArrayBuffer)
      return own
    })
    this.#port.postMessage([head, ...sent], [...new Set(transfer)])
  }

  protected transmitSignal(head: Uint8Array): void {
    this.#port.postMessage(head)
  }

  protected override receivedSignal(kind: number, value: number): void {
    if (kind === kinds.reset) this.lost(new ConnectionLostError(`${this.peer} was aborted by the other side`))
    else super.receivedSignal(kind, value)
  }

  protected release(abruptly: boolean): void {
    if (abruptly) this.#port.postMessage(signal(kinds.reset))
    this.#port.close()
  }
}
