import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { ConfigurationError, EngineLostError } from '../../../core/errors.ts'
import { wordsBehind } from '../last-words.ts'
import type { EngineHandle, EngineSeat, LaunchSession } from '../launcher.ts'
import { PacedPoll } from '../paced-poll.ts'
import { TrackedEngine } from '../tracked-engine.ts'
import { jobScript } from './job-script.ts'
import { type JobFacts, jobFormat, phaseOf, readJobs } from './job-state.ts'
import { jobsNamed, slurmCommand } from './slurm-commands.ts'
import type { SlurmSetting } from './slurm-setting.ts'
import { signals } from './slurm-signals.ts'
import { WaitReasons } from './wait-reasons.ts'

/** By default Slurm takes no larger array. */
const arraySizeMax = 1_000
/** How many jobs are named on one command line. */
const cancelledAtOnceMax = 500
/** A job that Slurm was asked to end is asked for again after this long. */
const cancelAgainMs = 15_000
/** So many looks in a row must miss a job before it counts as gone: one that was just submitted may not be shown yet. */
const missesMax = 3

/** One call of `sbatch`. */
interface Submission {
  readonly seats: readonly EngineSeat[]
  readonly args: readonly string[]
  /** For its stdin. */
  readonly script: string
}

/** The calls of `sbatch` that start an engine for each seat. */
export function submissions(
  { jobName, folder, settings, program }: Omit<SlurmSetting, 'log'>,
  seats: readonly EngineSeat[],
): Submission[] {
  return Array.from({ length: Math.ceil(seats.length / arraySizeMax) }, (_, i) => {
    const part = seats.slice(i * arraySizeMax, (i + 1) * arraySizeMax)
    const output = join(folder, '%A_%a.log')
    const args = ['--parsable', `--array=0-${part.length - 1}`, `--output=${output}`]
    return { seats: part, args, script: jobScript(jobName, part, settings, program) }
  })
}

/**
 * Engines as jobs of their own: those of one launch are one array. One `squeue` tells how all fare, one `scancel` ends those that are to end.
 *
 * Invariant: `#jobs` holds those that have not ended.
 */
export class JobSession implements LaunchSession {
  readonly #setting: SlurmSetting
  readonly #jobs = new Map<string, SlurmJob>()
  readonly #poll: PacedPoll
  readonly #waits: WaitReasons
  #isUnanswered = false

  constructor(setting: SlurmSetting) {
    this.#setting = setting
    this.#waits = new WaitReasons(setting.log)
    this.#poll = new PacedPoll(() => this.#turn(), setting.settings.pollMs)
  }

