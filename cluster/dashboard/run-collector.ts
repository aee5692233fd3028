import type { Clock } from '../../core/clock.ts'
import type { EngineId, SessionId } from '../../core/ids.ts'
import type { EngineInfo } from '../../core/messages.ts'
import type { AttemptResult, Effect, SchedulerEvent } from '../../scheduler/events.ts'
import type { SchedulerState } from '../../scheduler/state.ts'
import { strategies } from '../../scheduler/strategies/named.ts'
import type { TaskRecord, TerminalStatus } from '../../scheduler/task.ts'
import type { RunObserver } from '../run-observer.ts'
import type { TaskOutput } from '../task-output.ts'
import { BarSampler } from './bar-sampler.ts'
import { textsOf } from './error-texts.ts'
import { emptyHistogram } from './feed/histogram.ts'
import type { EngineNews, Update } from './feed/messages.ts'
import {
  type Bar,
  type BarOutcome,
  type EngineLine,
  type Memory,
  type OpenBar,
  outcomes,
  type Point,
  type Run,
  runVersion,
  type TaskError,
} from './feed/run.ts'
import { RunModel } from './feed/run-model.ts'
import { LabelTable } from './label-table.ts'
import { Sessions } from './sessions.ts'
import { TalliedHistogram } from './tallied-histogram.ts'

/** What the collector looks at, and never changes. */
export interface CollectorSources {
  core(): SchedulerState
  engines(): readonly EngineInfo[]
  /** Those that are connected. */
  sessions(): readonly SessionId[]
}

interface EngineTally {
  completed: number
  failed: number
  busyMs: number
}

/** In one update, at most. */
const barsWanted = 150
const troubleBarsMax = 60
const errorsMax = 20
const openBarsMax = 1_000
/** Of one engine's tasks so many are looked at. */
const openBarsOfEngineMax = 16
/** Bars that are kept for whoever opens the page later. */
const barsKeptMax = 8_192
/** A little less than every second and every fourth update: they are not to the millisecond. */
const pointEveryMs = 450
const sessionsEveryMs = 950

const outcomeNumbers = Object.fromEntries(outcomes.map((outcome, i) => [outcome, i])) as Record<BarOutcome, number>

/**
 * Watches a run for dashboards. What it does for each task is a few additions; texts, names and bars are made of a bounded number of tasks in
 * each interval between two updates.
 */
export class RunCollector implements RunObserver {
  readonly #clock: Clock
  readonly #sources: CollectorSources
  readonly #originMs: number
  readonly #model: RunModel
  readonly #labels = new LabelTable()
  readonly #sampler = new BarSampler(barsWanted)
  readonly #sessions = new Sessions()
  readonly #engines = new Map<EngineId, EngineTally>()
  readonly #wait = new TalliedHistogram()
  readonly #run = new TalliedHistogram()
  readonly #latency = new TalliedHistogram()
  readonly #ended = { succeeded: 0, failed: 0, aborted: 0, timedOut: 0, impossible: 0 }
  #submitted = 0
  #labelsTold = 0
  #strategy = ''
  #bars: Bar[] = []
  #troubleBars = 0
  #errors: TaskError[] = []
  #left: Update['left'][number][] = []
  #pointAt = Number.NEGATIVE_INFINITY
  #sessionsAt = Number.NEGATIVE_INFINITY

