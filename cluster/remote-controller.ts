import { AddressError, ClosedError, UnreachableError } from '../core/errors.ts'
import type { Connection, TransportOptions } from '../core/transport.ts'
import { transportFor } from '../transports/connect.ts'
import type { SshPlace } from '../transports/ssh/arguments.ts'
import { forwardTarget } from '../transports/ssh/target.ts'
import { SshTunnel } from '../transports/ssh/tunnel.ts'
import {
  lastAnswerLine,
  printConnectionFile,
  type RemoteCluster,
  type RemoteConnectionFile,
  readAnswer,
} from './remote-connection-file.ts'

/** A login takes longer than a connection. */
const loginTimeoutMs = 20_000

/** A cluster of another machine, where the system's `ssh` finds its connection file and leads to its controller. */
export interface SshAddress extends SshPlace, RemoteCluster {}

interface RemoteConnection {
  readonly connection: Connection
  readonly key: Uint8Array
  /** What says that this is the key. */
  readonly keySource: string
}

/** Connects to the controller of a cluster elsewhere: with a login for each connection, and none that outlasts it. */
export class RemoteController {
  readonly #address: SshAddress
  readonly #script: string
  readonly #limits: TransportOptions
  readonly #key: Uint8Array | undefined
  #tunnel: SshTunnel | undefined
  #hasEnded = false

  /**
   * `key` is used instead of that in the file.
   * @throws ConfigurationError where the address is none
   */
  constructor(address: SshAddress, limits: TransportOptions, key?: Uint8Array) {
    this.#address = address
    this.#script = printConnectionFile(address)
    this.#limits = limits
    this.#key = key
  }

  /**
   * A new connection. What is left of the one before, or of the try to make it, is cut.
   * @throws ConfigurationError, AuthenticationError, UnreachableError, TransportUnavailableError, AddressError
   */
  async connect(): Promise<RemoteConnection> {
    await this.#tunnel?.end()
    if (this.#hasEnded) throw new ClosedError('the client has been closed')
    const { ssh: host } = this.#address
    const tunnel = new SshTunnel(this.#address, this.#limits.connectTimeoutMs ?? loginTimeoutMs)
    this.#tunnel = tunnel
    const file = readAnswer(await tunnel.ask(this.#script, lastAnswerLine), host, this.#address)
    const key = this.#key ?? new Uint8Array(Buffer.from(file.key, 'base64url'))
    const connection = await this.#dialAny(tunnel, file, key)
    tunnel.keep()
    return { connection, key, keySource: `${file.path} on ${host}` }
  }

  /** Cuts the connection, and lets no other be made. Resolves when nothing is left of it; never rejects. */
  async end(): Promise<void> {
    this.#hasEnded = true
    await this.#tunnel?.end()
  }

  /** The first address that works. Rejects with the reason of the last. */
  async #dialAny(tunnel: SshTunnel, file: RemoteConnectionFile, key: Uint8Array): Promise<Connection> {
    let last: unknown
    for (const address of file.addresses) {
      try {
        const socketPath = await tunnel.forward(forwardTarget(address))
        return await (await transportFor(address)).connect(address, { ...this.#limits, key, socketPath })
      } catch (error) {
        last = error
        if (!(error instanceof UnreachableError || error instanceof AddressError)) throw error
      }
    }
    if (last instanceof AddressError) throw last
    // Of a path, sshd does not say which it is.
    const paths = file.addresses.some((address) => address.startsWith('ipc:'))
      ? '; if it runs, its sshd has to allow AllowStreamLocalForwarding'
      : ''
    throw await tunnel.failed(
      `nobody answers at ${file.addresses.join(' or ')} on ${this.#address.ssh}, where ${file.path} says that cluster '${file.cluster}' is. If it has ended without a word, start it there anew: yardmaster start${paths}`,
      last,
    )
  }
}
