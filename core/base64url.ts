import { ConfigurationError } from './errors.ts'

/**
 * A cluster's key as text, as it stands in a connection file.
 * @throws ConfigurationError where it is not 32 bytes in base64url
 */
export function keyFromBase64Url(text: string): Uint8Array {
  try {
    const binary = atob(text.replaceAll('-', '+').replaceAll('_', '/'))
    if (binary.length === 32) return Uint8Array.from(binary, (character) => character.charCodeAt(0))
  } catch {}
  throw new ConfigurationError('the key of a cluster has 32 bytes, in base64url: it stands in the connection file')
}

export function base64Url(bytes: Uint8Array): string {
  return btoa(String.fromCharCode(...bytes))
    .replaceAll('+', '-')
    .replaceAll('/', '_')
    .replaceAll('=', '')
}
