import { EventHeap } from './event-heap.ts'
import type { Network, Transfer } from './network.ts'

/** Each transfer takes its bytes / bandwidth, whatever else is under way: a network without contention. */
export class SimpleNetwork implements Network {
  readonly #bytesPerSecond: number
  readonly #ends = new EventHeap<Transfer>()

  constructor(bytesPerSecond: number) {
    this.#bytesPerSecond = bytesPerSecond
  }

  get nextEndMs(): number {
    return this.#ends.firstAt
  }

  start(transfer: Transfer, nowMs: number): void {
    this.#ends.add(nowMs + (transfer.bytes / this.#bytesPerSecond) * 1_000, transfer)
  }

  take(nowMs: number): readonly Transfer[] {
    const ended: Transfer[] = []
    while (this.#ends.firstAt <= nowMs) ended.push(this.#ends.take())
    return ended
  }

  settle(): void {}
}
