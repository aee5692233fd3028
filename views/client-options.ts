/** What `Client.connect` takes, and where: for programs that no type checker has seen. */
import { ConfigurationError } from '../core/errors.ts'
import { unknownOptions } from '../core/known-options.ts'
import type { ClientOptions } from './client.ts'
import type { ControllerAddress } from './connect.ts'

const clientOptions = {
  key: true,
  connectTimeoutMs: true,
  transportOptions: true,
  reconnectMs: true,
  capturedBytesMax: true,
  inspect: true,
  tracing: true,
  clock: true,
  random: true,
} satisfies Record<keyof ClientOptions, true>

type Places = Exclude<ControllerAddress, string>
const places = { cluster: true, ssh: true, file: true, sshOptions: true } satisfies Record<
  Places extends infer Place ? (Place extends unknown ? keyof Place : never) : never,
  true
>

/** @throws ConfigurationError naming an option that is unknown, or in the wrong argument, and where it belongs */
export function checkClientOptions(controller: ControllerAddress | undefined, options: ClientOptions): void {
  if (typeof controller === 'object') {
    const [name] = unknownOptions(controller, places)
    if (name !== undefined) throw new ConfigurationError(misplaced(name))
  }
  const [name] = unknownOptions(options, clientOptions)
  if (name === undefined) return
  const place = Object.hasOwn(places, name) ? `; it belongs into the first argument: Client.connect({ ${name} })` : ''
  throw new ConfigurationError(
    `Client.connect has no option ${name}${place || `; there are ${Object.keys(clientOptions).join(', ')}`}`,
  )
}

function misplaced(name: string): string {
  if (/^address(es)?$/.test(name)) {
    return `Client.connect takes an address as it is, not as ${name} of an object: Client.connect(address, { key })`
  }
  if (Object.hasOwn(clientOptions, name)) {
    return `${name} belongs into the second argument of Client.connect, after the place of the controller: Client.connect({ … }, { ${name} })`
  }
  return `Client.connect knows no ${name} in its first argument, which says where the controller is: an address, the path of a connection file, { cluster }, or { ssh, cluster, file, sshOptions }`
}
