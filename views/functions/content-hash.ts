import { createHash } from 'node:crypto'

/** SHA-256 of all of it, in base64url. */
export function contentHash(pieces: readonly Uint8Array[]): string {
  const digest = createHash('sha256')
  for (const piece of pieces) digest.update(piece)
  return digest.digest('base64url')
}
