/**
 * Wakes an executor that waits for its next task. A thread that waits in shared memory is awake after a few microseconds; one whose
 * event loop waits, after several times that.
 */
export class Bell {
  /** Hand this to the executor's thread. */
  readonly buffer: SharedArrayBuffer
  readonly #rings: Int32Array

  constructor(buffer = new SharedArrayBuffer(Int32Array.BYTES_PER_ELEMENT)) {
    this.buffer = buffer
    this.#rings = new Int32Array(buffer)
  }

  /** How often it was rung, for `wait`. */
  get rings(): number {
    return Atomics.load(this.#rings, 0)
  }

  /** Engine: something has been sent. */
  ring(): void {
    Atomics.add(this.#rings, 0, 1)
    Atomics.notify(this.#rings, 0)
  }

  /** Executor: stops the thread until the bell has been rung more often than `rings`. False: it was not, for so long. */
  wait(rings: number, timeoutMs: number): boolean {
    return Atomics.wait(this.#rings, 0, rings, timeoutMs) !== 'timed-out'
  }
}
