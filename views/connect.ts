import { connectionFilePath, readConnectionFile, readNamedConnectionFile } from '../cluster/connection-file.ts'
import { RemoteController, type SshAddress } from '../cluster/remote-controller.ts'
import type { Clock } from '../core/clock.ts'
import { ConfigurationError, UnreachableError } from '../core/errors.ts'
import type { Connection, TransportOptions } from '../core/transport.ts'
import { transportFor } from '../transports/connect.ts'
import type { Connector } from './client-machine.ts'
import { type ConnectOptions, connectorOver, limitsOf, type Route } from './connector.ts'

/**
 * Where a controller is: an address, the path of a connection file, the name of a cluster of this machine, or a machine
 * that the system's `ssh` leads to, with the name of a cluster there (`default` if none is given) or its connection file.
 */
export type ControllerAddress = string | { readonly cluster: string } | SshAddress

/** Where to connect, and with which key. */
interface Found {
  readonly addresses: readonly string[]
  readonly key: Uint8Array
  readonly keySource: string
}

/**
 * A connection file is read now, and again before each new link: a cluster that was started anew under its name is found. Over `ssh` it is
 * read when a link is made.
 * @throws ConfigurationError where there is no usable file, or an address comes without a key
 */
export async function connectorFor(
  controller: ControllerAddress | undefined,
  options: ConnectOptions,
  clock: Clock,
): Promise<Connector> {
  return connectorOver(await routeTo(controller, options.key, limitsOf(options)), options, clock)
}

async function routeTo(
  controller: ControllerAddress | undefined,
  key: ConnectOptions['key'],
  limits: TransportOptions,
): Promise<Route> {
  if (typeof controller === 'object' && 'ssh' in controller) {
    return new RemoteController(controller, limits, key === undefined ? undefined : keyBytes(key))
  }
  let found = await find(controller, key)
  let isFirst = true
  return {
    async connect() {
      if (!isFirst) found = await find(controller, key).catch(() => found)
      isFirst = false
      const { addresses, ...proof } = found
      return { connection: await dialAny(addresses, { ...limits, key: found.key }), ...proof }
    },
  }
}

async function find(
  controller: Exclude<ControllerAddress, SshAddress> | undefined,
  key: ConnectOptions['key'],
): Promise<Found> {
  if (typeof controller === 'string' && (key !== undefined || /^[a-z][a-z\d+.-]+:/i.test(controller))) {
    if (key === undefined) {
      throw new ConfigurationError(
        `the key of the cluster at ${controller} is needed: Client.connect(address, { key }). It stands in the cluster's connection file, whose path can be given instead of the address.`,
      )
    }
    return { addresses: [controller], key: keyBytes(key), keySource: 'the option key' }
  }
  const isPath = typeof controller === 'string'
  const path = isPath ? controller : connectionFilePath(controller?.cluster)
  const file = await (isPath ? readConnectionFile(path) : readNamedConnectionFile(controller?.cluster))
  return { addresses: file.addresses, key: keyBytes(key ?? file.key), keySource: path }
}

function keyBytes(key: Uint8Array | string): Uint8Array {
  return typeof key === 'string' ? new Uint8Array(Buffer.from(key, 'base64url')) : key
}

/** The first that works. Rejects with the reason of the last. */
async function dialAny(addresses: readonly string[], limits: TransportOptions): Promise<Connection> {
  let last: unknown
  for (const address of addresses) {
    try {
      return await (await transportFor(address)).connect(address, limits)
    } catch (error) {
      last = error
      if (!(error instanceof UnreachableError)) throw error
    }
  }
  throw last
}
