import type { Trace, TraceTask } from './read-trace.ts'

/** Of the trace event format: as much as is written here. Times are microseconds. */
interface TraceEvent {
  readonly ph: 'X' | 'M' | 's' | 'f' | 'C'
  readonly name: string
  readonly cat?: string
  readonly pid: number
  readonly tid?: number
  readonly ts?: number
  readonly dur?: number
  readonly id?: number
  /** The end of an arrow belongs to the slice around it. */
  readonly bp?: 'e'
  readonly args?: Readonly<Record<string, unknown>>
}

/** The process that stands for the cluster as a whole; engines come after it. */
const clusterPid = 1

interface Slice {
  readonly task: TraceTask
  readonly attempt: TraceTask['attempts'][number]
  readonly startUs: number
  readonly pid: number
  tid: number
}

/**
 * A trace as JSON in the trace event format, for ui.perfetto.dev and chrome://tracing: engines are processes, what runs there side by
 * side stands in rows, arrows lead from what a task came after to it, and counters tell how many tasks wait and run.
 * Source: Trace Event Format, Chromium project.
 */
export function toPerfetto(trace: Trace): {
  readonly traceEvents: readonly object[]
  readonly displayTimeUnit: 'ms'
  readonly otherData: object
} {
  const { cluster, startedAt, strategy } = trace
  const slices = slicesOf(trace)
  const events: TraceEvent[] = [
    named(clusterPid, `cluster ${cluster}`),
    ...trace.engines.map(({ engine, name, host, pid }) =>
      named(pidOf(engine), `engine ${engine} (${name}, pid ${pid} on ${host})`),
    ),
    ...slices.map(sliceEvent),
    ...arrows(slices),
    ...counters(trace, slices),
  ]
  return { traceEvents: events, displayTimeUnit: 'ms', otherData: { startedAt, strategy } }
}

function pidOf(engine: number): number {
  return clusterPid + 1 + engine
}

function named(pid: number, name: string): TraceEvent {
  return { ph: 'M', name: 'process_name', pid, args: { name } }
}

/** Attempts that are known to have begun, by their beginnings, in rows of their engines in which none overlaps. */
function slicesOf({ tasks }: Trace): Slice[] {
  const slices = tasks.flatMap((task) =>
    task.attempts.flatMap((attempt): Slice[] =>
      attempt.start === undefined
        ? []
        : [{ task, attempt, startUs: attempt.start, pid: pidOf(attempt.engine), tid: 0 }],
    ),
  )
  slices.sort((a, b) => a.startUs - b.startUs || a.attempt.end - b.attempt.end)
  const rows = new Map<number, number[]>()
  for (const slice of slices) {
    const ends = rows.get(slice.pid) ?? []
    rows.set(slice.pid, ends)
    const free = ends.findIndex((end) => end <= slice.startUs)
    slice.tid = free < 0 ? ends.length : free
    ends[slice.tid] = slice.attempt.end
  }
  return slices
}

function sliceEvent({ task, attempt, startUs, pid, tid }: Slice): TraceEvent {
  const { id, attempt: number, assigned, end, ran, outcome } = attempt
  return {
    ph: 'X',
    name: task.label || id,
    cat: outcome,
    pid,
    tid,
    ts: startUs,
    dur: end - startUs,
    args: { id, attempt: number, outcome, submitted: task.at, assigned, ...(ran === undefined ? {} : { ran }) },
  }
}

/** From the end of each that succeeded to the beginnings of those that came after it. */
function arrows(slices: readonly Slice[]): TraceEvent[] {
  const succeeded = new Map<string, Slice>()
  for (const slice of slices) if (slice.attempt.outcome === 'succeeded') succeeded.set(slice.task.id, slice)
  let id = 0
  return slices.flatMap(({ task, startUs, pid, tid }) =>
    [...(task.after ?? []), ...(task.follow ?? [])]
      .flatMap(({ ids }) => ids)
      .flatMap((other): TraceEvent[] => {
        const from = succeeded.get(other)
        if (from === undefined || from.attempt.end > startUs) return []
        id += 1
        const common = { name: 'after', cat: 'after', id }
        return [
          // Within the slice, which ends with the microsecond before.
          { ph: 's', ...common, pid: from.pid, tid: from.tid, ts: Math.max(from.startUs, from.attempt.end - 1) },
          { ph: 'f', bp: 'e', ...common, pid, tid, ts: startUs },
        ]
      }),
  )
}

/** How many tasks have been submitted and have not ended, and how many attempts run. */
function counters({ tasks }: Trace, slices: readonly Slice[]): TraceEvent[] {
  return [
    ...counter(
      'live tasks',
      tasks.flatMap(({ at, end }) => [[at, 1] as const, ...(end ? [[end.at, -1] as const] : [])]),
    ),
    ...counter(
      'running',
      slices.flatMap(({ startUs, attempt }) => [[startUs, 1] as const, [attempt.end, -1] as const]),
    ),
  ]
}

function counter(name: string, changes: readonly (readonly [at: number, by: number])[]): TraceEvent[] {
  const by = new Map<number, number>()
  for (const [at, change] of changes) by.set(at, (by.get(at) ?? 0) + change)
  let count = 0
  return [...by]
    .sort(([a], [b]) => a - b)
    .map(([ts, change]) => {
      count += change
      return { ph: 'C', name, pid: clusterPid, ts, args: { count } }
    })
}
