import type { Network, Transfer } from './network.ts'

/** Data is where it is needed at once. */
export class InstantNetwork implements Network {
  #ended: Transfer[] = []
  nextEndMs = Number.POSITIVE_INFINITY

  start(transfer: Transfer, nowMs: number): void {
    this.#ended.push(transfer)
    this.nextEndMs = nowMs
  }

  take(): readonly Transfer[] {
    const ended = this.#ended
    this.#ended = []
    this.nextEndMs = Number.POSITIVE_INFINITY
    return ended
  }

  settle(): void {}
}
