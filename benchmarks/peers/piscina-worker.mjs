import { move } from 'piscina'

export * from './work.mjs'

/** @param {Uint8Array} bytes */
export const backMoved = (bytes) => move(bytes)
