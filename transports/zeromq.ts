/**
 * ZeroMQ: `tcp://HOST:PORT` and `ipc://PATH`. A listener is one ROUTER, each connection to it a DEALER of its own. Since ZeroMQ hides
 * connections, a DEALER asks for one (signal `connect`) and the ROUTER grants it (`accept`); both say goodbye. A block is one multipart message:
 * head, parts. A DEALER sees its peer's end itself. A ROUTER is told that somebody has gone, but not who: it probes all of its peers, and
 * those that are gone cannot be sent to.
 */
import { lstat, rm } from 'node:fs/promises'
import { connect as connectSocket } from 'node:net'
import type { Router } from 'zeromq'
import { AddressError, AddressInUseError, UnreachableError } from '../core/errors.ts'
import type { Connection, Listener, Transport, TransportOptions } from '../core/transport.ts'
import { kindOf, kinds, signal } from './blocks.ts'
import { curveServerKeys, secured } from './encryption.ts'
import { cutOff, noAnswer, withDefaults } from './options.ts'
import { ZeromqConnection } from './zeromq-connection.ts'
import { loadZeromq, SocketReader, socketOptions } from './zeromq-socket.ts'

const handshakeErrors = ['handshake:error:protocol', 'handshake:error:auth', 'handshake:error:other'] as const

/** How long the system may take to free an address. */
const freeWithinMs = 1_000

export function zeromqTransport(): Transport {
  return { name: 'zeromq', schemes: ['tcp', 'tcps', 'ipc'], listen, connect }
}

async function listen(
  wanted: string,
  onConnection: (connection: Connection) => void,
  options?: TransportOptions,
): Promise<Listener> {
  const resolved = withDefaults(options)
  const address = secured(wanted, resolved.insecure)
  checkAddress(address)
  const { Router } = await loadZeromq()
  const isEncrypted = address.startsWith('tcps:')
  if (address.startsWith('ipc:')) await checkPath(address)
  const router = new Router({
    mandatory: true,
    ...socketOptions(resolved.messageBytesMax),
    ...(isEncrypted ? { curveServer: true, curveSecretKey: curveServerKeys(address, resolved.key).secret } : {}),
  })
  try {
    await router.bind(endpoint(address).replace(/:0$/, ':*').replace('//localhost:', '//127.0.0.1:'))
  } catch (cause) {
    router.close()
    throw bindError(address, cause)
  }
  return new ZeromqListener(router, onConnection, resolved)
}

class ZeromqListener implements Listener {
  readonly address: string
  readonly #router: Router
  readonly #reader: SocketReader
  readonly #onConnection: (connection: Connection) => void
  readonly #options: Required<TransportOptions>
  readonly #connections = new Map<string, { readonly connection: ZeromqConnection; readonly identity: Buffer }>()
  #count = 0
  #isClosed = false
  #closing: Promise<void> | undefined
  #resolveUnused: (value?: unknown) => void = () => {}

  constructor(router: Router, onConnection: (connection: Connection) => void, options: Required<TransportOptions>) {
    this.address = (router.lastEndpoint as string).replace(/^tcp:/, router.curveServer ? 'tcps:' : 'tcp:')
    this.#router = router
    this.#onConnection = onConnection
    this.#options = options
    router.events.on('disconnect', () => this.#probeAll())
    // Who does not get so far as to be a connection. ZeroMQ does not tell the other side's address.
    for (const event of handshakeErrors) {
      router.events.on(event, ({ error }) => {
        const why = router.curveServer
          ? 'it does not hold the key, or does not speak CURVE'
          : 'it does not speak ZeroMQ as here'
        options.onRefused(this.address, `${why} (${(error as NodeJS.ErrnoException).code ?? error.message})`)
      })
    }
    this.#reader = new SocketReader(router, (parts) => this.#receive(parts))
  }

  /** ZeroMQ ends a listener's connections with it, so this waits for the last of them. */
  close(): Promise<void> {
    this.#isClosed = true
    this.#closing ??= new Promise((resolve) => {
      this.#resolveUnused = resolve
      this.#closeWhenUnused()
    }).then(() => this.#free())
    return this.#closing
  }

  async #free(): Promise<void> {
    // Not by unbinding first: that works on the socket in another thread than the one that reads it, which corrupts it.
    const freed = new Promise<void>((resolve) => {
      this.#router.events.on('close', () => resolve())
      this.#router.events.on('end', () => resolve())
      setTimeout(resolve, freeWithinMs).unref()
    })
    this.#router.close()
    await freed
    if (this.address.startsWith('ipc://')) await rm(pathOf(this.address), { force: true })
  }

  #receive(parts: Buffer[]): void {
    const [identity, head] = parts
    if (!identity || !head) return
    const key = identity.toString('latin1')
    const known = this.#connections.get(key)
    if (known) known.connection.receive(parts, 1)
    else if (head.length >= 8 && kindOf(head) === kinds.connect && !this.#isClosed) this.#accept(key, identity)
    else if (head.length < 8 || kindOf(head) !== kinds.reset) this.#send(identity, [signal(kinds.reset)])
  }

  #accept(key: string, identity: Buffer): void {
    this.#count += 1
    const connection = new ZeromqConnection(
      {
        send: (parts) => this.#send(identity, parts, () => this.#reader.whenQuiet(() => connection.unreachable())),
        leave: () => {
          this.#connections.delete(key)
          this.#closeWhenUnused()
        },
      },
      `${this.address}#${this.#count}`,
      this.#options,
    )
    connection.distrust()
    this.#connections.set(key, { connection, identity })
    this.#send(identity, [signal(kinds.accept)])
    this.#onConnection(connection)
  }

  #send(identity: Buffer, parts: readonly Uint8Array[], onUnreachable?: () => void): void {
    if (this.#router.closed) return
    this.#router.send([identity, ...parts]).catch(() => onUnreachable?.())
  }

  /** The ROUTER learns of it through another channel than the monitor does, and may be a little later. */
  #probeAll(): void {
    for (const delayMs of [0, 20, 200]) {
      setTimeout(() => {
        for (const { connection, identity } of this.#connections.values()) {
          this.#send(identity, [signal(kinds.probe)], () => this.#reader.whenQuiet(() => connection.unreachable()))
        }
      }, delayMs).unref()
    }
  }

  #closeWhenUnused(): void {
    if (!this.#isClosed || this.#connections.size > 0) return
    // The last goodbye leaves on this turn.
    setImmediate(() => this.#resolveUnused())
  }
}

