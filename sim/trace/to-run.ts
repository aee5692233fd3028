import { BarSampler } from '../../cluster/dashboard/bar-sampler.ts'
import { bucketOf, emptyHistogram, type Histogram, quantileOf } from '../../cluster/dashboard/feed/histogram.ts'
import {
  type Bar,
  outcomes,
  type Point,
  type Run,
  runVersion,
  type TaskError,
} from '../../cluster/dashboard/feed/run.ts'
import { bounds } from '../../cluster/dashboard/feed/run-model.ts'
import type { Trace, TraceTask } from './read-trace.ts'

type Attempt = TraceTask['attempts'][number]

const barsMax = 16_000
const pointCount = 600
const ms = (us: number) => us / 1_000

/** A trace as a dashboard shows it. What a trace does not tell, such as memory, is 0; sessions are the first parts of the tasks' ids. */
export function toRun(trace: Trace): Run {
  const { cluster, startedAt, strategy, tasks } = trace
  const labels = new Labels()
  const endUs = tasks.reduce((last, task) => {
    return Math.max(last, task.at, task.end?.at ?? 0, ...task.attempts.map(({ end }) => end))
  }, 1)
  const memory = { resident: 0, heap: 0, queued: 0, kept: 0 }
  const points = pointsOf(tasks, endUs, trace.engines.length)
  return {
    format: 'yardmaster-run',
    version: runVersion,
    cluster,
    startedAt: Date.parse(startedAt),
    nowMs: ms(endUs),
    strategy,
    strategies: [],
    changes: [[0, strategy]],
    bars: barsOf(tasks, labels),
    errors: errorsOf(tasks, labels),
    labels: labels.all,
    engines: enginesOf(trace),
    counts: countsOf(tasks),
    submitted: tasks.length,
    memory,
    histograms: {
      wait: histogramOf(tasks.flatMap(({ at, attempts }) => ms((attempts.at(-1)?.start ?? Number.NaN) - at))),
      run: histogramOf(tasks.map(({ attempts }) => ms(attempts.at(-1)?.ran ?? Number.NaN))),
      latency: histogramOf(tasks.map(({ at, end }) => ms((end?.at ?? Number.NaN) - at))),
    },
    points,
    open: [],
    sessions: sessionsOf(tasks, ms(endUs)),
  }
}

class Labels {
  readonly all: string[] = []
  readonly #numbers = new Map<string, number>()

  numberOf({ label, function: hash }: TraceTask): number {
    const text = label ?? hash?.slice(0, 8) ?? 'unknown'
    const known = this.#numbers.get(text)
    if (known !== undefined) return known
    this.#numbers.set(text, this.all.length)
    return this.all.push(text) - 1
  }
}

function countsOf(tasks: readonly TraceTask[]): Run['counts'] {
  const counts = { waiting: 0, ready: 0, assigned: 0, running: 0 }
  const ended = { succeeded: 0, failed: 0, aborted: 0, timedOut: 0, impossible: 0 }
  for (const { end } of tasks) {
    if (end === undefined) counts.ready += 1
    else ended[end.status === 'refused' ? 'failed' : end.status] += 1
  }
  return { ...counts, ...ended }
}

function enginesOf({ engines, tasks }: Trace): Run['engines'] {
  const tallies = new Map(engines.map(({ engine }) => [engine, { completed: 0, failed: 0, busyMs: 0 }]))
  for (const { attempts } of tasks) {
    for (const { engine, outcome, ran = 0 } of attempts) {
      const tally = tallies.get(engine)
      if (tally === undefined || outcome === 'recalled' || outcome === 'unmet') continue
      tally.completed += 1
      tally.busyMs += ms(ran)
      if (outcome !== 'succeeded' && outcome !== 'aborted') tally.failed += 1
    }
  }
  return engines.map(({ engine: id, at, name, kind, host, pid, concurrency }) => {
    const tally = tallies.get(id) ?? { completed: 0, failed: 0, busyMs: 0 }
    return { id, name, kind, host, pid, concurrency, joinedMs: ms(at), load: 0, mark: 0, direct: 0, ...tally }
  })
}

function sessionsOf(tasks: readonly TraceTask[], endMs: number): Run['sessions'] {
  const sessions = new Map<
    string,
    { firstMs: number; lastMs: number; submitted: number; ended: number; failed: number }
  >()
  for (const { id, at, end } of tasks) {
    const session = id.slice(0, Math.max(0, id.lastIndexOf('.')))
    const tally = sessions.get(session) ?? { firstMs: ms(at), lastMs: 0, submitted: 0, ended: 0, failed: 0 }
    sessions.set(session, tally)
    tally.lastMs = Math.min(endMs, ms(at))
    tally.submitted += 1
    if (end === undefined) continue
    tally.ended += 1
    if (end.status !== 'succeeded') tally.failed += 1
  }
  return Array.from(sessions, ([id, tally]) => {
    return { id, ...tally, isConnected: false, live: tally.submitted - tally.ended, liveBytes: 0 }
  }).slice(-bounds.sessions)
}

