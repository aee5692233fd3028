import { AddressError, ConfigurationError } from '../core/errors.ts'
import { type TransportOptions, transportDefaults } from '../core/transport.ts'

/** The options, with what holds where one is not given. */
export function withDefaults(options: TransportOptions = {}): Required<TransportOptions> {
  return {
    messageBytesMax: options.messageBytesMax ?? transportDefaults.messageBytesMax,
    bufferBytesMax: options.bufferBytesMax ?? transportDefaults.bufferBytesMax,
    connectTimeoutMs: options.connectTimeoutMs ?? transportDefaults.connectTimeoutMs,
    socketPath: options.socketPath ?? transportDefaults.socketPath,
    strangerBytesMax: options.strangerBytesMax ?? transportDefaults.strangerBytesMax,
    origins: options.origins ?? transportDefaults.origins,
    onRefused: options.onRefused ?? transportDefaults.onRefused,
    key: options.key ?? transportDefaults.key,
    insecure: options.insecure ?? transportDefaults.insecure,
  }
}

/** What stands before the first colon. */
export function schemeOf(address: string): string {
  const scheme = /^([a-z][a-z\d+.-]*):/i.exec(address)?.[1]
  if (scheme === undefined) {
    throw new AddressError(
      `${JSON.stringify(address)} is no address: it has no scheme, as in tcp://127.0.0.1:10101, ws://127.0.0.1:10102 or memory:name`,
    )
  }
  return scheme.toLowerCase()
}

/** The name in `memory:name` and `threads:name`. */
export function nameOf(address: string): string {
  const name = address.slice(address.indexOf(':') + 1)
  if (name === '') throw new AddressError(`${JSON.stringify(address)} lacks a name after the colon`)
  return name
}

/** Whether this is how a browser names the origin of a page: a file's is `null`. */
export function isOrigin(text: string): boolean {
  return text === 'null' || (URL.canParse(text) && new URL(text).origin === text)
}

/** @throws ConfigurationError naming the first that no browser would ever send */
export function checkOrigins(origins: readonly string[]): void {
  const wrong = origins.find((origin) => !isOrigin(origin))
  if (wrong === undefined) return
  throw new ConfigurationError(
    `${JSON.stringify(wrong)} in transportOptions.origins is no origin: write scheme, host and port alone, as in https://example.org or http://127.0.0.1:8080`,
  )
}

/** For whom nobody has taken the connection. */
export function noAnswer(address: string, why: string): string {
  return `Nobody answers at ${address} (${why}). Is the controller running there, and does a firewall let you through?`
}

/** For whom the connection was ended before a word was said: so does an encrypted listener with whoever comes plain. */
export function cutOff(address: string, why: string): string {
  const plain = /^(?:ws|tcp):/.exec(address)?.[0]
  const advice = plain
    ? ` If the controller is encrypted there, its address begins with ${plain.replace(':', 's:')}`
    : ''
  return `Who listens at ${address} ended the connection (${why}). Does it speak this transport?${advice}`
}
