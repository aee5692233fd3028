import { AddressError } from '../core/errors.ts'
import type { Transport } from '../core/transport.ts'
import { builtIn } from './built-in.ts'
import { schemeOf } from './options.ts'

const transports = new Map<string, Promise<Transport>>()

/** Makes a transport known by its schemes, in this thread. The last to register a scheme has it. */
export function registerTransport(transport: Transport): void {
  for (const scheme of transport.schemes) transports.set(scheme, Promise.resolve(transport))
}

/**
 * The transport for an address, by its scheme.
 * @throws AddressError if the address has no scheme, or one that is not known
 */
export async function transportFor(address: string): Promise<Transport> {
  const scheme = schemeOf(address)
  const known = transports.get(scheme)
  if (known) return known
  const load = Object.hasOwn(builtIn, scheme) ? builtIn[scheme] : undefined
  if (!load) {
    const schemes = [...new Set([...Object.keys(builtIn), ...transports.keys()])].join(', ')
    throw new AddressError(
      `No transport is registered for ${scheme}: (in ${address}). There are: ${schemes}; one of your own has to be registered in each process (registerTransport)`,
    )
  }
  const loading = load()
  transports.set(scheme, loading)
  const transport = await loading
  for (const other of transport.schemes) {
    if (!transports.has(other)) transports.set(other, loading)
  }
  return transport
}
