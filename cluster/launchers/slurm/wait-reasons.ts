import { isUsualWait, type JobFacts, phaseOf } from './job-state.ts'

/** How many jobs a message names. */
const namedMax = 3

/** Says why jobs wait: each of Slurm's reasons once, and again after no job had it. */
export class WaitReasons {
  readonly #log: (level: 'info' | 'warn', message: string) => void
  #said: ReadonlySet<string> = new Set()

  constructor(log: (level: 'info' | 'warn', message: string) => void) {
    this.#log = log
  }

  /** Gets all that have not ended. */
  tell(jobs: readonly JobFacts[]): void {
    const waiting = new Map<string, JobFacts[]>()
    for (const job of jobs) {
      if (phaseOf(job) !== 'waiting' || job.reason === 'None') continue
      const alike = waiting.get(job.reason)
      if (alike) alike.push(job)
      else waiting.set(job.reason, [job])
    }
    for (const [reason, alike] of waiting) {
      if (this.#said.has(reason)) continue
      const names = alike.slice(0, namedMax).map(({ id }) => id)
      const more = alike.length > namedMax ? ` and ${alike.length - namedMax} more` : ''
      const count = `${alike.length} ${alike.length === 1 ? 'engine waits' : 'engines wait'}`
      const level = isUsualWait(reason) ? 'info' : 'warn'
      const mayNotEnd = level === 'warn' ? '; that may not end by itself' : ''
      this.#log(level, `${count} in Slurm: ${reason} (job ${names.join(', ')}${more})${mayNotEnd}`)
    }
    this.#said = new Set(waiting.keys())
  }
}
