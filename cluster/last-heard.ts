import type { Connection } from '../core/transport.ts'

/** Since when nothing has come from a peer, not even a part of a message. Times are monotonic, in milliseconds. */
export class LastHeard {
  readonly #connection: Connection
  #at: number
  #receivedBytes: number | undefined

  constructor(connection: Connection, now: number) {
    this.#connection = connection
    this.#at = now
  }

  /** A message came. */
  hear(now: number): void {
    this.#at = now
  }

  since(now: number): number {
    const { receivedBytes } = this.#connection
    if (receivedBytes !== this.#receivedBytes) this.#at = now
    this.#receivedBytes = receivedBytes
    return this.#at
  }
}
