/** Launchers by name, as `Cluster.start({ launcher: 'ssh' })` and `yardmaster start --launcher ssh` name them. */
import { ConfigurationError } from '../../core/errors.ts'
import type { Launcher, LauncherEntry } from './launcher.ts'

/** Those of the house, loaded when first asked for. */
const builtIn: Readonly<Record<string, () => Promise<LauncherEntry>>> = {
  thread: async () => (await import('./local.ts')).localEntry('thread'),
  process: async () => (await import('./local.ts')).localEntry('process'),
  inline: async () => (await import('./local.ts')).localEntry('inline'),
  ssh: async () => (await import('./ssh/entry.ts')).sshEntry,
  slurm: async () => (await import('./slurm/slurm.ts')).slurmEntry,
  kubernetes: async () => (await import('./kubernetes/kubernetes.ts')).kubernetesEntry,
}

const registered = new Map<string, LauncherEntry>()

/** Makes a launcher known by a name, in this process. The last to register a name has it. */
export function registerLauncher(name: string, entry: LauncherEntry): void {
  registered.set(name, entry)
}

/**
 * The launcher with this name, with those of the options that are for it.
 * @throws ConfigurationError for an unknown name, naming those that are known, and for an option that is wrong
 */
export async function createLauncher(name: string, options: Readonly<Record<string, unknown>>): Promise<Launcher> {
  const entry = await launcherEntry(name)
  const own = entry.options.flatMap((key) => (options[key] === undefined ? [] : [[key, options[key]]]))
  return entry.create(Object.fromEntries(own))
}

/** @throws ConfigurationError for an unknown name, naming those that are known */
export async function launcherEntry(name: string): Promise<LauncherEntry> {
  const load = Object.hasOwn(builtIn, name) ? builtIn[name] : undefined
  const entry = registered.get(name) ?? (await load?.())
  if (entry) return entry
  const known = [...new Set([...Object.keys(builtIn), ...registered.keys()])]
  throw new ConfigurationError(
    `there is no launcher ${JSON.stringify(name)}; there are: ${known.join(', ')}. One of your own has to be registered in this process (registerLauncher), or given as it is`,
    { details: { launcher: name, known } },
  )
}

/** The names of the launchers that have such an option. */
export async function launchersWith(option: string): Promise<readonly string[]> {
  const names = [...new Set([...Object.keys(builtIn), ...registered.keys()])]
  const entries = await Promise.all(names.map(async (name) => ({ name, ...(await launcherEntry(name)) })))
  return entries.flatMap(({ name, options }) => (options.includes(option) ? [name] : []))
}
