import type { Clock } from '../core/clock.ts'
import type { EngineId, TaskId } from '../core/ids.ts'
import type { Log } from '../core/log.ts'
import type { EngineInfo } from '../core/messages.ts'
import { type TraceLineOf, traceVersion } from '../core/trace-format.ts'
import type { AttemptResult, DependencySpec, Effect, SchedulerEvent } from '../scheduler/events.ts'
import type { RestoredTask } from '../scheduler/restore.ts'
import { resolveStrategy } from '../scheduler/strategies/named.ts'
import type { StrategyLike } from '../scheduler/strategies/strategy.ts'
import type { TaskRecord, TerminalStatus } from '../scheduler/task.ts'
import type { RunObserver } from './run-observer.ts'
import type { TaskBody } from './task-body.ts'
import { TraceFile } from './trace-file.ts'

export interface RecorderOptions {
  readonly path: string
  readonly cluster: string
  readonly strategy: StrategyLike
  readonly clock: Clock
  readonly log: Log
}

/** A task that has not ended: its attempt that is at an engine. */
interface Attempt {
  readonly number: number
  readonly engine: EngineId
  readonly assignedUs: number
  begunUs: number | undefined
}

/** An attempt that has ended in what happens now. */
interface Ended {
  readonly id: TaskId
  readonly attempt: Attempt
  readonly outcome: AttemptResult['outcome']
  readonly startUs: number | undefined
  readonly endUs: number
  readonly ranUs: number | undefined
  readonly bytes: number | undefined
  /** How its task ended, where it did. */
  status: TerminalStatus | undefined
}

interface RecordedEngine {
  readonly concurrency: number
  readonly attempts: Map<TaskId, Attempt>
  /** When the last attempt ended here of which it was heard. */
  endUs: number
}

/** Lines wait at most this long for company. */
const flushMs = 100

/**
 * Writes the history of a cluster, from the events of its scheduler and their effects. A line is a short text that is joined on the spot; the
 * file gets many at once, later. What it keeps is of live tasks only.
 */
export class Recorder implements RunObserver {
  readonly #options: RecorderOptions
  readonly #file: TraceFile
  readonly #originMs: number
  readonly #engines = new Map<EngineId, RecordedEngine>()
  /** Live tasks whose line is written. */
  readonly #known = new Set<TaskId>()
  /** By task, in order. */
  #ended = new Map<TaskId, Ended>()
  #leftOut = 0
  #cancelTimer: (() => void) | undefined

  private constructor(options: RecorderOptions, file: TraceFile) {
    this.#options = options
    this.#file = file
    const { clock, cluster, strategy } = options
    this.#originMs = clock.now()
    const startedAt = new Date(clock.wallTime()).toISOString()
    const name = resolveStrategy(strategy).name
    this.#writeObject({ type: 'trace', version: traceVersion, cluster, startedAt, strategy: name })
  }

  /** @throws ConfigurationError where the file is there already or cannot be written, or there is no such strategy */
  static async start(options: RecorderOptions): Promise<Recorder> {
    resolveStrategy(options.strategy)
    const file = await TraceFile.create(options.path, (error) =>
      options.log('warn', `the recording in ${options.path} ends here: ${error.message}`),
    )
    return new Recorder(options, file)
  }

  engineAdmitted({ id, name, kind, host, pid, concurrency = 1 }: EngineInfo): void {
    this.#engines.set(id, { concurrency, attempts: new Map(), endUs: 0 })
    this.#writeObject({ type: 'engine', engine: id, at: this.#nowUs, name, kind, host, pid, concurrency })
  }

