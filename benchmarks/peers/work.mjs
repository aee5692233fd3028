/** The work itself, the same for each pool of Node. Plain JavaScript: workers load it as it is. */

export const nothing = () => {}

/** Blocks the thread, as a task that waits for a disk would. @param {number} ms */
export const sleep = (ms) => {
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, ms)
}

/** A fixed number of steps: whoever shares its core needs longer. @param {number} ms */
export const compute = (ms) => {
  let state = 1
  for (let step = ms * 500_000; step > 0; step -= 1) {
    state ^= state << 13
    state ^= state >>> 17
    state ^= state << 5
  }
  return state
}

/** @param {number} x */
export const increment = (x) => x + 1

/** @param {Uint8Array} bytes */
export const back = (bytes) => bytes

/** @param {Uint8Array} bytes */
export const take = (bytes) => bytes.length

/** Pages that were never written to would be sent for nothing. @param {number} bytes */
export const give = (bytes) => new Uint8Array(bytes).fill(7)
