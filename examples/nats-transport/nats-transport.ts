/**
 * Links through a NATS server: `nats://HOST:PORT/NAME`. Nobody has to reach the controller; everybody has to reach the server. NAME is where
 * a listener and its peers find each other: the subject `yardmaster.NAME` is the listener's door. Who listens at `NAME.*` gets a name that
 * nobody has, as with port 0 elsewhere.
 *
 * A connection is two subjects, an inbox for each side. Who connects knocks at the door and names its inbox as the subject to reply to;
 * the listener answers there in the same way. The server says at once where a subject has no subscriber to reply: that is how an absent
 * listener shows, and a peer whose process has ended.
 */
import {
  type ConnectionOptions,
  connect as connectToServer,
  createInbox,
  type Msg,
  type NatsConnection,
  nuid,
  type Subscription,
} from '@nats-io/transport-node'
import { AddressError, AddressInUseError, TransportUnavailableError, UnreachableError } from 'yardmaster'
import {
  type Connection,
  type Listener,
  type Transport,
  type TransportOptions,
  withDefaults,
} from 'yardmaster/transports'
import { kinds, packet, readPacket } from './packet.ts'
import { SubjectConnection, type SubjectPath } from './subject-connection.ts'

/** `options` are those of the NATS client: credentials, TLS. */
export function natsTransport(options: ConnectionOptions = {}): Transport {
  return {
    name: 'nats',
    schemes: ['nats'],
    listen: async (address, onConnection, limits) =>
      listen(
        placeAt(
          address.replace(/\.\*$/, () => `.${nuid.next()}`),
          options,
        ),
        onConnection,
        withDefaults(limits),
      ),
    connect: async (address, limits) => connect(placeAt(address, options), withDefaults(limits)),
  }
}

interface Place {
  readonly address: string
  readonly options: ConnectionOptions
  readonly door: string
}

type Limits = Required<TransportOptions>

/** `nats://`, USER:PASSWORD or TOKEN before an @, HOST:PORT, /NAME. */
const form = /^nats:\/\/(?:(?<login>[^/@\s]+)@)?(?<server>[^/@\s]+)\/(?<name>[\w-]+(?:\.[\w-]+)*)$/

function placeAt(address: string, options: ConnectionOptions): Place {
  const { login = '', server, name } = form.exec(address)?.groups ?? {}
  if (server === undefined || name === undefined) {
    throw new AddressError(
      `${JSON.stringify(address)} is no address at a NATS server, as in nats://127.0.0.1:4222/name (letters, digits, -, _ and dots)`,
    )
  }
  const [user, pass] = login.split(':').map(decodeURIComponent)
  const credentials = pass !== undefined ? { user, pass } : user ? { token: user } : {}
  // An address may be logged, and goes into errors.
  const shown = address.replace(`${login}@`, '')
  return {
    address: login === '' ? address : shown,
    options: { ...options, servers: server, ...credentials } as ConnectionOptions,
    door: `yardmaster.${name}`,
  }
}

/** Where the controller listens. When the server goes, so do the connections; who comes when it is back finds the door again. */
class NatsListener implements Listener {
  readonly address: string
  readonly #nats: NatsConnection
  readonly #door: Subscription
  readonly #onConnection: (connection: Connection) => void
  readonly #limits: Limits
  readonly #connections = new Set<SubjectConnection>()
  #count = 0
  #closing: Promise<void> | undefined
  #resolveUnused: () => void = () => {}

  constructor(
    { address, door }: Place,
    nats: NatsConnection,
    onConnection: (connection: Connection) => void,
    limits: Limits,
  ) {
    this.address = address
    this.#nats = nats
    this.#onConnection = onConnection
    this.#limits = limits
    this.#door = hear(nats, door, {
      onMessage: (message) => this.#knocked(message),
      onRefused: (error) => limits.onRefused(address, `the server lets nobody listen: ${error.message}`),
    })
    void this.#watch()
  }

  close(): Promise<void> {
    this.#closing ??= this.#close()
    return this.#closing
  }

  async #close(): Promise<void> {
    this.#door.unsubscribe()
    if (this.#connections.size > 0) {
      await new Promise<void>((resolve) => {
        this.#resolveUnused = resolve
      })
    }
    await leaveServer(this.#nats)
  }

  #knocked({ data, reply }: Msg): void {
    if (!reply) return
    const { kind } = readPacket(data)
    if (kind === kinds.knock && !this.#closing) this.#accept(reply)
    // Who asks whether the door is taken is told so.
    else this.#nats.publish(reply, packet(kind === kinds.probe ? kinds.probe : kinds.reset))
  }

  #accept(theirs: string): void {
    const nats = this.#nats
    const ours = createInbox()
    this.#count += 1
    const heard = hear(nats, ours, {
      onMessage: ({ data }) => connection.receive(data),
      onNobody: () => connection.unreachable(),
      onRefused: (error) => connection.abort(error),
    })
    const leave = () => {
      heard.unsubscribe()
      this.#connections.delete(connection)
      if (this.#connections.size === 0) this.#resolveUnused()
    }
    const path = pathTo(nats, { theirs, ours }, leave)
    const connection = new SubjectConnection(path, `${this.address}#${this.#count}`, this.#limits)
    this.#connections.add(connection)
    nats.publish(theirs, packet(kinds.accept), { reply: ours })
    this.#onConnection(connection)
  }

  async #watch(): Promise<void> {
    for await (const { type } of this.#nats.status()) {
      if (type !== 'disconnect') continue
      // What was on its way is lost, and what was not would arrive behind the gap.
      for (const connection of this.#connections) connection.unreachable()
    }
  }
}

