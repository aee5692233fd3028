export default (x) => x * x

export const echo = (item) => item

export function notThrees(x) {
  if (x % 3 === 0) throw new RangeError(`${x} is a multiple of three`)
  return x
}

/** The larger, the sooner. */
export const later = (x) => new Promise((resolve) => setTimeout(resolve, (10 - x) * 20, x))

export const sleep = (ms) => new Promise((resolve) => setTimeout(resolve, ms, ms))

let calls = 0
export function atSecond(x) {
  calls += 1
  if (calls < 2) throw new Error('not yet')
  return x
}

/** What JSON lacks. */
export const odd = (kind) =>
  ({ nothing: undefined, big: 2n ** 64n, map: new Map([[1, 2]]), bytes: new Uint8Array([1, 2]), cycle: cycle() })[kind]

function cycle() {
  const object = {}
  object.self = object
  return object
}

export const version = 1
