/**
 * Who gets a task that lies in an executor's queue: the executor that would begin it, or the engine that would take it
 * back? One compare-and-exchange in shared memory decides, so the answer is exact and immediate even while the
 * executor is deep in a synchronous task. The time of beginning stands beside it, for run timeouts and status.
 *
 * Each attempt at an engine has a sequence number; its place in the ring is the number modulo the capacity, so no more
 * than `capacity` attempts may be outstanding. The executor may still hold attempts that were taken back when the ring
 * has come round to their places: hence a claim says in which round it was made.
 */
const queued = 0
const begun = 1
const revoked = 2

export class ClaimTable {
  /** Hand this to the executor's thread. */
  readonly buffer: ArrayBufferLike
  readonly capacity: number
  readonly #claims: Int32Array
  readonly #begunAt: Float64Array

  constructor(buffer: ArrayBufferLike) {
    this.buffer = buffer
    this.capacity = buffer.byteLength / bytesPerClaim
    this.#begunAt = new Float64Array(buffer, 0, this.capacity)
    this.#claims = new Int32Array(buffer, this.capacity * 8, this.capacity)
  }

  /** Engine: the attempt is about to be sent. */
  queue(sequence: number): void {
    Atomics.store(this.#claims, sequence % this.capacity, this.#claim(sequence, queued))
  }

  /** Executor: begin, unless it was taken back. `wallTimeMs` is the time of beginning. */
  begin(sequence: number, wallTimeMs: number): boolean {
    const place = sequence % this.capacity
    const asQueued = this.#claim(sequence, queued)
    this.#begunAt[place] = wallTimeMs
    return Atomics.compareExchange(this.#claims, place, asQueued, this.#claim(sequence, begun)) === asQueued
  }

  /** Engine: take it back; false where it has begun. */
  revoke(sequence: number): boolean {
    const place = sequence % this.capacity
    const asQueued = this.#claim(sequence, queued)
    const found = Atomics.compareExchange(this.#claims, place, asQueued, this.#claim(sequence, revoked))
    return found !== this.#claim(sequence, begun)
  }

  /** Wall time in milliseconds, or undefined where it has not begun. */
  begunAt(sequence: number): number | undefined {
    const place = sequence % this.capacity
    return Atomics.load(this.#claims, place) === this.#claim(sequence, begun) ? this.#begunAt[place] : undefined
  }

  #claim(sequence: number, state: number): number {
    return (Math.floor(sequence / this.capacity) << 2) | state
  }
}

const bytesPerClaim = 12

/** `shared`: between threads; otherwise for an executor in the engine's own thread. */
export function newClaimTable(capacity: number, shared: boolean): ClaimTable {
  const bytes = capacity * bytesPerClaim
  return new ClaimTable(shared ? new SharedArrayBuffer(bytes) : new ArrayBuffer(bytes))
}