async function listen(place: Place, onConnection: (connection: Connection) => void, limits: Limits): Promise<Listener> {
  const { address, door } = place
  const unavailable = (cause: unknown) => {
    throw new TransportUnavailableError(`No NATS server lets us in for ${address}: ${reasonOf(cause)}`, { cause })
  }
  const nats = await enterServer(place, { reconnect: true, maxReconnectAttempts: -1 }, limits).catch(unavailable)
  try {
    if (await isTaken(nats, door, limits.connectTimeoutMs).catch(unavailable)) {
      throw new AddressInUseError(`Somebody listens at ${address} already. Stop it, or choose another name.`)
    }
    const listener = new NatsListener(place, nats, onConnection, limits)
    // The server has heard of the door when it answers this.
    await nats.flush()
    return listener
  } catch (error) {
    await nats.close()
    throw error
  }
}

/** Whether somebody answers at a door; a listener that is too busy to answer in time counts, too. */
function isTaken(nats: NatsConnection, door: string, timeoutMs: number): Promise<boolean> {
  const inbox = createInbox()
  return new Promise<boolean>((resolve, reject) => {
    const timer = setTimeout(() => resolve(true), timeoutMs)
    const answered = (settle: () => void) => {
      clearTimeout(timer)
      answer.unsubscribe()
      settle()
    }
    const answer = hear(nats, inbox, {
      onMessage: () => answered(() => resolve(true)),
      onNobody: () => answered(() => resolve(false)),
      onRefused: (error) => answered(() => reject(error)),
    })
    nats.publish(door, packet(kinds.probe), { reply: inbox })
  })
}

async function connect(place: Place, limits: Limits): Promise<Connection> {
  const { address, door } = place
  const nats = await enterServer(place, { reconnect: false }, limits).catch((cause) => {
    throw new UnreachableError(`No NATS server lets us in for ${address}: ${reasonOf(cause)}`, { cause })
  })
  const ours = createInbox()
  let timer: NodeJS.Timeout | undefined
  try {
    return await new Promise<Connection>((resolve, reject) => {
      const refuse = (why: string) =>
        reject(new UnreachableError(`Nobody answers at ${address} (${why}). Is the controller running?`))
      timer = setTimeout(() => refuse('no answer in time'), limits.connectTimeoutMs)
      let connection: SubjectConnection | undefined
      hear(nats, ours, {
        onMessage({ data, reply: theirs }) {
          if (connection) connection.receive(data)
          else if (!theirs || readPacket(data).kind !== kinds.accept) refuse('it takes no connections any more')
          else {
            const path = pathTo(nats, { theirs, ours }, () => void leaveServer(nats))
            connection = new SubjectConnection(path, address, limits)
            resolve(connection)
          }
        },
        onNobody: () => (connection ? connection.unreachable() : refuse('nobody listens there')),
        onRefused: (error) => (connection ? connection.abort(error) : refuse(error.message)),
      })
      nats.publish(door, packet(kinds.knock), { reply: ours })
      void nats.closed().then(() => (connection ? connection.unreachable() : refuse('the server has gone')))
    })
  } catch (error) {
    await leaveServer(nats)
    throw error
  } finally {
    clearTimeout(timer)
  }
}

interface Hearer {
  onMessage(message: Msg): void
  /** The server's own word that what was sent with this subject to reply to has no subscriber. */
  onNobody?(): void
  /** The server does not let us listen here. */
  onRefused(error: Error): void
}

function hear(nats: NatsConnection, subject: string, { onMessage, onNobody, onRefused }: Hearer): Subscription {
  return nats.subscribe(subject, {
    callback(error, message) {
      if (error) onRefused(error)
      else if (message.headers?.code === 503 && message.data.length === 0) onNobody?.()
      else onMessage(message)
    },
  })
}

function enterServer({ options }: Place, reconnecting: ConnectionOptions, limits: Limits): Promise<NatsConnection> {
  return connectToServer({ timeout: limits.connectTimeoutMs, ...options, ...reconnecting })
}

/** After what was published has left. */
async function leaveServer(nats: NatsConnection): Promise<void> {
  if (nats.isClosed()) return
  await Promise.race([nats.flush(), nats.closed()]).catch(() => {})
  await nats.close()
}

function pathTo(
  nats: NatsConnection,
  { theirs, ours }: { readonly theirs: string; readonly ours: string },
  leave: () => void,
): SubjectPath {
  const publish = (bytes: Uint8Array, options?: { readonly reply: string }) => {
    if (!nats.isClosed()) nats.publish(theirs, bytes, options)
  }
  return {
    payloadBytesMax: nats.info?.max_payload ?? 2 ** 20,
    send: (bytes) => publish(bytes),
    probe: () => publish(packet(kinds.probe), { reply: ours }),
    leave,
  }
}

function reasonOf(thrown: unknown): string {
  return thrown instanceof Error ? thrown.message : String(thrown)
}
