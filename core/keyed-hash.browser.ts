/** As `keyed-hash.ts`, where there is no Node. Not by `crypto.subtle`: it answers later, and only pages that came over TLS have it. */
import { hmac } from '@noble/hashes/hmac.js'
import { sha256 } from '@noble/hashes/sha2.js'

const textEncoder = new TextEncoder()

export function randomBytes(count: number): Uint8Array {
  return crypto.getRandomValues(new Uint8Array(count))
}

export function keyedHash(key: Uint8Array, parts: readonly (string | Uint8Array)[]): Uint8Array {
  const hash = hmac.create(sha256, key)
  for (const part of parts) hash.update(typeof part === 'string' ? textEncoder.encode(part) : part)
  return hash.digest()
}

export function areSame(a: Uint8Array, b: Uint8Array): boolean {
  if (a.length !== b.length) return false
  let difference = 0
  for (let i = 0; i < a.length; i += 1) difference |= (a[i] as number) ^ (b[i] as number)
  return difference === 0
}
