import { type Block, piecesOf } from 'yardmaster/transports'
import { headBytes, kinds, packet } from './packet.ts'

/** A block on its way out, cut into packets that the server takes. Nothing is copied before its turn. */
export class CutBlock {
  /** What its messages take of the connection's room. */
  readonly messageBytes: number
  readonly #pieces: Uint8Array[]
  #left: number

  constructor(block: Block) {
    this.#pieces = piecesOf(block)
    this.#left = this.#pieces.reduce((sum, { length }) => sum + length, 0)
    this.messageBytes = block.messages.reduce((sum, { bytes }) => sum + bytes, 0)
  }

  get isWhole(): boolean {
    return this.#left === 0
  }

  /** The next packet, with at most so many bytes of the block. */
  next(number: number, bytesMax: number): Uint8Array {
    const room = Math.min(this.#left, bytesMax)
    this.#left -= room
    const made = packet(kinds.data, number, this.#left, room)
    for (let at = headBytes; at < made.length; ) {
      const piece = this.#pieces[0] as Uint8Array
      const taken = piece.subarray(0, made.length - at)
      made.set(taken, at)
      at += taken.length
      if (taken.length === piece.length) this.#pieces.shift()
      else this.#pieces[0] = piece.subarray(taken.length)
    }
    return made
  }
}
