import { WorkloadError } from '../../../core/errors.ts'
import type { Workload } from '../workload.ts'
import { type WorkloadTask, workloadOf } from '../workload-of.ts'

/** A job of a log that is no task, and why. */
export interface LeftOutJob {
  /** In the file, from 1. */
  readonly line: number
  readonly job: number
  readonly reason: 'no run time' | 'no processors' | 'part of a job'
}

/** A log in the Standard Workload Format, as a workload. */
export interface SwfLog {
  /** Rigid jobs, each a task that occupies its cores of one engine: the machine is one engine, with `header.MaxProcs` cores as a rule. */
  readonly workload: Workload
  /** By task: the number of the job in the log. */
  readonly job: Int32Array
  readonly leftOut: readonly LeftOutJob[]
  /** The first of each of the header's `; Name: text` lines. */
  readonly header: Readonly<Record<string, string>>
}

/** The fields of a line, in order, by the names that the format gives them. */
const fieldNames = [
  'job number',
  'submit time',
  'wait time',
  'run time',
  'number of allocated processors',
  'average CPU time used',
  'used memory',
  'requested number of processors',
  'requested time',
  'requested memory',
  'status',
  'user ID',
  'group ID',
  'executable number',
  'queue number',
  'partition number',
  'preceding job number',
  'think time from preceding job',
] as const

const msPerSecond = 1_000
const bytesPerKb = 1_024
/** A checkpointed or swapped job has a line for each part, with one of these, beside the line for the whole. */
const partStatuses = [2, 3, 4]

/**
 * Reads a log in the Standard Workload Format: 18 numbers a line, −1 for what is not known, and comments after `;`. Each job becomes a task:
 * it arrives at its submit time, runs for its run time, occupies as many cores as processors were allocated to it (where that is
 * not known: as it requested), and its requested time is the user's estimate (where that is not known, there is none). It does so
 * whatever its status: what failed or was cancelled while it ran did occupy its processors. Left out are jobs without a run time, since they never
 * ran, or nobody knows for how long; jobs of which no number of processors is known; and parts of jobs (status 2, 3 and 4), which
 * another line has as a whole. How long a job waited in its time, its preceding job and think time are passed over. Its memory is what it requested of each processor, else what it used (kilobytes in the log).
 * Source: Chapin et al., Benchmarks and Standards for the Evaluation of Parallel Job Schedulers, JSSPP 1999; version 2.2 in the Parallel
 * Workloads Archive, https://www.cs.huji.ac.il/labs/parallel/workload/swf.html.
 *
 * @param name of the file, for messages
 * @throws WorkloadError that names the file, the line, the field and what is wrong with it
 */
export function readSwf(text: string, name = 'log'): SwfLog {
  const header: Record<string, string> = {}
  const tasks: WorkloadTask[] = []
  const jobs: number[] = []
  const leftOut: LeftOutJob[] = []
  text.split(/\r\n|\r|\n/).forEach((content, i) => {
    const line = i + 1
    const job = content.trim()
    if (job.startsWith(';')) note(header, job)
    if (job === '' || job.startsWith(';')) return
    const fields = numbersIn(job, line, name)
    const [number, task] = taskFrom(fields)
    if (typeof task === 'string') leftOut.push({ line, job: number, reason: task })
    else {
      jobs.push(number)
      tasks.push(task)
    }
  })
  if (tasks.length === 0) {
    const why =
      leftOut.length === 0 ? 'holds no job' : `holds ${leftOut.length} jobs, none with both run time and processors`
    throw new WorkloadError(`${name}: ${why}`, { details: { name } })
  }
  return { workload: workloadOf(tasks), job: Int32Array.from(jobs), leftOut, header }
}

function note(header: Record<string, string>, comment: string): void {
  const [, key, value] = /^;\s*([A-Za-z]\w*):\s*(.*)$/.exec(comment) ?? []
  if (key !== undefined && value !== undefined && !Object.hasOwn(header, key)) header[key] = value.trim()
}

function taskFrom(fields: readonly number[]): readonly [number, WorkloadTask | LeftOutJob['reason']] {
  const [job = -1, submitS = -1, , runS = -1, allocated = -1, , usedKb = -1, requested = -1, requestedS = -1] = fields
  const [requestedKb = -1, status = -1] = fields.slice(9)
  const cores = allocated >= 1 ? allocated : requested
  if (partStatuses.includes(status)) return [job, 'part of a job']
  if (runS < 0) return [job, 'no run time']
  if (cores < 1) return [job, 'no processors']
  const estimate = requestedS < 0 ? {} : { estimateMs: requestedS * msPerSecond }
  const kb = requestedKb >= 0 ? requestedKb : usedKb
  const memory = kb < 0 ? {} : { memoryBytes: kb * bytesPerKb * cores }
  return [job, { arrivalMs: submitS * msPerSecond, durationMs: runS * msPerSecond, ...estimate, cores, ...memory }]
}

function numbersIn(content: string, line: number, name: string): number[] {
  const words = content.split(/\s+/)
  if (words.length !== fieldNames.length) {
    throw wrong(name, line, `has ${words.length} fields, not ${fieldNames.length}`)
  }
  return words.map((word, i) => {
    const value = Number(word)
    const field = fieldNames[i] as string
    if (!Number.isFinite(value)) throw wrong(name, line, `${field} must be a number, not '${word.slice(0, 40)}'`, field)
    if (value < 0 && value !== -1) throw wrong(name, line, `${field} must be from 0 on, or -1, not ${word}`, field)
    if (value === -1 && i < 2) throw wrong(name, line, `${field} must be known, and is -1`, field)
    if (wholeFields.has(i) && !Number.isInteger(value))
      throw wrong(name, line, `${field} must be whole, not ${word}`, field)
    return value
  })
}

/** Job number, processors and status. */
const wholeFields = new Set([0, 4, 7, 10])

function wrong(name: string, line: number, what: string, field?: string): WorkloadError {
  const details = { name, line, ...(field === undefined ? {} : { field }) }
  return new WorkloadError(`${name}, line ${line}: ${what}`, { details })
}
