import { createPrivateKey, createPublicKey, hkdfSync } from 'node:crypto'
import type { TlsOptions } from 'node:tls'
import { AddressError } from '../core/errors.ts'

/** What both sides call the one key that there is. */
const identity = 'yardmaster'

/**
 * TLS with a pre-shared key (RFC 4279, 5489, 7905): whoever holds the cluster's key is let in, so there is nothing to certify. With an ephemeral
 * Diffie-Hellman exchange, so that a key that is lost later opens nothing that was recorded before. Node offers this up to TLS 1.2.
 */
const common = {
  ciphers: 'ECDHE-PSK-CHACHA20-POLY1305',
  minVersion: 'TLSv1.2',
  maxVersion: 'TLSv1.2',
} as const satisfies TlsOptions

/** @throws AddressError without a key */
export function encryptionHere(address: string, key: Uint8Array) {
  const psk = preSharedKey(address, key)
  return { ...common, pskCallback: (_socket: unknown, name: string) => (name === identity ? psk : null) }
}

/** @throws AddressError without a key */
export function encryptionThere(address: string, key: Uint8Array): object {
  const psk = preSharedKey(address, key)
  // The key has proved who the other side is.
  return { ...common, pskCallback: () => ({ psk, identity }), checkServerIdentity: () => undefined }
}

/** HKDF-SHA-256 of the cluster's key, without salt, with a label of its own: 32 bytes. */
function preSharedKey(address: string, key: Uint8Array): Uint8Array {
  return derived(address, key, 'yardmaster wss')
}

/**
 * The listener's pair of keys for CURVE, which both sides derive: the secret one by HKDF, as above.
 * @throws AddressError without a key
 */
export function curveServerKeys(
  address: string,
  key: Uint8Array,
): { readonly secret: string; readonly public: string } {
  const secret = derived(address, key, 'yardmaster tcps')
  const privateKey = createPrivateKey({ key: Buffer.concat([pkcs8Head, secret]), format: 'der', type: 'pkcs8' })
  const spki = createPublicKey(privateKey).export({ format: 'der', type: 'spki' })
  return { secret: z85(secret), public: z85(spki.subarray(-32)) }
}

/** What stands before the 32 bytes of an X25519 private key (RFC 8410). */
const pkcs8Head = Buffer.from('302e020100300506032b656e04220420', 'hex')

function derived(address: string, key: Uint8Array, label: string): Uint8Array {
  if (key.length !== 32) throw new AddressError(`${address} is encrypted with the cluster's key, and none was given`)
  return new Uint8Array(hkdfSync('sha256', key, new Uint8Array(0), label, 32))
}

const z85Digits = '0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ.-:+=^!/*?&<>()[]{}@%$#'

/** Five digits for each four bytes, as ZeroMQ writes keys (RFC 32/Z85). */
function z85(bytes: Uint8Array): string {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length)
  let text = ''
  for (let at = 0; at < bytes.length; at += 4) {
    const word = view.getUint32(at)
    for (let power = 85 ** 4; power >= 1; power /= 85) text += z85Digits[Math.floor(word / power) % 85]
  }
  return text
}

/** Where a listener that others can reach listens instead, unless it may be insecure: `ws:` becomes `wss:`, `tcp:` `tcps:`. */
export function secured(address: string, insecure: boolean): string {
  const host = /^(?:ws|tcp):\/\/(\[[^\]]*\]|[^:/]*)/.exec(address)?.[1]
  const isLocal = host === undefined || /^(127\.|localhost$|\[::1\]$)/.test(host)
  return isLocal || insecure ? address : address.replace(/^(ws|tcp):/, '$1s:')
}