  constructor(cluster: string, clock: Clock, sources: CollectorSources) {
    this.#clock = clock
    this.#sources = sources
    this.#originMs = clock.now()
    const nothing = { waiting: 0, ready: 0, assigned: 0, running: 0 }
    const run: Run = {
      format: 'yardmaster-run',
      version: runVersion,
      cluster,
      startedAt: clock.wallTime(),
      nowMs: 0,
      strategy: '',
      strategies: Object.keys(strategies),
      changes: [],
      labels: [],
      engines: [],
      counts: { ...nothing, ...this.#ended },
      submitted: 0,
      memory: { resident: 0, heap: 0, queued: 0, kept: 0 },
      histograms: { wait: emptyHistogram(), run: emptyHistogram(), latency: emptyHistogram() },
      points: [],
      bars: [],
      open: [],
      errors: [],
      sessions: [],
    }
    this.#model = new RunModel(run, barsKeptMax)
  }

  /** All that is known of the run, as of the last update. */
  get run(): Run {
    return this.#model.run
  }

  happening(events: readonly SchedulerEvent[]): void {
    for (const event of events) {
      if (event.type === 'ended') this.#attemptsEnded(event.engine, event.results)
      else if (event.type === 'submit') {
        this.#submitted += event.tasks.length
        const client = event.tasks[0]?.client
        if (client !== undefined) this.#sessions.submitted(client, event.tasks.length, this.#nowMs)
      } else if (event.type === 'engineLeft') this.#engineLeft(event.engine, event.reason)
    }
  }

  performing(effects: readonly Effect[]): void {
    for (const effect of effects) if (effect.type === 'end') this.#taskEnded(effect.task)
  }

  /** Ends an interval, the last one where it `isLast`. What has changed in it; it is part of `run` from here on. */
  collect(isLast = false): Update {
    const core = this.#sources.core()
    const nowMs = this.#nowMs
    const { waiting, ready, assigned, running } = core.counts
    const counts = { waiting, ready, assigned, running, ...this.#ended }
    const memory = { ...memoryOfProcess(), queued: core.quota.bytes, kept: core.retention.bytes }
    const joined = this.#joined(core, nowMs)
    const engines = this.#engineNews(core)
    const open = this.#openBars(core)
    const [wait, run, latency] = [this.#wait.takeNews(), this.#run.takeNews(), this.#latency.takeNews()]
    const update: Update = {
      type: 'update',
      nowMs,
      counts,
      submitted: this.#submitted,
      memory,
      changes: this.#strategyChanges(core, nowMs),
      labels: this.#labels.all.slice(this.#labelsTold),
      joined,
      left: this.#left,
      engines,
      bars: this.#bars,
      open,
      ...(!isLast && nowMs - this.#pointAt < pointEveryMs
        ? {}
        : { point: this.#point({ ...counts, engines: core.engines.size, memory }, nowMs) }),
      wait,
      run,
      latency,
      errors: this.#errors,
      ...(!isLast && nowMs - this.#sessionsAt < sessionsEveryMs ? {} : { sessions: this.#sessionLines(core, nowMs) }),
    }
    this.#labelsTold = this.#labels.all.length
    this.#bars = []
    this.#troubleBars = 0
    this.#errors = []
    this.#left = []
    this.#sampler.nextInterval()
    this.#labels.nextInterval()
    this.#model.apply(update)
    for (const [id] of update.left) this.#engines.delete(id)
    return update
  }

  get #nowMs(): number {
    return this.#since(this.#clock.now())
  }

  /** With three digits behind the point: the others would only be sent. */
  #since(ms: number): number {
    return Math.round((ms - this.#originMs) * 1_000) / 1_000
  }

  #attemptsEnded(engine: EngineId, results: readonly AttemptResult[]): void {
    const tally = this.#tallyOf(engine)
    for (const result of results) {
      tally.completed += 1
      tally.busyMs += result.durationMs
      if (result.outcome !== 'succeeded') this.#attemptFailed(engine, tally, result)
    }
  }

  #attemptFailed(
    engine: EngineId,
    tally: EngineTally,
    { id, attempt, outcome, durationMs, output }: AttemptResult,
  ): void {
    // It was given back, or refused, and did not run.
    if (outcome === 'recalled' || outcome === 'unmet') {
      tally.completed -= 1
      return
    }
    if (outcome !== 'aborted') tally.failed += 1
    const task = this.#sources.core().tasks.get(id)
    if (task?.engine !== engine || task.attempt !== attempt) return
    this.#addTrouble(task, outcome as BarOutcome, this.#clock.now() - durationMs, this.#clock.now())
    if (outcome === 'failed') this.#addError(task, () => textsOf(output as TaskOutput | undefined))
  }

  #engineLeft(engine: EngineId, reason: string): void {
    this.#left.push([engine, this.#nowMs, reason])
    const now = this.#clock.now()
    for (const task of this.#sources.core().engines.get(engine)?.tasks ?? []) {
      if (task.status === 'running') this.#addTrouble(task, 'lost', task.startedAt, now)
    }
  }

  #taskEnded(task: TaskRecord): void {
    const { status, submittedAt, endedAt, startedAt, durationMs, fault } = task
    this.#ended[status as TerminalStatus] += 1
    this.#sessions.ended(task, endedAt - this.#originMs)
    this.#latency.add(endedAt - submittedAt)
    if (startedAt >= submittedAt) this.#wait.add(startedAt - submittedAt)
    if (durationMs >= 0) this.#run.add(durationMs)
    if (status === 'succeeded') {
      if (this.#sampler.takes(durationMs)) this.#addBar(task, 'succeeded', startedAt, startedAt + durationMs)
    } else if (fault !== undefined && status !== 'aborted') {
      this.#addError(task, () => ({ name: fault.code, message: fault.message, stack: '' }))
    }
  }

  #addTrouble(task: TaskRecord, outcome: BarOutcome, start: number, end: number): void {
    if (this.#troubleBars >= troubleBarsMax) return
    this.#troubleBars += 1
    this.#addBar(task, outcome, start, end)
  }

  #addBar(task: TaskRecord, outcome: BarOutcome, start: number, end: number): void {
    const label = this.#labels.numberOf(task.label, task.body)
    const startMs = Math.max(0, this.#since(start))
    this.#bars.push([
      task.engine,
      startMs,
      Math.max(startMs, this.#since(end)),
      label,
      outcomeNumbers[outcome],
      task.id,
    ])
  }

  #addError(task: TaskRecord, texts: () => Pick<TaskError, 'name' | 'message' | 'stack'>): void {
    if (this.#errors.length >= errorsMax) return
    const { id, attempt, engine, label, body } = task
    const common = { at: this.#nowMs, task: id, attempt, engine, label: this.#labels.numberOf(label, body) }
    this.#errors.push({ ...common, ...texts() })
  }

  #tallyOf(engine: EngineId): EngineTally {
    const known = this.#engines.get(engine)
    if (known) return known
    const tally = { completed: 0, failed: 0, busyMs: 0 }
    this.#engines.set(engine, tally)
    return tally
  }

  #joined(core: SchedulerState, nowMs: number): EngineLine[] {
    const left = new Set(this.#left.map(([id]) => id))
    return this.#sources
      .engines()
      .filter(({ id }) => this.#model.engine(id) === undefined && core.engines.has(id) && !left.has(id))
      .map(({ id, name, kind, host, pid, concurrency = 1 }) => {
        const state = { load: 0, mark: 0, direct: 0, completed: 0, failed: 0, busyMs: 0 }
        return { id, name, kind, host, pid, concurrency, joinedMs: nowMs, ...state }
      })
  }

  #engineNews(core: SchedulerState): EngineNews[] {
    const news: EngineNews[] = []
    for (const { id, load, mark: limit, direct } of core.engines.values()) {
      const mark = Number.isFinite(limit) ? limit : 0
      const { completed, failed, busyMs } = this.#tallyOf(id)
      const before = this.#model.engine(id)
      const isSame =
        before?.load === load &&
        before.mark === mark &&
        before.direct === direct.length &&
        before.completed === completed &&
        before.failed === failed
      if (!isSame) news.push([id, load, mark, direct.length, completed, failed, Math.round(busyMs)])
    }
    return news
  }

  #openBars(core: SchedulerState): OpenBar[] {
    const open: OpenBar[] = []
    for (const { id, tasks, direct } of core.engines.values()) {
      for (const list of [tasks, direct]) {
        for (let i = 0; i < list.length && i < openBarsOfEngineMax; i += 1) {
          const task = list[i] as TaskRecord
          if (task.status !== 'running') continue
          const label = this.#labels.numberOf(task.label, task.body)
          open.push([id, Math.max(0, this.#since(task.startedAt)), label, task.id])
        }
      }
      if (open.length >= openBarsMax) break
    }
    return open
  }

  #point(state: Pick<Point, 'waiting' | 'ready' | 'assigned' | 'running' | 'engines' | 'memory'>, at: number): Point {
    this.#pointAt = at
    const { succeeded, failed, aborted, timedOut, impossible } = this.#ended
    const { waiting, ready, assigned, running, engines, memory } = state
    return {
      at,
      submitted: this.#submitted,
      ended: succeeded + failed + aborted + timedOut + impossible,
      failed: failed + timedOut + impossible,
      ...{ waiting, ready, assigned, running, engines, memory },
      latencyMs: this.#latency.takeSpread(),
      waitMs: this.#wait.takeSpread(),
    }
  }

  #strategyChanges({ strategy: { strategy } }: SchedulerState, nowMs: number): Run['changes'] {
    if (strategy.name === this.#strategy) return []
    this.#strategy = strategy.name
    return [[nowMs, strategy.name]]
  }

  #sessionLines(core: SchedulerState, nowMs: number) {
    this.#sessionsAt = nowMs
    return this.#sessions.lines(this.#sources.sessions(), core, nowMs)
  }
}

function memoryOfProcess(): Pick<Memory, 'resident' | 'heap'> {
  const { rss: resident, heapUsed: heap } = process.memoryUsage()
  return { resident, heap }
}
