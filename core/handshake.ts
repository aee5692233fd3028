/**
 * How two peers come to trust each other, the same on every transport:
 *
 *   offerer  ── hello (protocol, version, role, nonce, details) ──▶ listener
 *            ◀── challenge (version, nonce, proof) ──
 *            ── proof ──▶
 *            ◀── welcome (details)    or at any time, either way: refused (fault)
 *
 * A proof is HMAC-SHA-256 with the cluster's key over a label of the prover, the version, the role, and both nonces of 32 random bytes. The
 * listener proves itself first. Nothing else is accepted before this is done, no message is larger than 64 kB, and it ends within a time
 * limit. The key never appears in a message, an error or a log.
 */
import type { Static, TSchema } from 'typebox'
import type { Clock } from './clock.ts'
import { decoder } from './codec.ts'
import { AuthenticationError, ProtocolError, TimeoutError, UnreachableError, VersionError } from './errors.ts'
import { Exchange } from './exchange.ts'
import { protocolName } from './handshake-messages.ts'
import { areSame, keyedHash, randomBytes } from './keyed-hash.ts'
import { Link } from './link.ts'
import { protocolVersion } from './messages.ts'
import type { Connection } from './transport.ts'
import { checkerOf } from './validation.ts'

interface HandshakeOptions {
  /** The cluster's key, 32 bytes. */
  readonly key: Uint8Array
  readonly clock: Clock
  /** How long the whole handshake may take, in milliseconds. Default 5,000. */
  readonly timeoutMs?: number
  /** Where the key came from, for messages: a path, or the name of an option. */
  readonly keySource?: string
  /** 32 bytes, never used twice. Default: random. A simulation gives its own. */
  readonly nonce?: () => Uint8Array
}

export interface Offer<Sends extends TSchema, Receives extends TSchema, Welcome extends TSchema>
  extends HandshakeOptions {
  readonly role: string
  /** What the listener shall know: name, process id, host, … */
  readonly details: unknown
  /** The route: what this side sends, and what it receives. */
  readonly sends: Sends
  readonly receives: Receives
  readonly welcome: Welcome
}

/** What a listener expects of a role. */
export interface RoleSchemas {
  readonly sends: TSchema
  readonly receives: TSchema
  readonly details: TSchema
}

/** Who asks to be let in. */
type Hello<Roles extends Record<string, RoleSchemas>> = {
  [Role in keyof Roles & string]: { readonly role: Role; readonly details: Static<Roles[Role]['details']> }
}[keyof Roles & string]

export interface Answer<Roles extends Record<string, RoleSchemas>> extends HandshakeOptions {
  readonly roles: Roles
  /** Answers what the newcomer shall know (its welcome); refuses by throwing a coded error. Called only with who has proved itself. */
  admit(hello: Hello<Roles>): object | Promise<object>
}

/** A newcomer and its link, by role. */
export type Admitted<Roles extends Record<string, RoleSchemas>> = {
  [Role in keyof Roles & string]: {
    readonly role: Role
    readonly details: Static<Roles[Role]['details']>
    readonly welcome: object
    readonly link: Link<Static<Roles[Role]['sends']> & object, Static<Roles[Role]['receives']>>
  }
}[keyof Roles & string]

/**
 * The side that connected. On failure the connection is ended.
 * @throws VersionError, AuthenticationError, ProtocolError, UnreachableError, or what the listener refused with
 */
