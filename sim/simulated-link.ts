import { ConnectionLostError } from '../core/errors.ts'
import type { Supports, TransportOptions } from '../core/transport.ts'
import { BaseConnection, type Carried } from '../transports/base-connection.ts'
import type { SimulatedProcess } from './simulated-process.ts'

/** What one end sends to the other, in order. */
export type Parcel =
  | {
      readonly kind: 'messages'
      readonly messages: readonly Carried[]
      readonly bytes: number
      /** Whether the sender is to hear that they were taken over, with all before them. */
      readonly isPressing: boolean
    }
  /** The other end has taken so many bytes over. */
  | { readonly kind: 'taken'; readonly bytes: number }
  | { readonly kind: 'goodbye' }
  | { readonly kind: 'lost'; readonly reason: string }

/** How what an end sends gets to the other. */
export interface Carrier {
  carry(from: SimulatedEnd, parcel: Parcel): void
  ended(end: SimulatedEnd, error: Error | undefined): void
}

/** One end of a link between two simulated processes. Everything is copied, as by a wire. */
export class SimulatedEnd extends BaseConnection {
  readonly supports: Supports = { objects: false, transfer: false, noticesDeath: false }
  readonly process: SimulatedProcess
  readonly #carrier: Carrier
  #takenBytes = 0

  constructor(peer: string, process: SimulatedProcess, carrier: Carrier, options: Required<TransportOptions>) {
    super(peer, options)
    this.process = process
    this.#carrier = carrier
  }

  /** It has neither been closed nor lost, as far as it knows. */
  get isOpen(): boolean {
    return !this.hasEnded
  }

  take(parcel: Parcel): void {
    switch (parcel.kind) {
      case 'messages':
        for (const message of parcel.messages) this.arrived(message)
        this.#takenBytes += parcel.bytes
        if (this.isOpen && parcel.isPressing) {
          this.#carrier.carry(this, { kind: 'taken', bytes: this.#takenBytes })
          this.#takenBytes = 0
        }
        return
      case 'taken':
        if (this.isOpen) this.released(parcel.bytes)
        return
      case 'goodbye':
        return this.heardGoodbye()
      case 'lost':
        return this.lost(new ConnectionLostError(`the link with ${this.peer} was lost: ${parcel.reason}`))
    }
  }

  protected override put(message: Carried): boolean {
    return super.put({ ...message, frames: message.frames.map((frame) => frame.slice()) })
  }

  protected transmit(messages: readonly Carried[]): void {
    const bytes = messages.reduce((sum, message) => sum + message.bytes, 0)
    // Far from its limit it need not know, which spares most of the answers.
    const isPressing = this.bufferedBytes > this.options.bufferBytesMax / 4
    this.#carrier.carry(this, { kind: 'messages', messages, bytes, isPressing })
  }

  protected sayGoodbye(): void {
    this.#carrier.carry(this, { kind: 'goodbye' })
  }

  protected override finish(error: Error | undefined, abruptly: boolean): void {
    if (this.isOpen) this.#carrier.ended(this, error)
    super.finish(error, abruptly)
  }

  protected release(abruptly: boolean): void {
    if (abruptly) this.#carrier.carry(this, { kind: 'lost', reason: 'the other side gave it up' })
  }
}
