/** A real Slurm on loopback: munged, slurmctld and one slurmd with a key, a configuration and ports of their own. */
import { type ChildProcess, execFile, spawn } from 'node:child_process'
import { once } from 'node:events'
import { chmodSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { hostname, tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { promisify } from 'node:util'
import { freePort } from '../free-port.ts'

const run = promisify(execFile)

const folders = (process.env.PATH ?? '').split(':').concat('/usr/sbin', '/usr/local/sbin')
const find = (name: string) => folders.map((folder) => join(folder, name)).find(existsSync)
const programs = { munged: find('munged'), slurmctld: find('slurmctld'), slurmd: find('slurmd') }

/** Why there can be none here, if so. */
export const withoutSlurm =
  Object.values(programs).includes(undefined) || find('sbatch') === undefined || find('mungekey') === undefined
    ? 'Slurm is not installed (Debian: apt install slurm-wlm munge)'
    : process.getuid?.() !== 0
      ? 'only root can run a Slurm of its own'
      : undefined

/** One that is not there by then has failed. */
const startWithinMs = 40_000

/**
 * Its one node claims 16 processors: as many engines run at a time. Of its partitions, `short` has one minute.
 * Its daemons stay in the foreground below a shell that ends them with this process, however this one ends. What asks it,
 * `squeue` and the others, needs `environment`.
 */
export class SlurmOnLoopback implements AsyncDisposable {
  readonly folder: string
  readonly #daemons: ChildProcess[] = []

  static async start(): Promise<SlurmOnLoopback> {
    const slurm = new SlurmOnLoopback()
    try {
      await slurm.#start()
      return slurm
    } catch (error) {
      await slurm[Symbol.asyncDispose]()
      throw error
    }
  }

  private constructor() {
    this.folder = mkdtempSync(join(tmpdir(), 'slurm-'))
    // Whoever is to be authenticated has to reach munge's socket.
    chmodSync(this.folder, 0o755)
    for (const name of ['state', 'spool', 'log']) mkdirSync(this.#path(name))
  }

  get environment(): { readonly SLURM_CONF: string } {
    return { SLURM_CONF: this.#path('slurm.conf') }
  }

  /** What one of Slurm's commands prints, without the last end of line. */
  async ask(command: string, ...args: string[]): Promise<string> {
    const { stdout } = await run(command, args, { env: { ...process.env, ...this.environment }, timeout: 30_000 })
    return stdout.trimEnd()
  }

  /** The jobs that are pending or running, one line each: its id, with the place in its array, and its state. */
  async jobs(): Promise<string[]> {
    const text = await this.ask('squeue', '--noheader', '--array', '--format=%i %T')
    return text === '' ? [] : text.split('\n')
  }

  /** What its daemons have said. */
  get said(): string {
    const logs = ['munged', 'slurmctld', 'slurmd'].map((name) => this.#path(join('log', `${name}.log`)))
    return logs.map((path) => (existsSync(path) ? readFileSync(path, 'utf8') : '')).join('\n')
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#daemons.length === 3) await this.#emptyQueue().catch(() => {})
    for (const daemon of this.#daemons.reverse()) {
      const ended = daemon.exitCode === null && daemon.signalCode === null ? once(daemon, 'exit') : undefined
      daemon.stdin?.end()
      await ended
    }
    rmSync(this.folder, { recursive: true, force: true })
  }

  /** What runs would outlive the daemons. */
  async #emptyQueue(): Promise<void> {
    const giveUpAt = performance.now() + startWithinMs
    if ((await this.jobs()).length === 0) return
    await this.ask('scancel', '--user=root')
    while ((await this.jobs()).length > 0 && performance.now() < giveUpAt) await sleep(100)
  }

  async #start(): Promise<void> {
    const [controllerPort, nodePort] = [await freePort(), await freePort()]
    const name = hostname().split('.')[0] as string
    const configuration = [
      'ClusterName=yard',
      `SlurmctldHost=${name}(127.0.0.1)`,
      'AuthType=auth/munge',
      'CredType=cred/munge',
      `AuthInfo=socket=${this.#path('munge.socket')}`,
      'SlurmUser=root',
      'SlurmdUser=root',
      `StateSaveLocation=${this.#path('state')}`,
      `SlurmdSpoolDir=${this.#path('spool')}`,
      `SlurmctldPidFile=${this.#path('slurmctld.pid')}`,
      `SlurmdPidFile=${this.#path('slurmd.pid')}`,
      `SlurmctldLogFile=${this.#path('log/slurmctld.log')}`,
      `SlurmdLogFile=${this.#path('log/slurmd.log')}`,
      'ProctrackType=proctrack/linuxproc',
      'TaskPlugin=task/none',
      'SwitchType=switch/none',
      'MpiDefault=none',
      'SelectType=select/cons_tres',
      'SelectTypeParameters=CR_CPU',
      'ReturnToService=2',
      'SchedulerType=sched/backfill',
      // Jobs that come one by one are to start at once, too.
      'SchedulerParameters=batch_sched_delay=0,sched_interval=1,sched_min_interval=0,bf_interval=1',
      'AccountingStorageType=accounting_storage/none',
      'JobAcctGatherType=jobacct_gather/none',
      'KillWait=5',
      'MessageTimeout=30',
      `SlurmctldPort=${controllerPort}`,
      `SlurmdPort=${nodePort}`,
      `NodeName=${name} NodeAddr=127.0.0.1 CPUs=16 State=UNKNOWN`,
      'PartitionName=main Nodes=ALL Default=YES MaxTime=INFINITE State=UP OverSubscribe=NO',
      'PartitionName=short Nodes=ALL MaxTime=1 State=UP OverSubscribe=NO',
      // The node may claim more processors than there are.
      'SlurmdParameters=config_overrides',
      '',
    ]
    writeFileSync(this.#path('slurm.conf'), configuration.join('\n'))
    await run(find('mungekey') as string, ['--create', `--keyfile=${this.#path('munge.key')}`])
    this.#spawn(programs.munged as string, [
      '--foreground',
      '--force',
      ...['key', 'socket', 'seed', 'pid'].map(
        (kind) => `--${kind}${kind === 'socket' ? '' : '-file'}=${this.#path(`munge.${kind}`)}`,
      ),
      `--log-file=${this.#path('log/munged.log')}`,
    ])
    await this.#until('munged', () => existsSync(this.#path('munge.socket')))
    this.#spawn(programs.slurmctld as string, ['-D', '-i'])
    this.#spawn(programs.slurmd as string, ['-D'])
    await this.#until('the node', async () => {
      const state = await this.ask('sinfo', '--noheader', '--partition=main', '--format=%T').catch(() => '')
      return state === 'idle'
    })
  }

  #spawn(program: string, args: readonly string[]): void {
    // It ends with this process, also where that is killed: then the shell has no more to read.
    const script = '"$@" & read -r line; kill $!; wait'
    const env = { ...process.env, ...this.environment }
    this.#daemons.push(
      spawn('sh', ['-c', script, 'sh', program, ...args], { stdio: ['pipe', 'ignore', 'ignore'], env }),
    )
  }

  async #until(what: string, isSo: () => boolean | Promise<boolean>): Promise<void> {
    const giveUpAt = performance.now() + startWithinMs
    while (!(await isSo())) {
      if (performance.now() > giveUpAt) throw new Error(`${what} does not come up: ${this.said}`)
      await sleep(100)
    }
  }

  #path(name: string): string {
    return join(this.folder, name)
  }
}
