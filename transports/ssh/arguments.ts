import { ConfigurationError } from '../../core/errors.ts'

/** How to reach a machine with `ssh`. */
export interface SshPlace {
  /** As `ssh` takes it: an alias of `~/.ssh/config`, `host`, `user@host` or `ssh://user@host:port`. */
  readonly ssh: string
  /** For `ssh`, before ours, so that they win: `['-p', '2222', '-i', 'key']`. */
  readonly sshOptions?: readonly string[]
}

/** What a tunnel cannot do without; nothing in a user's configuration may change it. */
const needed = [
  // A connection of its own, which others find only at the path that is given with -S, and which ends with its process.
  'ControlMaster=yes',
  'ControlPersist=no',
  // Of what the user's own sessions forward nothing is wanted, and may be taken already.
  'ClearAllForwardings=yes',
  'ForwardAgent=no',
  'ForwardX11=no',
  'RemoteCommand=none',
  'RequestTTY=no',
]

/** Unless the user has said otherwise. A machine that is gone is noticed within 20 s. */
function preferred(timeoutMs: number): readonly string[] {
  return [
    // Nobody may be there to answer a question.
    'BatchMode=yes',
    `ConnectTimeout=${Math.max(1, Math.ceil(timeoutMs / 1000))}`,
    'ServerAliveInterval=5',
    'ServerAliveCountMax=3',
    // Why a forwarding failed is said at this level.
    'LogLevel=INFO',
  ]
}

/** `-o` before each. */
const options = (list: readonly string[]) => list.flatMap((option) => ['-o', option])

/**
 * The arguments of an `ssh` that runs `sh`, and takes orders at the socket `controlPath`.
 * @throws ConfigurationError for a host that is none, or options that are no texts
 */
export function tunnelArguments({ ssh, sshOptions = [] }: SshPlace, controlPath: string, timeoutMs: number): string[] {
  checkHost(ssh)
  if (!Array.isArray(sshOptions) || !sshOptions.every((option) => typeof option === 'string')) {
    throw new ConfigurationError("sshOptions must be a list of texts, as in ['-p', '2222', '-i', 'key']")
  }
  return [
    ...options(needed),
    ...sshOptions,
    ...options(preferred(timeoutMs)),
    // The percent sign stands for something there.
    '-S',
    controlPath.replaceAll('%', '%%'),
    '--',
    ssh,
    'sh',
  ]
}

/** The arguments of an `ssh` that has the one at `controlPath` lead a socket to a target there. It reads no configuration. */
export function forwardArguments(controlPath: string, socketPath: string, target: string): string[] {
  const control = ['-S', controlPath.replaceAll('%', '%%'), '-O', 'forward']
  return ['-F', '/dev/null', ...control, '-L', `${escaped(socketPath)}:${target}`, '--', 'tunnel']
}

/** The arguments of an `ssh` that has the one at `controlPath` lead a port there, which it says, to an address from here. It reads no configuration. */
export function reverseArguments(controlPath: string, target: string): string[] {
  const control = ['-S', controlPath.replaceAll('%', '%%'), '-O', 'forward']
  return ['-F', '/dev/null', ...control, '-R', `127.0.0.1:0:${target}`, '--', 'tunnel']
}

/** A path in a forwarding, where a colon ends it. */
export function escaped(path: string): string {
  return path.replace(/[\\:]/g, '\\$&')
}

/** What begins with a dash would be an option, and the rest could mean something in a user's `ProxyCommand`. */
function checkHost(host: string): void {
  const isHost = typeof host === 'string' && /^[^-]/.test(host) && !/[\s\p{Cc}'"`$;&<>|(){}]/u.test(host)
  if (isHost) return
  throw new ConfigurationError(
    `${JSON.stringify(host)} is no host for ssh: name one as in 'host', 'user@host' or 'ssh://user@host:port', or an alias of ~/.ssh/config`,
  )
}