export async function offerHandshake<Sends extends TSchema, Receives extends TSchema, Welcome extends TSchema>(
  connection: Connection,
  options: Offer<Sends, Receives, Welcome>,
): Promise<{ readonly link: Link<Static<Sends> & object, Static<Receives>>; readonly welcome: Static<Welcome> }> {
  const { peer } = connection
  const late = (ms: number) =>
    new UnreachableError(
      `${peer} did not answer the handshake within ${ms} ms. Is a Yardmaster controller listening there?`,
    )
  const exchange = start(connection, options, late)
  try {
    const { role } = options
    const nonce = nonceOf(options)
    exchange.send({
      type: 'hello',
      protocol: protocolName,
      version: protocolVersion,
      role,
      nonce,
      details: options.details,
    })
    const challenge = await exchange.expect('challenge')
    checkVersion(challenge.version, peer)
    const prove = prover(options.key, role, nonce, challenge.nonce)
    if (!areSame(challenge.proof, prove('listener'))) throw wrongKey(peer, options.keySource)
    exchange.send({ type: 'proof', proof: prove('offerer') })
    const answer = await exchange.expect('welcome')
    const welcome = checkerOf(options.welcome)(answer.details)
    return { link: new Link(exchange.finish(), decoder(options.receives)), welcome }
  } catch (error) {
    throw exchange.fail(error)
  }
}

/**
 * The side that listens. On failure the connection is ended, after a refusal that says why.
 * @throws VersionError, AuthenticationError, ProtocolError, TimeoutError, or what `admit` threw
 */
export async function answerHandshake<Roles extends Record<string, RoleSchemas>>(
  connection: Connection,
  options: Answer<Roles>,
): Promise<Admitted<Roles>> {
  const { peer } = connection
  const late = (ms: number) => new TimeoutError(`${peer} did not complete the handshake within ${ms} ms`)
  const exchange = start(connection, options, late)
  try {
    const hello = await exchange.expect('hello')
    if (hello.protocol !== protocolName) throw new ProtocolError(`${peer} speaks another protocol`)
    checkVersion(hello.version, peer)
    const schemas = Object.hasOwn(options.roles, hello.role) ? options.roles[hello.role] : undefined
    if (!schemas) throw new ProtocolError(`${peer} asks for a role that is unknown here`)
    const nonce = nonceOf(options)
    const prove = prover(options.key, hello.role, hello.nonce, nonce)
    exchange.send({ type: 'challenge', version: protocolVersion, nonce, proof: prove('listener') })
    const { proof } = await exchange.expect('proof')
    if (!areSame(proof, prove('offerer'))) throw wrongKey(peer, options.keySource)
    const details = checkerOf(schemas.details)(hello.details)
    const role = hello.role
    const welcome = await options.admit({ role, details } as Hello<Roles>)
    exchange.send({ type: 'welcome', details: welcome })
    return { role, details, welcome, link: new Link(exchange.finish(), decoder(schemas.receives)) } as Admitted<Roles>
  } catch (error) {
    throw exchange.fail(error)
  }
}

function start(connection: Connection, options: HandshakeOptions, late: (ms: number) => Error): Exchange {
  if (options.key.length !== 32) throw new AuthenticationError('The cluster’s key must have 32 bytes')
  return new Exchange(connection, options.clock, options.timeoutMs ?? 5_000, late)
}

function nonceOf(options: HandshakeOptions): Uint8Array {
  return options.nonce?.() ?? randomBytes(32)
}

function prover(key: Uint8Array, role: string, offererNonce: Uint8Array, listenerNonce: Uint8Array) {
  return (label: 'offerer' | 'listener') =>
    keyedHash(key, [`${protocolName} ${label} ${protocolVersion} ${role}\n`, offererNonce, listenerNonce])
}

function checkVersion(version: number, peer: string): void {
  if (version === protocolVersion) return
  throw new VersionError(
    `${peer} speaks version ${version} of the protocol, this side version ${protocolVersion}. Install the same Yardmaster on both sides.`,
    { details: { theirs: version, ours: protocolVersion } },
  )
}

function wrongKey(peer: string, keySource: string | undefined): AuthenticationError {
  const where = keySource ? ` This side’s key came from ${keySource}.` : ''
  return new AuthenticationError(
    `${peer} does not hold the key of this cluster.${where} Both sides must read it from the same connection file.`,
  )
}
