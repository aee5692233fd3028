import { randomBytes } from 'node:crypto'
import { rm } from 'node:fs/promises'
import { homedir, hostname } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { EngineStartError } from '../../../core/errors.ts'
import { writeConnectionFile } from '../../connection-file.ts'
import type {
  EngineHandle,
  EngineSeat,
  Launcher,
  LauncherEntry,
  LaunchPreview,
  LaunchSession,
  LaunchSetting,
} from '../launcher.ts'
import { reachableAddress } from '../reachable-address.ts'
import { noteRemains } from '../remains.ts'
import { JobSession, submissions } from './job-session.ts'
import { jobsNamed, slurmCommand } from './slurm-commands.ts'
import { type SlurmOptions, type SlurmSettings, slurmOptionNames, slurmSettings } from './slurm-options.ts'
import type { SlurmSetting } from './slurm-setting.ts'
import { StepSession } from './step-session.ts'

/** The file of the command that runs an engine; by its path, since nothing here may depend on it. */
const command = fileURLToPath(new URL('../../../cli/main.js', import.meta.url))

/**
 * Engines under Slurm: jobs of their own, or, where this program runs inside an allocation, steps of that one.
 * @throws ConfigurationError naming an option that is wrong
 */
export function slurmLauncher(options: SlurmOptions = {}): Launcher {
  const settings = slurmSettings({ ...options })
  return {
    name: 'slurm',
    queues: true,
    listen: ['ws://0.0.0.0:0'],
    open: (setting) => open(settings, setting),
    preview: async (preview) => previewScript(settings, preview),
  }
}

export const slurmEntry: LauncherEntry = {
  options: slurmOptionNames,
  create: slurmLauncher,
  async endRemains({ jobName = '', folder = '' }) {
    await slurmCommand('scancel', jobsNamed(jobName))
    await rm(folder, { recursive: true, force: true })
    return `Slurm's jobs ${jobName}`
  },
}

async function open(settings: SlurmSettings, cluster: LaunchSetting): Promise<LaunchSession> {
  const jobName = `yardmaster-${cluster.cluster}-${randomBytes(4).toString('hex')}`
  // Where Slurm does not answer there is nothing to begin with.
  await slurmCommand('squeue', ['--noheader', ...jobsNamed(jobName)])
  const folder = join(settings.folder ?? defaultFolder(), jobName)
  const host = settings.host ?? hostname()
  const connectionFile = join(folder, 'connection.json')
  await writeConnectionFile(connectionFile, {
    version: 1,
    cluster: cluster.cluster,
    addresses: cluster.addresses.map((address) => reachableAddress(address, host)),
    key: Buffer.from(cluster.key).toString('base64url'),
    pid: process.pid,
  }).catch((error: unknown) => {
    const reason = error instanceof Error ? error.message : String(error)
    throw new EngineStartError(`the connection file for the engines cannot be written: ${reason}`, { cause: error })
  })
  const { concurrency, reconnectMs, log } = cluster
  // All machines have the same files. `true` is for engines in this process.
  const tracing = typeof cluster.tracing === 'string' ? cluster.tracing : undefined
  const program = { node: settings.node, command, connectionFile, concurrency, reconnectMs, tracing }
  const setting: SlurmSetting = { jobName, folder, settings, program, log }
  const allocation = settings.submit ? undefined : process.env.SLURM_JOB_ID
  const session = allocation === undefined ? new JobSession(setting) : new StepSession(setting, allocation)
  // The steps of an allocation end with it.
  const forget =
    allocation === undefined
      ? await noteRemains({ cluster: cluster.cluster, launcher: 'slurm', what: { jobName, folder } })
      : async () => {}
  return new FolderSession(session, setting, forget)
}

/** Takes away the folder of its engines when it is closed. What they wrote stays where one of them failed. */
class FolderSession implements LaunchSession {
  readonly #session: LaunchSession
  readonly #setting: SlurmSetting
  readonly #forget: () => Promise<void>
  #hasFailed = false

  constructor(session: LaunchSession, setting: SlurmSetting, forget: () => Promise<void>) {
    this.#session = session
    this.#setting = setting
    this.#forget = forget
  }

  async launch(seats: readonly EngineSeat[]): Promise<readonly EngineHandle[]> {
    const handles = await this.#session.launch(seats)
    for (const handle of handles) {
      void handle.ended.then((error) => {
        if (error !== undefined) this.#hasFailed = true
      })
    }
    return handles
  }

  async close(): Promise<void> {
    await this.#session.close()
    await this.#forget()
    const { folder, program, log } = this.#setting
    try {
      await rm(program.connectionFile, { force: true })
      if (this.#hasFailed) log('info', `what the engines wrote is kept in ${folder}`)
      else await rm(folder, { recursive: true, force: true })
    } catch (error) {
      log('warn', `${folder} could not be removed: ${error instanceof Error ? error.message : String(error)}`)
    }
  }
}

/** What `sbatch` would be given: its options, as a comment, and the script. What is known only then stands in capitals. */
function previewScript(settings: SlurmSettings, { cluster, seats, concurrency, reconnectMs }: LaunchPreview): string {
  const jobName = `yardmaster-${cluster}-ID`
  const folder = join(settings.folder ?? defaultFolder(), jobName)
  const connectionFile = join(folder, 'connection.json')
  const program = { node: settings.node, command, connectionFile, concurrency, reconnectMs }
  if (seats.length === 0) return '# Nothing: there are no engines to start\n'
  return submissions({ jobName, folder, settings, program }, seats)
    .map(({ args, script }) => script.replace('\n', `\n# It is given to: sbatch ${args.join(' ')}\n`))
    .join('\n')
}

function defaultFolder(): string {
  return join(homedir(), '.yardmaster', 'slurm')
}
