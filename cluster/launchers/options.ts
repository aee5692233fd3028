import type { KubernetesOptions } from './kubernetes/kubernetes-options.ts'
import type { Launcher } from './launcher.ts'
import type { ProcessOptions } from './process.ts'
import type { SlurmOptions } from './slurm/slurm-options.ts'
import type { SshOptions } from './ssh/options.ts'

/**
 * The launchers that `Cluster.start` takes by name, with the options of each. One of your own, made known by `registerLauncher`, is added
 * so: `declare module 'yardmaster' { interface LaunchersByName { mine: MyOptions } }`.
 */
export interface LaunchersByName {
  thread: unknown
  process: ProcessOptions
  inline: unknown
  ssh: SshOptions
  slurm: SlurmOptions
  kubernetes: KubernetesOptions
}

/** What starts the engines: by its name, with its options beside the cluster's, or as it is. */
export type LauncherChoice =
  | { readonly launcher?: undefined }
  | { readonly launcher: Launcher }
  | { [Name in keyof LaunchersByName]: { readonly launcher: Name } & LaunchersByName[Name] }[keyof LaunchersByName]
