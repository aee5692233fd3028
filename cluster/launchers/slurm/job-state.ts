/** How `squeue` says that jobs fare. */

/** One line of what `squeue` prints in `jobFormat`. */
export interface JobFacts {
  /** `ARRAY_PLACE`. */
  readonly id: string
  /** As Slurm calls it: `PENDING`. */
  readonly state: string
  /** The machine, where it has one. */
  readonly host: string | undefined
  /** Why it waits, or how it ended: `Priority`, `NonZeroExitCode`. */
  readonly reason: string
}

/** Of the array, the place in it, the state, the machines, the reason. Names of machines and reasons have no spaces where it matters; the last takes what is left. */
export const jobFormat = '%F_%K %T [%N] %r'

export function readJobs(printed: string): JobFacts[] {
  return printed.split('\n').flatMap((line) => {
    const match = /^\s*(\d+_\d+) (\w+) \[([^\]]*)\] (.*)$/.exec(line)
    if (!match) return []
    const [, id = '', state = '', host = '', reason = ''] = match
    return [{ id, state, host: host === '' ? undefined : host, reason: reason.trim() }]
  })
}

export type JobPhase = 'waiting' | 'running' | 'left' | 'cancelled' | 'failed'

const phases: Readonly<Record<string, JobPhase>> = {
  PENDING: 'waiting',
  CONFIGURING: 'waiting',
  REQUEUED: 'waiting',
  REQUEUE_HOLD: 'waiting',
  REQUEUE_FED: 'waiting',
  RESV_DEL_HOLD: 'waiting',
  SPECIAL_EXIT: 'waiting',
  COMPLETED: 'left',
  CANCELLED: 'cancelled',
  BOOT_FAIL: 'failed',
  DEADLINE: 'failed',
  FAILED: 'failed',
  NODE_FAIL: 'failed',
  OUT_OF_MEMORY: 'failed',
  PREEMPTED: 'failed',
  REVOKED: 'failed',
  TIMEOUT: 'failed',
}

/** A state that this does not know is one of a job that is there: Slurm's ends are all known. */
export function phaseOf({ state }: JobFacts): JobPhase {
  return phases[state] ?? 'running'
}

/** Whether time alone will end the wait: then there are others before it, or it is its turn next. */
export function isUsualWait(reason: string): boolean {
  return usual.has(reason)
}

const usual = new Set([
  'None',
  'Priority',
  'Resources',
  'BeginTime',
  'JobArrayTaskLimit',
  'Cleaning',
  'Prolog',
  'Reservation',
])
