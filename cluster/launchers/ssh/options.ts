import { ConfigurationError } from '../../../core/errors.ts'
import type { SshPlace } from '../../../transports/ssh/arguments.ts'
import { countOf, textList, textOf } from '../option-values.ts'

/** A machine with Yardmaster, and how many engines it may get. */
export interface SshHost extends SshPlace {
  /** The most engines there. Default: any number. */
  readonly engines?: number
}

/** The machines behind ssh on which engines run, and how. */
export interface SshOptions {
  /** The machines, as `ssh` takes them: an alias of `~/.ssh/config`, `host`, `user@host` or `ssh://user@host:port`. Engines are spread evenly. */
  readonly hosts: readonly (string | SshHost)[]
  /** For `ssh`, at all of them: `['-p', '2222', '-i', 'key']`. */
  readonly sshOptions?: readonly string[]
  /** What runs Yardmaster there, as a shell reads it: `/opt/node/bin/node /opt/yardmaster/dist/cli/main.js`. Default `yardmaster`. */
  readonly remoteCommand?: string
  /**
   * How engines reach the controller. `tunnel`: back through `ssh`, so that nothing else has to be reachable (default). `direct`: at its address, which
   * they must be able to reach.
   */
  readonly remoteLink?: 'tunnel' | 'direct'
  /** How long a login, and the start of Yardmaster there, may take, in milliseconds. Default 20,000. */
  readonly loginTimeoutMs?: number
}

export const sshOptionNames = ['hosts', 'sshOptions', 'remoteCommand', 'remoteLink', 'loginTimeoutMs'] as const

/** What is given, checked and completed. */
export interface SshSettings {
  readonly hosts: readonly Required<SshHost>[]
  readonly remoteCommand: string
  readonly isTunneled: boolean
  readonly loginTimeoutMs: number
}

/** @throws ConfigurationError naming the option that is wrong or missing */
export function sshSettings(given: Readonly<Record<string, unknown>>): SshSettings {
  const { hosts, sshOptions = [], remoteCommand = 'yardmaster', remoteLink = 'tunnel', loginTimeoutMs = 20_000 } = given
  const list = typeof hosts === 'string' ? [hosts] : hosts
  if (!Array.isArray(list) || list.length === 0) {
    throw new ConfigurationError(
      "hosts must be a list of machines that ssh leads to: { launcher: 'ssh', hosts: ['me@one', 'me@two'] }",
    )
  }
  if (remoteLink !== 'tunnel' && remoteLink !== 'direct') {
    throw new ConfigurationError(`remoteLink must be tunnel or direct, not ${JSON.stringify(remoteLink)}`)
  }
  const common = textList('sshOptions', sshOptions)
  return {
    hosts: list.map((host) => hostOf(host, common)),
    remoteCommand: commandOf(remoteCommand),
    isTunneled: remoteLink === 'tunnel',
    loginTimeoutMs: countOf('loginTimeoutMs', loginTimeoutMs, 1),
  }
}

function hostOf(given: unknown, common: readonly string[]): Required<SshHost> {
  if (typeof given === 'string') return { ssh: given, sshOptions: common, engines: Number.POSITIVE_INFINITY }
  if (typeof given !== 'object' || given === null || !('ssh' in given)) {
    throw new ConfigurationError(
      `each of hosts must be a text, or { ssh: 'host', engines: 8 }, not ${JSON.stringify(given)}`,
    )
  }
  const own = 'sshOptions' in given ? textList('sshOptions of a host', given.sshOptions) : []
  return {
    ssh: textOf('ssh of a host', given.ssh),
    sshOptions: [...own, ...common],
    engines: 'engines' in given ? countOf('engines of a host', given.engines, 1) : Number.POSITIVE_INFINITY,
  }
}

function commandOf(given: unknown): string {
  const command = textOf('remoteCommand', given)
  if (!/\p{Cc}/u.test(command)) return command
  throw new ConfigurationError(`remoteCommand must be one line, not ${JSON.stringify(command)}`)
}