/** Where there are too many, so many as a dashboard would draw, in proportion to how long they ran. */
function barsOf(tasks: readonly TraceTask[], labels: Labels): Bar[] {
  const numbers = new Map<string, number>(outcomes.map((outcome, i) => [outcome, i]))
  const drawn = tasks
    .flatMap((task) => task.attempts.map((attempt) => ({ task, attempt })))
    .filter(({ attempt: { start, outcome } }) => start !== undefined && numbers.has(outcome))
    .sort((a, b) => a.attempt.end - b.attempt.end)
  const sampler = new BarSampler(barsMax)
  const lengthOf = ({ start = 0, end }: Attempt) => ms(end - start)
  for (const { attempt } of drawn) sampler.takes(lengthOf(attempt))
  sampler.nextInterval()
  return drawn
    .filter(({ attempt }) => sampler.takes(lengthOf(attempt)) || attempt.outcome !== 'succeeded')
    .map(({ task, attempt: { engine, start = 0, end, outcome } }) => {
      return [engine, ms(start), ms(end), labels.numberOf(task), numbers.get(outcome) ?? 0, task.id]
    })
}

function errorsOf(tasks: readonly TraceTask[], labels: Labels): TaskError[] {
  return tasks
    .filter(({ end }) => end !== undefined && end.status !== 'succeeded' && end.status !== 'aborted')
    .sort((a, b) => (a.end?.at ?? 0) - (b.end?.at ?? 0))
    .slice(-bounds.errors)
    .map((task) => {
      const { attempt = 0, engine = -1 } = task.attempts.at(-1) ?? {}
      const { at = 0, status = 'failed', code = status } = task.end ?? {}
      const message = 'A recording does not tell what it threw.'
      return {
        at: ms(at),
        task: task.id,
        attempt,
        engine,
        label: labels.numberOf(task),
        name: code,
        message,
        stack: '',
      }
    })
}

function histogramOf(durations: readonly number[]): Histogram {
  const counts = emptyHistogram()
  for (const duration of durations) {
    if (Number.isNaN(duration)) continue
    const bucket = bucketOf(duration)
    counts[bucket] = (counts[bucket] as number) + 1
  }
  return counts
}

type Gauge = 'submitted' | 'ended' | 'failed' | 'ready' | 'assigned' | 'running'

/** At even distances. */
function pointsOf(tasks: readonly TraceTask[], endUs: number, engines: number): Point[] {
  const changes = tasks.flatMap(changesOf).sort(([a], [b]) => a - b)
  const ended = tasks.filter(({ end }) => end).sort((a, b) => (a.end?.at ?? 0) - (b.end?.at ?? 0))
  const now: Record<Gauge, number> = { submitted: 0, ended: 0, failed: 0, ready: 0, assigned: 0, running: 0 }
  const memory = { resident: 0, heap: 0, queued: 0, kept: 0 }
  let nextChange = 0
  let nextEnd = 0
  return Array.from({ length: pointCount }, (_, i) => {
    const until = ((i + 1) / pointCount) * endUs
    for (; nextChange < changes.length; nextChange += 1) {
      const [at, gauge, by] = changes[nextChange] as Change
      if (at > until) break
      now[gauge] += by
    }
    const firstEnd = nextEnd
    while (nextEnd < ended.length && (ended[nextEnd]?.end?.at ?? 0) <= until) nextEnd += 1
    const those = ended.slice(firstEnd, nextEnd)
    const latency = histogramOf(those.map(({ at, end }) => ms((end?.at ?? Number.NaN) - at)))
    const wait = histogramOf(those.map(({ at, attempts }) => ms((attempts.at(-1)?.start ?? Number.NaN) - at)))
    return {
      at: ms(until),
      ...now,
      waiting: 0,
      engines,
      memory,
      latencyMs: [quantileOf(latency, 0.5), quantileOf(latency, 0.95)],
      waitMs: [quantileOf(wait, 0.5), quantileOf(wait, 0.95)],
    }
  })
}

type Change = readonly [at: number, gauge: Gauge, by: number]

/** A task whose attempt is over is ready again, until it has ended. */
function changesOf({ at, attempts, end }: TraceTask): Change[] {
  const changes: Change[] = [
    [at, 'submitted', 1],
    [at, 'ready', 1],
  ]
  for (const { assigned, start = assigned, end: over } of attempts) {
    changes.push([assigned, 'ready', -1], [assigned, 'assigned', 1], [start, 'assigned', -1], [start, 'running', 1])
    changes.push([over, 'running', -1], [over, 'ready', 1])
  }
  if (end === undefined) return changes
  changes.push([end.at, 'ready', -1], [end.at, 'ended', 1])
  if (end.status !== 'succeeded' && end.status !== 'aborted') changes.push([end.at, 'failed', 1])
  return changes
}
