/** What starts a cluster's engines: options of the commands that start one. */
import { type Command, InvalidArgumentError, Option } from 'commander'
import type { Launcher } from '../cluster/launchers/launcher.ts'
import { createLauncher, launcherEntry } from '../cluster/launchers/registry.ts'
import { ConfigurationError } from '../core/errors.ts'

export interface LauncherFlags {
  readonly launcher?: string | undefined
  readonly hosts?: readonly string[] | undefined
  readonly launcherOption?: Readonly<Record<string, unknown>> | undefined
  readonly adapt?: { readonly min: number; readonly max: number } | undefined
}

/** Gives a command these options. */
export function withLauncher(command: Command): Command {
  const options = [
    new Option(
      '--launcher <name>',
      'what starts the engines: process or thread, on this machine; ssh, on others; slurm, as jobs; kubernetes, as Jobs (default: as --engine-kind says)',
    ).conflicts('engineKind'),
    new Option('--hosts <host...>', 'for ssh: the machines, as ssh takes them; engines are spread evenly'),
    new Option(
      '--launcher-option <name=value>',
      'an option of the launcher, as docs/LAUNCHERS.md lists them; may be given again',
    ).argParser(addOption),
    new Option('--adapt <min:max>', 'let the number of engines follow the work, between these').argParser(parseRange),
  ]
  for (const option of options) command.addOption(option.helpGroup('Launchers:'))
  return command
}

/**
 * Undefined where none is named.
 * @throws ConfigurationError for one that is not known, or an option that it does not have
 */
export async function launcherFrom(
  { launcher: name, hosts, launcherOption = {} }: LauncherFlags,
  common: Readonly<Record<string, unknown>>,
): Promise<Launcher | undefined> {
  if (name === undefined) {
    const without = hosts ? '--hosts' : Object.keys(launcherOption).length > 0 ? '--launcher-option' : undefined
    if (without) throw new ConfigurationError(`${without} is for a launcher: name one, as in --launcher ssh`)
    return undefined
  }
  const { options: known } = await launcherEntry(name)
  const given = { ...launcherOption, ...(hosts ? { hosts } : {}) }
  const unknown = Object.keys(given).find((option) => !known.includes(option))
  if (unknown !== undefined) {
    throw new ConfigurationError(`launcher ${name} has no option ${unknown}; there are: ${known.join(', ')}`)
  }
  if (name === 'ssh' && !('hosts' in given)) {
    throw new ConfigurationError('--launcher ssh needs the machines: --hosts me@one me@two')
  }
  return createLauncher(name, { ...common, ...given })
}

function addOption(text: string, before: Readonly<Record<string, unknown>> = {}): Readonly<Record<string, unknown>> {
  const [, name, value] = /^([\w-]+)=(.*)$/s.exec(text) ?? []
  if (name === undefined) throw new InvalidArgumentError('It must be NAME=VALUE.')
  return { ...before, [name]: parsedValue(value as string) }
}

/** As JSON, or else the text itself. */
function parsedValue(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return text
  }
}

function parseRange(text: string): { readonly min: number; readonly max: number } {
  const [, min, max] = /^(\d+):(\d+)$/.exec(text) ?? []
  const range = { min: Number(min), max: Number(max) }
  if (range.max >= 1 && range.min <= range.max) return range
  throw new InvalidArgumentError('It must be MIN:MAX, as 0:16.')
}
