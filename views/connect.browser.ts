import { keyFromBase64Url } from '../core/base64url.ts'
import type { Clock } from '../core/clock.ts'
import { ConfigurationError } from '../core/errors.ts'
import { transportFor } from '../transports/connect.ts'
import type { Connector } from './client-machine.ts'
import type { ControllerAddress } from './connect.ts'
import { type ConnectOptions, connectorOver, limitsOf } from './connector.ts'

export type { ControllerAddress } from './connect.ts'

/**
 * A page reads no connection file: it is given an address and the key.
 * @throws ConfigurationError where it is not
 */
export async function connectorFor(
  controller: ControllerAddress | undefined,
  options: ConnectOptions,
  clock: Clock,
): Promise<Connector> {
  if (typeof controller !== 'string' || options.key === undefined) {
    throw new ConfigurationError(
      'in a browser a client needs the address of the controller and the key: Client.connect("ws://HOST:PORT", { key })',
    )
  }
  const address = controller
  const key = typeof options.key === 'string' ? keyFromBase64Url(options.key) : options.key
  const limits = limitsOf(options)
  return connectorOver(
    {
      connect: async () => ({
        connection: await (await transportFor(address)).connect(address, limits),
        key,
        keySource: 'the option key',
      }),
    },
    options,
    clock,
  )
}
