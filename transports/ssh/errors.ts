/** What `ssh` says when it fails, as an error of ours that names what to do. */
import {
  AuthenticationError,
  ConfigurationError,
  type ErrorOptionsWithDetails,
  UnreachableError,
  type YardmasterError,
} from '../../core/errors.ts'

const linesMax = 3
const charactersMax = 500
/** What `ssh` ends with when it has failed itself, and not what it ran. */
const ownFailure = 255

interface Kind {
  /** `ssh` speaks no other language than English. */
  readonly pattern: RegExp
  readonly Class: new (message: string, options: ErrorOptionsWithDetails) => YardmasterError
  readonly what: (host: string) => string
}

/** Why there was no login. The first that fits. */
const refusals: readonly Kind[] = [
  {
    pattern: /Host key verification failed|HOST IDENTIFICATION HAS CHANGED/,
    Class: AuthenticationError,
    what: (host) => `ssh does not trust the key of ${host}. Log in once by hand and compare it: ssh ${host}`,
  },
  {
    pattern: /Permission denied \(|Too many authentication failures/,
    Class: AuthenticationError,
    what: (host) =>
      `${host} does not let ssh in. Nobody is asked for a password here: a key or an agent has to do, so that \`ssh -o BatchMode=yes ${host} true\` works`,
  },
  {
    pattern: /Bad configuration option|terminating, \d+ bad|usage: ssh|command[- ]line|no argument after/i,
    Class: ConfigurationError,
    what: (host) => `ssh to ${host} cannot start: its options, or its configuration, are wrong`,
  },
  {
    pattern: /Could not resolve hostname/,
    Class: UnreachableError,
    what: (host) => `ssh does not know the host ${host}. Is it spelt as in ~/.ssh/config, or as the network knows it?`,
  },
]

/** Why there is a login, and no way on. */
const refusedForwarding: Kind = {
  pattern: /administratively prohibited|unknown channel type|remote port forwarding failed/,
  Class: ConfigurationError,
  what: (host) =>
    `${host} lets ssh in, but not through: its sshd has to allow it (AllowTcpForwarding, PermitOpen, PermitListen)`,
}

/** Why `ssh` has ended with `exitCode` before it was logged in and `sh` there had answered. */
export function loginError(host: string, stderr: string, exitCode: number | null): YardmasterError {
  if (exitCode !== ownFailure) {
    const ending = exitCode === null ? 'by a signal' : `with ${exitCode}`
    const what = `${host} let ssh in, but no \`sh\` there has answered (it ended ${ending})`
    return new ConfigurationError(withWords(what, stderr), { details: { host } })
  }
  const { Class, what } = refusals.find(({ pattern }) => pattern.test(stderr)) ?? {
    Class: UnreachableError,
    what: () => `ssh does not reach ${host}. Does \`ssh ${host} true\` work?`,
  }
  return new Class(withWords(what(host), stderr), { details: { host } })
}

/** Why nothing came through a tunnel: `otherwise`, unless `ssh` tells. */
export function forwardingError(host: string, stderr: string, otherwise: string, cause?: unknown): YardmasterError {
  const isRefused = refusedForwarding.pattern.test(`${stderr}\n${otherwise}`)
  const { Class, what } = isRefused ? refusedForwarding : { Class: UnreachableError, what: () => otherwise }
  return new Class(withWords(what(host), stderr), { cause, details: { host } })
}

/** Why `ssh` was ended. */
export function lateError(host: string, stderr: string, timeoutMs: number): YardmasterError {
  const what = `ssh has not reached ${host} within ${timeoutMs} ms. If it needs longer, raise connectTimeoutMs`
  return new UnreachableError(withWords(what, stderr), { details: { host } })
}

/** With the last lines of what `ssh` wrote. */
function withWords(what: string, stderr: string): string {
  const lines = stderr
    .replace(/[^\P{Cc}\n]/gu, '')
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line !== '' && !/^(Warning: Permanently added|Killed by signal)/.test(line))
  const words = lines.slice(-linesMax).join('; ').slice(-charactersMax)
  return words === '' ? what : `${what} (ssh: ${words})`
}
