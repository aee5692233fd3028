import { base64Url } from '../core/base64url.ts'
import { randomBytes } from '../core/keyed-hash.ts'

declare const location: { readonly host: string } | undefined

/** A page has no number; its host is that of its address. */
export function placeOfEngine(): { readonly pid: number; readonly host: string } {
  const host = typeof location === 'object' ? location.host : ''
  return { pid: 0, host: (host || 'browser').slice(0, 256) }
}

/** Not `crypto.randomUUID`: only pages that came over TLS have it. */
export function newInstance(): string {
  return base64Url(randomBytes(16))
}
