import { ConfigurationError } from '../../core/errors.ts'

export interface HttpAddress {
  readonly host: string
  readonly port: number
}

const shape = /^(?:(?<host>\[[\da-f:.]+\]|[^\s:/@[\]]+)(?::|$))?(?<port>\d+)?$/i

/**
 * `HOST:PORT`, `PORT` or `HOST`; what is left out is as in `defaults`. An IPv6 host stands in brackets.
 * @throws ConfigurationError where it is none of these; `option` names what it was given as
 */
export function parseHttpAddress(text: string, defaults: HttpAddress, option: string): HttpAddress {
  const { host, port } = /^\d+$/.test(text) ? { host: undefined, port: text } : (shape.exec(text)?.groups ?? {})
  const number = port === undefined ? defaults.port : Number(port)
  if ((host ?? port) === undefined || number > 65_535)
    throw new ConfigurationError(`${option} must be an address, as 127.0.0.1:9464 or 9464, not ${JSON.stringify(text)}`)
  return { host: host?.replace(/^\[|\]$/g, '') ?? defaults.host, port: number }
}

export function isLoopback(host: string): boolean {
  return /^(127(\.\d+){3}|localhost|::1)$/i.test(host)
}

export function urlOf({ host, port }: HttpAddress): string {
  return `http://${host.includes(':') ? `[${host}]` : host}:${port}`
}
