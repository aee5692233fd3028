import { ConfigurationError } from '../core/errors.ts'

/**
 * The key in `$YARDMASTER_KEY`, if there is one. A key is never an argument: every user of a machine can read the
 * command lines of all. It is taken out of the environment, so that no task finds it there.
 * @throws ConfigurationError where it is no key; the message does not repeat it
 */
export function takeKeyFromEnvironment(): string | undefined {
  const text = process.env.YARDMASTER_KEY
  delete process.env.YARDMASTER_KEY
  if (text === undefined || text === '') return undefined
  if (!/^[A-Za-z0-9_-]{43}$/.test(text)) {
    throw new ConfigurationError(
      '$YARDMASTER_KEY is not a key: it must be the 43 characters that stand as "key" in the cluster’s connection file',
    )
  }
  return text
}

export function keyFromText(text: string): Uint8Array {
  return new Uint8Array(Buffer.from(text, 'base64url'))
}
