import { type ChildProcess, spawn } from 'node:child_process'
import { ConfigurationError, EngineLostError } from '../../../core/errors.ts'
import { engineEnvironment } from '../../engine-environment.ts'
import { wordsBehind } from '../last-words.ts'
import type { EngineHandle, EngineSeat, LaunchSession } from '../launcher.ts'
import { PacedPoll } from '../paced-poll.ts'
import { TrackedEngine } from '../tracked-engine.ts'
import { engineCommand } from './job-script.ts'
import { slurmCommand } from './slurm-commands.ts'
import type { SlurmSetting } from './slurm-setting.ts'
import { signals } from './slurm-signals.ts'

/** One that does not end by itself is killed after this long. */
const killAfterMs = 10_000
/** How much of what an engine writes is kept. */
const writtenMax = 4_000

/** The number of a step and its machine, by the step's name. */
const stepFormat = '%j %i [%N]'

/**
 * Engines as steps of the allocation in which this program runs, by an `srun` each, so that one can end without the others. Where the
 * allocation has no room, `srun` waits for it.
 *
 * Invariant: `#steps` holds those that have not ended, by the name of the step, which is the launch.
 */
export class StepSession implements LaunchSession {
  readonly #setting: SlurmSetting
  /** The job whose allocation it is. */
  readonly #job: string
  readonly #steps = new Map<string, SlurmStep>()
  readonly #poll: PacedPoll

  constructor(setting: SlurmSetting, job: string) {
    this.#setting = setting
    this.#job = job
    this.#poll = new PacedPoll(() => this.#look(), setting.settings.pollMs)
  }

  async launch(seats: readonly EngineSeat[]): Promise<readonly EngineHandle[]> {
    const started = seats.map((seat) => this.#start(seat))
    this.#poll.hurry()
    return started
  }

  async close(): Promise<void> {
    this.#poll.stop()
  }

  #start({ name, launch }: EngineSeat): SlurmStep {
    const { cpus, srun } = this.#setting.settings
    const options = [
      '--nodes=1',
      '--ntasks=1',
      `--cpus-per-task=${cpus}`,
      '--exact',
      `--job-name=${launch}`,
      '--quiet',
      ...srun,
    ]
    const engine = [...engineCommand(this.#setting.program), '--engine-name', name, '--launch', launch]
    // Only there it is known which step it is.
    const shell = ['sh', '-c', 'exec "$@" --host "$SLURMD_NODENAME" --job "$SLURM_JOB_ID.$SLURM_STEP_ID"', 'sh']
    // Ctrl-C at a terminal goes to a whole group of processes: the cluster decides when its engines end.
    const child = spawn('srun', [...options, ...shell, ...engine], {
      env: engineEnvironment(),
      stdio: ['ignore', 'pipe', 'pipe'],
      detached: true,
    })
    const step = new SlurmStep(launch, child, this)
    this.#steps.set(launch, step)
    void step.ended.then(() => this.#steps.delete(launch))
    return step
  }

  async signal(step: SlurmStep, signal: NodeJS.Signals): Promise<void> {
    if (!signals.has(signal))
      throw new ConfigurationError(`Slurm has no signal ${signal}: it has ${[...signals].join(', ')}`)
    if (step.hasEnded) return
    if (signal === 'SIGKILL' || signal === 'SIGTERM') step.endedBy = signal
    await this.#send(step, signal)
  }

  /** Never rejects. */
  async end(step: SlurmStep): Promise<void> {
    step.isStopping = true
    await this.#send(step, 'SIGTERM').catch(() => step.child.kill('SIGTERM'))
    const timer = setTimeout(() => {
      void this.#send(step, 'SIGKILL').catch(() => {})
      step.child.kill('SIGKILL')
    }, killAfterMs)
    await step.ended
    clearTimeout(timer)
  }

  async #send(step: SlurmStep, signal: NodeJS.Signals): Promise<void> {
    // Before it is known as a step there is only its `srun`, which waits for room, or is about to begin.
    if (step.id === undefined) await this.#look()
    if (step.hasEnded) return
    if (step.id === undefined) step.child.kill(signal)
    else {
      await slurmCommand('scancel', [`--signal=${signal.slice(3)}`, step.id]).catch((error: Error) => {
        if (!step.hasEnded && !/invalid job id|already/i.test(error.message)) throw error
      })
    }
  }

  /** Which have begun; resolves to whether some have not. */
  async #look(): Promise<boolean> {
    const printed = await slurmCommand('squeue', [
      '--noheader',
      '--steps',
      `--jobs=${this.#job}`,
      `--format=${stepFormat}`,
    ]).catch(() => '')
    for (const line of printed.split('\n')) {
      const match = /^\s*(\S+) (\S+) \[([^\]]*)\]$/.exec(line)
      const step = this.#steps.get(match?.[1] ?? '')
      if (!match || !step) continue
      const [, , id = '', host = ''] = match
      step.id = id
      step.begin({ ...(host === '' ? {} : { host }), job: id })
    }
    return [...this.#steps.values()].some(({ hasBegun }) => !hasBegun)
  }
}

class SlurmStep extends TrackedEngine {
  readonly child: ChildProcess
  readonly #session: StepSession
  /** `JOB.STEP`, once it has begun. */
  id: string | undefined

  constructor(launch: string, child: ChildProcess, session: StepSession) {
    super(launch, {})
    this.child = child
    this.#session = session
    let written = ''
    const hear = (text: string): void => {
      written = (written + text).slice(-writtenMax)
    }
    child.stdout?.setEncoding('utf8').on('data', hear)
    child.stderr?.setEncoding('utf8').on('data', hear)
    const end = (how: string | undefined): void => {
      if (this.isStopping || how === undefined) return this.settle(undefined)
      this.settle(new EngineLostError(how + wordsBehind(written)))
    }
    child.once('error', (error) => end(`srun did not start: ${error.message}`))
    child.once('close', (code, signal) => {
      const what = `step ${this.id ?? launch}`
      const by = this.endedBy ?? signal
      if (by) return end(`${what} was ended by ${by}`)
      end(code === 0 ? undefined : `${what} ended with code ${code}`)
    })
  }

  signal(signal: NodeJS.Signals): Promise<void> {
    return this.#session.signal(this, signal)
  }

  stop(): Promise<void> {
    return this.#session.end(this)
  }
}