async function connect(address: string, options?: TransportOptions): Promise<Connection> {
  checkAddress(address)
  const { Dealer, curveKeyPair } = await loadZeromq()
  const resolved = withDefaults(options)
  const serverKey = address.startsWith('tcps:') ? curveServerKeys(address, resolved.key).public : undefined
  const dealer = new Dealer({ reconnectInterval: -1, ...socketOptions(resolved.messageBytesMax) })
  if (serverKey !== undefined) {
    const own = curveKeyPair()
    dealer.curvePublicKey = own.publicKey
    dealer.curveSecretKey = own.secretKey
    dealer.curveServerKey = serverKey
  }
  const connection: ZeromqConnection = new ZeromqConnection(
    {
      send(parts) {
        if (!dealer.closed) dealer.send([...parts]).catch(() => reader.whenQuiet(() => connection.unreachable()))
      },
      leave: () => setImmediate(() => dealer.close()),
    },
    address,
    resolved,
  )
  const reader = new SocketReader(dealer, (parts) => connection.receive(parts, 0))
  dealer.events.on('disconnect', () => reader.whenQuiet(() => connection.unreachable()))
  let timer: NodeJS.Timeout | undefined
  try {
    const refused = new Promise<never>((_, reject) => {
      timer = setTimeout(() => reject(unreachable(address, 'no answer in time')), resolved.connectTimeoutMs)
      dealer.events.on('close', () => reject(unreachable(address, 'connection refused')))
      dealer.events.on('disconnect', () => reject(new UnreachableError(cutOff(address, 'it was cut'))))
    })
    dealer.connect(resolved.socketPath === '' ? endpoint(address) : `ipc://${resolved.socketPath}`)
    const accepted = connection.accepted()
    void dealer.send(signal(kinds.connect)).catch(() => {})
    if (!(await Promise.race([accepted, refused]))) throw unreachable(address, 'it takes no connections any more')
    return connection
  } catch (error) {
    dealer.linger = 0
    connection.abort()
    throw error instanceof UnreachableError ? error : unreachable(address, String(error), error)
  } finally {
    clearTimeout(timer)
  }
}

function unreachable(address: string, why: string, cause?: unknown): UnreachableError {
  const key = address.startsWith('tcps:') ? ' Does it hold the same key?' : ''
  return new UnreachableError(`${noAnswer(address, why)}${key}`, { cause })
}

/** As ZeroMQ knows it. */
function endpoint(address: string): string {
  return address.replace(/^tcps:/, 'tcp:')
}

function checkAddress(address: string): void {
  if (/^tcps?:\/\/[^/\s]+:(\d+|\*)$/.test(address) || /^ipc:\/\/\S+$/.test(address)) return
  throw new AddressError(
    `${JSON.stringify(address)} is no ZeroMQ address, as in tcp://127.0.0.1:10101 (port 0 picks a free one) or ipc:///tmp/controller.sock`,
  )
}

/** ZeroMQ removes whatever stands at the path. Only a socket that nobody serves any more may go. */
async function checkPath(address: string): Promise<void> {
  const path = pathOf(address)
  const file = await lstat(path).catch(() => undefined)
  if (!file) return
  if (!file.isSocket()) throw new AddressError(`${path} is not a socket; choose another path than ${address}`)
  const isServed = await new Promise<boolean>((resolve) => {
    const socket = connectSocket(path)
    socket.once('connect', () => resolve(true))
    socket.once('error', () => resolve(false))
    socket.once('close', () => socket.destroy())
    socket.once('connect', () => socket.destroy())
  })
  if (isServed) throw inUse(address)
}

function pathOf(address: string): string {
  return address.slice('ipc://'.length)
}

function bindError(address: string, cause: unknown): Error {
  if (cause instanceof Error && 'code' in cause && cause.code === 'EADDRINUSE') return inUse(address, cause)
  const why = cause instanceof Error ? cause.message : String(cause)
  return new AddressError(`Cannot listen at ${address}: ${why}`, { cause })
}

function inUse(address: string, cause?: unknown): AddressInUseError {
  const advice = address.startsWith('tcp') ? 'another port; port 0 picks a free one' : 'another path'
  return new AddressInUseError(`Somebody listens at ${address} already. Stop it, or choose ${advice}.`, { cause })
}
