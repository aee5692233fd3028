import { Tinypool } from 'tinypool'

export * from './work.mjs'

/** @param {Uint8Array} bytes */
export const backMoved = (bytes) => Tinypool.move(bytes)
