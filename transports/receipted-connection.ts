import { ProtocolError } from '../core/errors.ts'
import type { Frame } from '../core/transport.ts'
import { BaseConnection, type Carried } from './base-connection.ts'
import { type Block, kindOf, kinds, packBlocks, signal, signalValue, unpackMessages } from './blocks.ts'

/**
 * A connection over a link that does not tell how much it holds. The receiver says how much it has consumed, when it is asked; the sender
 * asks whenever it has sent a quarter of the room since it last did. So when it is full, an answer is due that leaves at most a quarter in use.
 */
export abstract class ReceiptedConnection extends BaseConnection {
  #sentBytes = 0
  #releasedBytes = 0
  #askedAtBytes = 0
  #consumedBytes = 0

  /** How heads get their memory; from a pool where this is absent. */
  protected readonly allocate?: (length: number) => Uint8Array

  /** Sends one block. */
  protected abstract transmitBlock(block: Block): void
  /** Sends a signal: a block without messages. */
  protected abstract transmitSignal(head: Uint8Array): void

  protected transmit(messages: readonly Carried[]): void {
    for (const { bytes } of messages) this.#sentBytes += bytes
    const asks = this.#sentBytes - this.#askedAtBytes > this.options.bufferBytesMax / 4
    if (asks) this.#askedAtBytes = this.#sentBytes
    for (const block of packBlocks(messages, asks, this.allocate)) this.transmitBlock(block)
  }

  protected sayGoodbye(): void {
    this.transmitSignal(signal(kinds.goodbye))
  }

  protected override consumed(message: Carried): void {
    this.#consumedBytes += message.bytes
  }

  /** A block came. What it says is not trusted: nonsense ends the connection. */
  protected receivedBlock(head: Uint8Array, takePart: (length: number) => Frame): void {
    try {
      this.#receive(head, takePart)
    } catch (error) {
      if (!(error instanceof ProtocolError)) throw error
      this.abort(error)
    }
  }

  #receive(head: Uint8Array, takePart: (length: number) => Frame): void {
    const kind = kindOf(head)
    if (kind === kinds.messages || kind === kinds.messagesWithReceipt) {
      for (const message of unpackMessages(head, takePart)) this.arrived(message)
      if (kind === kinds.messagesWithReceipt) this.whenDelivered(() => this.#sendReceipt())
    } else if (kind === kinds.receipt) this.#receipt(signalValue(head))
    else if (kind === kinds.goodbye) this.heardGoodbye()
    else this.receivedSignal(kind, signalValue(head))
  }

  #sendReceipt(): void {
    if (!this.hasEnded) this.transmitSignal(signal(kinds.receipt, this.#consumedBytes))
  }

  #receipt(consumedBytes: number): void {
    const bytes = consumedBytes - this.#releasedBytes
    if (!(bytes >= 0 && consumedBytes <= this.#sentBytes)) throw new ProtocolError('A receipt for more than was sent')
    this.#releasedBytes = consumedBytes
    this.released(bytes)
  }

  protected receivedSignal(kind: number, _value: number): void {
    throw new ProtocolError(`A block of the unknown kind ${kind}`)
  }
}