  happening(events: readonly SchedulerEvent[]): void {
    const nowUs = this.#nowUs
    for (const event of events) {
      switch (event.type) {
        case 'submit':
          for (const spec of event.tasks) {
            // A second one of that id will be refused.
            if (this.#known.has(spec.id)) continue
            this.#known.add(spec.id)
            this.#writeTask(spec, nowUs)
          }
          break
        case 'restore':
          for (const task of event.tasks) if (!task.end) this.#restored(task)
          break
        case 'begun':
          for (const { id, attempt } of event.tasks) this.#begun(event.engine, id, attempt, nowUs)
          break
        case 'ended':
          this.#endedAt(event.engine, event.results, nowUs)
          break
        case 'engineLeft':
          this.#left(event.engine, event.reason, nowUs)
          break
        case 'setStrategy':
          this.#writeObject({ type: 'strategy', at: nowUs, strategy: nameOf(event.strategy) })
      }
    }
  }

  performing(effects: readonly Effect[]): void {
    const nowUs = this.#nowUs
    for (const effect of effects) {
      if (effect.type === 'assign') this.#assigned(effect.task, effect.engine, effect.attempt, nowUs)
      else if (effect.type === 'end') this.#taskEnded(effect.task)
      else if (effect.type === 'refuse' && effect.request === 'submit') this.#refused(effect.id, effect.fault.code)
    }
  }

  happened(): void {
    if (this.#ended.size === 0) return
    for (const ended of this.#ended.values()) this.#writeAttempt(ended)
    this.#ended = new Map()
  }

  /** `isInOrder`: the controller was stopped, and has not failed. */
  async close(isInOrder: boolean): Promise<void> {
    this.#cancelTimer?.()
    if (isInOrder) this.#writeObject({ type: 'stop', at: this.#nowUs })
    await this.#file.close()
  }

  /** The controller could not start: nothing is left behind. */
  async discard(): Promise<void> {
    this.#cancelTimer?.()
    await this.#file.discard()
  }

  get #nowUs(): number {
    return this.#us(this.#options.clock.now())
  }

  #us(ms: number): number {
    return Math.max(0, Math.round((ms - this.#originMs) * 1_000))
  }

  /** What it was in the middle of when this recording began. */
  #restored({ spec, submittedAt, held }: RestoredTask): void {
    this.#known.add(spec.id)
    this.#writeTask(spec, this.#us(submittedAt))
    if (held === undefined) return
    const attempt = { number: held.attempt, engine: held.engine, assignedUs: 0, begunUs: undefined }
    this.#engines.get(held.engine)?.attempts.set(spec.id, attempt)
  }

  #begun(engine: EngineId, id: TaskId, number: number, nowUs: number): void {
    const attempt = this.#engines.get(engine)?.attempts.get(id)
    if (attempt?.number === number) attempt.begunUs ??= nowUs
  }

  /** Where one task runs at a time, those whose ends came together ended one after another. */
  #endedAt(id: EngineId, results: readonly AttemptResult[], nowUs: number): void {
    const engine = this.#engines.get(id)
    if (engine === undefined) return
    const isSerial = engine.concurrency === 1
    const found: Ended[] = []
    let endUs = nowUs
    for (let i = results.length - 1; i >= 0; i -= 1) {
      const { id: task, attempt: number, outcome, durationMs, outputBytes: bytes } = results[i] as AttemptResult
      const attempt = engine.attempts.get(task)
      // Late or said again.
      if (attempt?.number !== number) continue
      engine.attempts.delete(task)
      const ranUs = durationMs > 0 ? Math.round(durationMs * 1_000) : undefined
      const earliestUs = Math.min(endUs, Math.max(attempt.assignedUs, isSerial ? engine.endUs : 0))
      const startUs = ranUs === undefined ? attempt.begunUs : Math.max(earliestUs, endUs - ranUs)
      found.push({ id: task, attempt, outcome, startUs, endUs, ranUs, bytes, status: undefined })
      if (isSerial && startUs !== undefined) endUs = Math.min(endUs, startUs)
    }
    for (const ended of found.reverse()) this.#ended.set(ended.id, ended)
    engine.endUs = nowUs
  }

  #left(id: EngineId, reason: string, nowUs: number): void {
    const engine = this.#engines.get(id)
    if (engine === undefined) return
    this.#engines.delete(id)
    for (const [task, attempt] of engine.attempts) {
      const lost = { outcome: 'lost', ranUs: undefined, bytes: undefined, status: undefined } as const
      this.#ended.set(task, { id: task, attempt, startUs: attempt.begunUs, endUs: nowUs, ...lost })
    }
    this.#writeObject({ type: 'left', engine: id, at: nowUs, reason })
  }

