import { sha256 } from '@noble/hashes/sha2.js'
import { base64Url } from '../../core/base64url.ts'

/** SHA-256 of all of it, in base64url. */
export function contentHash(pieces: readonly Uint8Array[]): string {
  const digest = sha256.create()
  for (const piece of pieces) digest.update(piece)
  return base64Url(digest.digest())
}
