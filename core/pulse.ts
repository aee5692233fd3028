import type { Connection } from './transport.ts'

/**
 * Whether a peer still speaks. It is asked at each beat, not by the clock, so that a stall on this side makes nobody silent;
 * and part of a message is speech too, for a large one may take longer than any heartbeat.
 */
export class Pulse {
  readonly #connection: Connection
  #receivedBytes: number | undefined
  #heard = true
  #silentBeats = 0

  constructor(connection: Connection) {
    this.#connection = connection
  }

  /** Beats in a row in which nothing was heard. */
  get silentBeats(): number {
    return this.#silentBeats
  }

  /** A message came. */
  hear(): void {
    this.#heard = true
    this.#silentBeats = 0
  }

  /** Another beat is over. Answers `silentBeats`. */
  beat(): number {
    const { receivedBytes } = this.#connection
    if (this.#heard || receivedBytes !== this.#receivedBytes) this.#silentBeats = 0
    else this.#silentBeats += 1
    this.#heard = false
    this.#receivedBytes = receivedBytes
    return this.#silentBeats
  }
}
