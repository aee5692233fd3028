/**
 * Who gets a task that lies in an executor's queue: the executor that would begin it, or the engine that would take it
 * back? One compare-and-exchange in shared memory decides, so the answer is exact and immediate even while the
 * executor is deep in a synchronous task. When its function was called stands beside it, and whether it has ended, for
 * run timeouts and status: word of the end itself may take longer.
 *
 * Each attempt at an engine has a sequence number; its place in the ring is the number modulo the capacity, so no more
 * than `capacity` attempts may be outstanding. The executor may still hold attempts that were taken back when the ring
 * has come round to their places: hence a claim says in which round it was made.
 */
const queued = 0
const begun = 1
const revoked = 2
const ended = 3

export class ClaimTable {
  /** Hand this to the executor's thread. */
  readonly buffer: ArrayBufferLike
  readonly capacity: number
  readonly #claims: Int32Array
  readonly #calledAt: Float64Array

  constructor(buffer: ArrayBufferLike) {
    this.buffer = buffer
    this.capacity = buffer.byteLength / bytesPerClaim
    this.#calledAt = new Float64Array(buffer, 0, this.capacity)
    this.#claims = new Int32Array(buffer, this.capacity * 8, this.capacity)
  }

  /** Engine: the attempt is about to be sent. */
  queue(sequence: number): void {
    const place = sequence % this.capacity
    this.#calledAt[place] = Number.NaN
    Atomics.store(this.#claims, place, this.#claim(sequence, queued))
  }

  /** Executor: begin, unless it was taken back. */
  begin(sequence: number): boolean {
    const asQueued = this.#claim(sequence, queued)
    const asBegun = this.#claim(sequence, begun)
    return Atomics.compareExchange(this.#claims, sequence % this.capacity, asQueued, asBegun) === asQueued
  }

  /** Executor: what has begun has its function, and calls it now. */
  called(sequence: number, wallTimeMs: number): void {
    this.#calledAt[sequence % this.capacity] = wallTimeMs
  }

  /** Executor: what has begun has ended. */
  end(sequence: number): void {
    Atomics.store(this.#claims, sequence % this.capacity, this.#claim(sequence, ended))
  }

  /** Engine: take it back; false where it has begun. */
  revoke(sequence: number): boolean {
    const asQueued = this.#claim(sequence, queued)
    const asRevoked = this.#claim(sequence, revoked)
    const found = Atomics.compareExchange(this.#claims, sequence % this.capacity, asQueued, asRevoked)
    return found === asQueued || found === asRevoked
  }

  hasBegun(sequence: number): boolean {
    return this.#is(sequence, begun) || this.hasEnded(sequence)
  }

  hasEnded(sequence: number): boolean {
    return this.#is(sequence, ended)
  }

  /** Wall time in milliseconds; NaN where it has not been called, though it may have begun: its modules are being loaded. */
  calledAt(sequence: number): number {
    return this.#calledAt[sequence % this.capacity] as number
  }

  #is(sequence: number, state: number): boolean {
    return Atomics.load(this.#claims, sequence % this.capacity) === this.#claim(sequence, state)
  }

  #claim(sequence: number, state: number): number {
    return (Math.floor(sequence / this.capacity) << 2) | state
  }
}

const bytesPerClaim = 12

/** `shared`: between threads; otherwise all claims are made in the engine's own. */
export function newClaimTable(capacity: number, shared: boolean): ClaimTable {
  const bytes = capacity * bytesPerClaim
  return new ClaimTable(shared ? new SharedArrayBuffer(bytes) : new ArrayBuffer(bytes))
}