  async launch(seats: readonly EngineSeat[]): Promise<readonly EngineHandle[]> {
    const started: SlurmJob[] = []
    try {
      for (const submission of submissions(this.#setting, seats)) started.push(...(await this.#submit(submission)))
    } catch (error) {
      await this.#cancel(started)
      throw error
    }
    for (const job of started) this.#jobs.set(job.id, job)
    this.#poll.hurry()
    return started
  }

  async close(): Promise<void> {
    this.#poll.stop()
  }

  async #submit({ seats, args, script }: Submission): Promise<SlurmJob[]> {
    const array = (await slurmCommand('sbatch', args, script)).trim().split(';')[0]
    return seats.map(({ launch }, place) => new SlurmJob(`${array}_${place}`, launch, this))
  }

  async signal(job: SlurmJob, signal: NodeJS.Signals): Promise<void> {
    if (!signals.has(signal))
      throw new ConfigurationError(`Slurm has no signal ${signal}: it has ${[...signals].join(', ')}`)
    if (job.hasEnded) return
    if (signal === 'SIGKILL' || signal === 'SIGTERM') job.endedBy = signal
    const isWaiting = job.facts === undefined || phaseOf(job.facts) === 'waiting'
    // To the engine alone: Slurm would take any other for the end of the job. One that waits has nothing to signal.
    const how = isWaiting && job.endedBy === signal ? [] : ['--batch', `--signal=${signal.slice(3)}`]
    await slurmCommand('scancel', [...how, job.id]).catch((error: Error) => {
      if (!isOfGone(error)) throw error
    })
    this.#poll.hurry()
  }

  async stop(job: SlurmJob): Promise<void> {
    job.isStopping = true
    this.#poll.hurry()
    await job.ended
  }

  /** Ends what is to end, and looks how the others fare. */
  async #turn(): Promise<boolean> {
    const now = performance.now()
    const due = [...this.#jobs.values()].filter(
      (job) => job.isStopping && (job.cancelledAt === undefined || now - job.cancelledAt > cancelAgainMs),
    )
    await this.#cancel(due)
    const found = await this.#look()
    if (found) for (const job of [...this.#jobs.values()]) await this.#hear(job, found.get(job.id))
    this.#waits.tell([...this.#jobs.values()].flatMap(({ facts }) => (facts ? [facts] : [])))
    return this.#jobs.size > 0
  }

  /** Undefined where Slurm does not answer: of the jobs that says nothing. */
  async #look(): Promise<ReadonlyMap<string, JobFacts> | undefined> {
    const { jobName, log } = this.#setting
    const args = ['--noheader', '--array', '--states=all', `--format=${jobFormat}`, ...jobsNamed(jobName)]
    try {
      const facts = readJobs(await slurmCommand('squeue', args))
      this.#isUnanswered = false
      return new Map(facts.map((fact) => [fact.id, fact]))
    } catch (error) {
      if (!this.#isUnanswered) log('warn', `how the jobs fare is not known at present: ${(error as Error).message}`)
      this.#isUnanswered = true
      return undefined
    }
  }

  async #hear(job: SlurmJob, facts: JobFacts | undefined): Promise<void> {
    if (facts === undefined) {
      job.misses += 1
      if (job.misses >= missesMax) await this.#end(job, `Slurm does not know job ${job.id} any more`)
      return
    }
    job.misses = 0
    job.facts = facts
    const { host, state, reason } = facts
    const where = host === undefined ? '' : ` on ${host}`
    switch (phaseOf(facts)) {
      case 'waiting':
        return
      case 'running':
        return job.begin({ ...(host === undefined ? {} : { host }), job: job.id })
      case 'failed':
        return this.#end(job, `Slurm ended job ${job.id}${where}: ${state}${reason === 'None' ? '' : ` (${reason})`}`)
      case 'left':
        return this.#end(job, undefined)
      case 'cancelled':
        // Whoever cancels a job wants its engine gone.
        if (!job.isStopping && job.endedBy === undefined)
          this.#setting.log('warn', `job ${job.id}${where} was cancelled`)
        return this.#end(job, undefined)
    }
  }

  async #end(job: SlurmJob, reason: string | undefined): Promise<void> {
    this.#jobs.delete(job.id)
    const how = reason ?? (job.endedBy && `job ${job.id} was ended by ${job.endedBy}`)
    if (job.isStopping || how === undefined) return job.settle(undefined)
    const written = await readFile(join(this.#setting.folder, `${job.id}.log`), 'utf8').catch(() => '')
    job.settle(new EngineLostError(how + wordsBehind(written), { details: { job: job.id } }))
  }

  /** Never rejects: what is still there is cancelled again. */
  async #cancel(jobs: readonly SlurmJob[]): Promise<void> {
    for (const job of jobs) job.cancelledAt = performance.now()
    for (let from = 0; from < jobs.length; from += cancelledAtOnceMax) {
      const ids = jobs.slice(from, from + cancelledAtOnceMax).map(({ id }) => id)
      await slurmCommand('scancel', ids).catch((error: Error) => {
        if (!isOfGone(error)) this.#setting.log('warn', `jobs could not be cancelled: ${error.message}`)
      })
    }
  }
}

/** Slurm says so of a job that has ended meanwhile. */
function isOfGone(error: Error): boolean {
  return /invalid job id|already (completing|completed)|job\/step already/i.test(error.message)
}

class SlurmJob extends TrackedEngine {
  readonly id: string
  readonly #session: JobSession
  /** As last heard. */
  facts: JobFacts | undefined
  misses = 0
  cancelledAt: number | undefined

  constructor(id: string, launch: string, session: JobSession) {
    super(launch, { job: id })
    this.id = id
    this.#session = session
  }

  signal(signal: NodeJS.Signals): Promise<void> {
    return this.#session.signal(this, signal)
  }

  stop(): Promise<void> {
    return this.#session.stop(this)
  }
}