  #assigned(task: TaskRecord, engine: EngineId, number: number, assignedUs: number): void {
    // Submitted again.
    if (!this.#known.has(task.id)) {
      this.#known.add(task.id)
      this.#writeTask(task, this.#us(task.submittedAt))
    }
    this.#engines.get(engine)?.attempts.set(task.id, { number, engine, assignedUs, begunUs: undefined })
  }

  #taskEnded(task: TaskRecord): void {
    const { id, status, fault } = task
    if (!this.#known.delete(id)) this.#writeTask(task, this.#us(task.submittedAt))
    const ended = this.#ended.get(id)
    if (ended !== undefined) ended.status = status as TerminalStatus
    else this.#writeEnd(id, status as TerminalStatus, fault?.code)
  }

  #refused(id: TaskId, code: string): void {
    // The one that has this id goes on.
    if (code === 'YM_PROTOCOL') return
    this.#known.delete(id)
    this.#writeEnd(id, 'refused', code)
  }

  #writeEnd(id: TaskId, status: TraceLineOf<'end'>['status'], code: string | undefined): void {
    this.#writeObject({ type: 'end', id, at: this.#nowUs, status, ...(code === undefined ? {} : { code }) })
  }

  /** Field by field: these are nearly all lines, and ids and numbers need no quoting. */
  #writeTask({ id, body, bodyBytes = 0, label, after, follow, cores = 1, priority = 0, direct }: TaskLike, at: number) {
    const hash = (body as TaskBody | undefined)?.function.hash
    let line = `{"type":"task","id":"${id}","at":${at}`
    if (hash !== undefined) line += `,"function":"${hash}"`
    line += `,"bytes":${bodyBytes}`
    if (label !== undefined) line += `,"label":${JSON.stringify(label)}`
    if (after?.length) line += `,"after":${JSON.stringify(after.map(dependencyOf))}`
    if (follow?.length) line += `,"follow":${JSON.stringify(follow.map(dependencyOf))}`
    if (cores !== 1) line += `,"cores":${cores}`
    if (priority !== 0) line += `,"priority":${priority}`
    if (direct) line += ',"direct":true'
    this.#write(`${line}}\n`)
  }

  #writeAttempt({ id, attempt, outcome, startUs, endUs, ranUs, bytes, status }: Ended): void {
    const { number, engine, assignedUs } = attempt
    let line = `{"type":"attempt","id":"${id}","attempt":${number},"engine":${engine},"assigned":${assignedUs}`
    if (startUs !== undefined) line += `,"start":${startUs}`
    line += `,"end":${endUs}`
    if (ranUs !== undefined) line += `,"ran":${ranUs}`
    line += `,"outcome":"${outcome}"`
    if (bytes !== undefined) line += `,"bytes":${bytes}`
    if (status !== undefined) line += `,"status":"${status}"`
    this.#write(`${line}}\n`)
  }

  #writeObject(line: TraceLineOf<'trace' | 'engine' | 'left' | 'strategy' | 'end' | 'stop'>): void {
    this.#write(`${JSON.stringify(line)}\n`)
  }

  #write(line: string): void {
    if (!this.#file.hasRoom) {
      this.#leftOut += 1
      return
    }
    if (this.#leftOut > 0) this.#file.write(`{"type":"gap","at":${this.#nowUs},"lines":${this.#leftOut}}\n`)
    this.#leftOut = 0
    if (!this.#file.write(line) || this.#cancelTimer !== undefined) return
    this.#cancelTimer = this.#options.clock.after(flushMs, () => {
      this.#cancelTimer = undefined
      this.#file.flush()
    })
  }
}

type TaskLike = Pick<TaskRecord, 'id' | 'body'> & {
  readonly bodyBytes?: number | undefined
  readonly label?: string | undefined
  readonly after?: readonly DependencySpec[] | undefined
  readonly follow?: readonly DependencySpec[] | undefined
  readonly cores?: number | undefined
  readonly priority?: number | undefined
  readonly direct?: boolean | undefined
}

function dependencyOf({ ids, all, success, failure }: DependencySpec): object {
  return { ids, ...(all ? {} : { all }), ...(success ? {} : { success }), ...(failure ? { failure } : {}) }
}

function nameOf(strategy: StrategyLike): string {
  return typeof strategy === 'string' ? strategy : resolveStrategy(strategy).name
}
