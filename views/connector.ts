import { clientWelcome } from '../core/admission-messages.ts'
import type { Clock } from '../core/clock.ts'
import { offerHandshake } from '../core/handshake.ts'
import { clientToController, controllerToClient } from '../core/messages.ts'
import { type Connection, type TransportOptions, transportDefaults } from '../core/transport.ts'
import type { Connector } from './client-machine.ts'

/** How a controller is reached. */
export interface ConnectOptions {
  /** The cluster's key: 32 bytes, or these in base64url. Not needed where a connection file is read. */
  readonly key?: Uint8Array | string
  /** How long to wait for the peer to accept the connection. Default 5,000; for a login by `ssh`, 20,000. */
  readonly connectTimeoutMs?: number
  /** Limits of the link. */
  readonly transportOptions?: TransportOptions
}

/** What has to prove that it is the right controller. */
interface Reached {
  readonly connection: Connection
  readonly key: Uint8Array
  readonly keySource: string
}

/** How a controller is reached, anew for each link. */
export interface Route {
  connect(): Promise<Reached>
  end?(): Promise<void>
}

/** The limits of each link. */
export function limitsOf({ transportOptions, connectTimeoutMs }: ConnectOptions): TransportOptions {
  return { ...transportOptions, ...(connectTimeoutMs === undefined ? {} : { connectTimeoutMs }) }
}

/** What the client machine needs to get a link. */
export function connectorOver(route: Route, options: ConnectOptions, clock: Clock): Connector {
  const { messageBytesMax } = { ...transportDefaults, ...limitsOf(options) }
  let proof: Omit<Reached, 'connection'> = { key: new Uint8Array(0), keySource: '' }
  return {
    dial: async () => {
      const { connection, ...rest } = await route.connect()
      proof = rest
      return connection
    },
    end: () => route.end?.() ?? Promise.resolve(),
    register: (connection, session) =>
      offerHandshake(connection, {
        role: 'client',
        details: { session, messageBytesMax },
        ...proof,
        clock,
        sends: clientToController,
        receives: controllerToClient,
        welcome: clientWelcome,
        ...(options.connectTimeoutMs === undefined ? {} : { timeoutMs: options.connectTimeoutMs }),
      }).then(({ link, welcome }) => {
        const bytesMax = Math.min(messageBytesMax, welcome.messageBytesMax ?? transportDefaults.messageBytesMax)
        return { link, welcome: { ...welcome, messageBytesMax: bytesMax } }
      }),
  }
}
