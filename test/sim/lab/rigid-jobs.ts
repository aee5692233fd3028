/**
 * Backfilling as its papers define it, for one machine, by brute force: every event looks at everything. To hold the strategies against.
 */

export interface RigidJob {
  readonly arrivalMs: number
  readonly durationMs: number
  /** Not less than `durationMs`, which is above 0. */
  readonly estimateMs: number
  readonly cores: number
}

interface Slot {
  readonly fromMs: number
  readonly toMs: number
  readonly cores: number
}

function usedAt(slots: readonly Slot[], ms: number): number {
  return slots.reduce((sum, { fromMs, toMs, cores }) => (fromMs <= ms && ms < toMs ? sum + cores : sum), 0)
}

/** Most cores in use at one time from `fromMs` until before `toMs`. */
function usedCores(slots: readonly Slot[], fromMs: number, toMs: number): number {
  const times = slots.map((slot) => slot.fromMs).filter((ms) => ms > fromMs && ms < toMs)
  return Math.max(...[fromMs, ...times].map((ms) => usedAt(slots, ms)))
}

function earliest(slots: readonly Slot[], { cores, estimateMs }: RigidJob, fromMs: number, machine: number): number {
  const times = [fromMs, ...slots.map((slot) => slot.toMs).filter((ms) => ms > fromMs)].sort((a, b) => a - b)
  const found = times.find((ms) => usedCores(slots, ms, ms + estimateMs) + cores <= machine)
  return found as number
}

export interface ReferenceRun {
  readonly startMs: number[]
  /** EASY: when each could begin at the latest, as told when it came to the head. Conservative: as told when it arrived. */
  readonly promisedMs: number[]
}

interface Scene {
  readonly nowMs: number
  readonly waiting: readonly number[]
  /** Until when they are expected to run. */
  readonly running: readonly Slot[]
  readonly hasEndedEarly: boolean
}

/** A run of one machine, event by event. `decide` is called at each; it answers which of the waiting jobs begin. */
function run(jobs: readonly RigidJob[], decide: (scene: Scene) => readonly number[]): number[] {
  const startMs = jobs.map(() => Number.NaN)
  const endOf = (job: number) => (startMs[job] as number) + (jobs[job] as RigidJob).durationMs
  let nowMs = Math.min(...jobs.map((job) => job.arrivalMs))
  while (nowMs < Number.POSITIVE_INFINITY) {
    const waiting = jobs.flatMap((job, i) => (job.arrivalMs <= nowMs && Number.isNaN(startMs[i]) ? [i] : []))
    const running = jobs.flatMap((job, i) => {
      const fromMs = startMs[i] as number
      return fromMs <= nowMs && endOf(i) > nowMs ? [{ fromMs, toMs: fromMs + job.estimateMs, cores: job.cores }] : []
    })
    const hasEndedEarly = jobs.some((job, i) => endOf(i) === nowMs && job.durationMs < job.estimateMs)
    for (const job of decide({ nowMs, waiting, running, hasEndedEarly })) startMs[job] = nowMs
    const times = jobs.flatMap((job, i) => [job.arrivalMs, Number.isNaN(startMs[i]) ? Number.NaN : endOf(i)])
    nowMs = Math.min(...times.filter((ms) => ms > nowMs), Number.POSITIVE_INFINITY)
  }
  return startMs
}

/** In order of arrival, of equals by number. */
export function referenceFcfs(jobs: readonly RigidJob[], machine: number): ReferenceRun {
  const startMs = run(jobs, ({ waiting, running }) => {
    let free = machine - running.reduce((sum, { cores }) => sum + cores, 0)
    const begun: number[] = []
    for (const i of waiting) {
      const { cores } = jobs[i] as RigidJob
      if (cores > free) break
      free -= cores
      begun.push(i)
    }
    return begun
  })
  return { startMs, promisedMs: startMs }
}

export function referenceEasy(jobs: readonly RigidJob[], machine: number): ReferenceRun {
  const promisedMs = jobs.map(() => Number.POSITIVE_INFINITY)
  const startMs = run(jobs, ({ nowMs, waiting, running }) => {
    const slots = [...running]
    const begun: number[] = []
    const begin = (i: number) => {
      const { cores, estimateMs } = jobs[i] as RigidJob
      slots.push({ fromMs: nowMs, toMs: nowMs + estimateMs, cores })
      begun.push(i)
    }
    const fits = (i: number) => usedAt(slots, nowMs) + (jobs[i] as RigidJob).cores <= machine
    let at = 0
    while (at < waiting.length && fits(waiting[at] as number)) {
      begin(waiting[at] as number)
      at += 1
    }
    const head = waiting[at]
    if (head === undefined) return begun
    // Nothing is planned but what runs, so that what is free only grows.
    const needed = (jobs[head] as RigidJob).cores
    const ends = [nowMs, ...slots.map((slot) => slot.toMs)].sort((a, b) => a - b)
    const shadowMs = ends.find((ms) => usedAt(slots, ms) + needed <= machine) as number
    promisedMs[head] = Math.min(promisedMs[head] as number, shadowMs)
    for (const i of waiting.slice(at + 1)) {
      if (!fits(i)) continue
      const { cores, estimateMs } = jobs[i] as RigidJob
      const withIt = [...slots, { fromMs: nowMs, toMs: nowMs + estimateMs, cores }]
      const stillFits = usedAt(withIt, shadowMs) + needed <= machine
      if (stillFits) begin(i)
    }
    return begun
  })
  return { startMs, promisedMs }
}

export function referenceConservative(jobs: readonly RigidJob[], machine: number): ReferenceRun {
  const promisedMs = jobs.map(() => Number.POSITIVE_INFINITY)
  const reserved = new Map<number, number>()
  const slotOf = (i: number, fromMs: number): Slot => {
    const { cores, estimateMs } = jobs[i] as RigidJob
    return { fromMs, toMs: fromMs + estimateMs, cores }
  }
  const startMs = run(jobs, ({ nowMs, waiting, running, hasEndedEarly }) => {
    const others = (but: number) => [
      ...running,
      ...[...reserved].flatMap(([i, fromMs]) => (i === but ? [] : [slotOf(i, fromMs)])),
    ]
    const reserve = (i: number) => {
      const fromMs = earliest(others(i), jobs[i] as RigidJob, nowMs, machine)
      const hasMoved = fromMs !== reserved.get(i)
      reserved.set(i, fromMs)
      promisedMs[i] = Math.min(promisedMs[i] as number, fromMs)
      return hasMoved
    }
    // Each in order moves as far forward as it can, as long as any can; the new ones come last.
    const known = waiting.filter((i) => reserved.has(i))
    if (hasEndedEarly) while (known.map(reserve).includes(true)) {}
    for (const i of waiting) if (!reserved.has(i)) reserve(i)
    const begun = waiting.filter((i) => reserved.get(i) === nowMs)
    for (const i of begun) reserved.delete(i)
    return begun
  })
  return { startMs, promisedMs }
}
