import { AddressError } from '../../core/errors.ts'
import { schemeOf } from '../options.ts'
import { escaped } from './arguments.ts'

/**
 * What a tunnel has to lead to for an address of the machine at its far end: `host:port`, or a path.
 * @throws AddressError where a tunnel cannot lead there
 */
export function forwardTarget(address: string): string {
  const scheme = schemeOf(address)
  if (scheme === 'ipc') {
    const path = address.slice('ipc://'.length)
    if (path.startsWith('/')) return escaped(path)
    throw new AddressError(
      `ssh leads to no relative path: have the controller listen at an absolute one, not ${address}`,
    )
  }
  const [, host, port] = /^(?:wss?|tcps?):\/\/(\[[^\]]+\]|[^:/]+)(?::(\d+))?(?:\/.*)?$/i.exec(address) ?? []
  if (host === undefined) {
    throw new AddressError(
      `ssh does not lead to ${address}: have the controller listen at ws:, wss:, tcp:, tcps: or ipc: as well`,
    )
  }
  return `${reached(host)}:${port ?? (scheme === 'wss' ? 443 : 80)}`
}

/**
 * The address, as seen from the far end of a tunnel that leads back to it from `port` of 127.0.0.1 there.
 * @throws AddressError where it has no port
 */
export function addressThere(address: string, port: number): string {
  const [, scheme, path] = /^(wss?|tcps?):\/\/[^/]+(\/.*)?$/i.exec(address) ?? []
  if (scheme !== undefined) return `${scheme}://127.0.0.1:${port}${path ?? ''}`
  throw new AddressError(
    `ssh does not lead back to ${address}: have the controller listen at ws:, wss:, tcp: or tcps: for its engines`,
  )
}

/** Who listens at every address of a machine is reached at its own. */
function reached(host: string): string {
  if (host === '0.0.0.0') return '127.0.0.1'
  return host === '[::]' ? '[::1]' : host
}
