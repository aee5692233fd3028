/** What trust between peers is made of: Node's own. The browser's is beside it. */
import { createHmac, timingSafeEqual, randomBytes as unforeseen } from 'node:crypto'

export function randomBytes(count: number): Uint8Array {
  return new Uint8Array(unforeseen(count))
}

/** HMAC-SHA-256 of the parts, one after the other: 32 bytes. */
export function keyedHash(key: Uint8Array, parts: readonly (string | Uint8Array)[]): Uint8Array {
  const hash = createHmac('sha256', key)
  for (const part of parts) hash.update(part)
  return new Uint8Array(hash.digest())
}

/** In constant time, where the lengths are equal. */
export function areSame(a: Uint8Array, b: Uint8Array): boolean {
  return a.length === b.length && timingSafeEqual(a, b)
}
