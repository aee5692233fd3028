import type { Clock } from '../../core/clock.ts'
import type { EngineId, TaskId } from '../../core/ids.ts'
import type { TracedSpan, Tracing } from '../../core/tracing.ts'
import type { AttemptResult, DependencySpec, Effect, SchedulerEvent } from '../../scheduler/events.ts'
import type { TaskRecord } from '../../scheduler/task.ts'
import type { RunObserver } from '../run-observer.ts'
import type { TaskBody } from '../task-body.ts'

/** How long what waits to be sent may take when a controller stops. */
const flushMs = 1_000

/** A task that has not ended, with a span for it and one for its attempt. */
interface TracedTask {
  readonly span: TracedSpan
  attempt: { readonly number: number; readonly engine: EngineId; readonly span: TracedSpan } | undefined
}

type TaskLike = Pick<TaskRecord, 'id' | 'body'> & {
  readonly label?: string | undefined
  readonly after?: readonly DependencySpec[] | undefined
}

/**
 * The controller's part of traces: for each task whose client traces it a span from its arrival to its end, and under it one for each attempt,
 * from its assignment to the engine's word. Of all others nothing is kept.
 */
export class TracedRun implements RunObserver {
  readonly #tracing: Tracing
  readonly #cluster: string
  readonly #clock: Clock
  readonly #tasks = new Map<TaskId, TracedTask>()

  constructor(tracing: Tracing, cluster: string, clock: Clock) {
    this.#tracing = tracing
    this.#cluster = cluster
    this.#clock = clock
  }

  happening(events: readonly SchedulerEvent[]): void {
    for (const event of events) {
      switch (event.type) {
        case 'submit':
          for (const spec of event.tasks) this.#arrived(spec)
          break
        case 'restore':
          for (const { spec, end } of event.tasks) if (!end) this.#arrived(spec)
          break
        case 'begun':
          for (const { id, attempt } of event.tasks) this.#attemptOf(id, attempt)?.event('begun')
          break
        case 'ended':
          for (const result of event.results) this.#attemptEnded(result)
          break
        case 'engineLeft':
          this.#engineLeft(event.engine, event.reason)
      }
    }
  }

  performing(effects: readonly Effect[]): void {
    for (const effect of effects) {
      if (effect.type === 'assign') this.#assigned(effect)
      else if (effect.type === 'end') this.#ended(effect.task)
      else if (effect.type === 'cancel') this.#attemptOf(effect.id, effect.attempt)?.event('cancelled')
      else if (effect.type === 'refuse' && effect.request === 'submit' && effect.fault.code !== 'YM_PROTOCOL') {
        // Of an id that is there already the one that has it goes on.
        this.#close(effect.id, effect.fault.message)
      }
    }
  }

  /** What has not ended ends with the controller. Resolves when all is sent, or cannot be. */
  close(): Promise<void> {
    for (const id of [...this.#tasks.keys()]) this.#close(id, 'the controller was stopped')
    return new Promise((resolve) => {
      const cancel = this.#clock.after(flushMs, resolve)
      const done = () => {
        cancel()
        resolve()
      }
      this.#tracing.flush().then(done, done)
    })
  }

  #arrived({ id, body, label, after = [] }: TaskLike): TracedTask | undefined {
    const known = this.#tasks.get(id)
    const trace = (body as TaskBody | undefined)?.trace
    if (known !== undefined || trace === undefined) return known
    const links = after.flatMap(({ ids }) => ids.flatMap((one) => this.#tasks.get(one)?.span.traceparent ?? []))
    const span = this.#tracing.start({
      name: label === undefined ? 'schedule' : `schedule ${label}`,
      kind: 'internal',
      parent: trace.received,
      links,
      attributes: { ...attributesOf(id), 'messaging.destination.name': this.#cluster },
    })
    if (span === undefined) return undefined
    const task = { span, attempt: undefined }
    this.#tasks.set(id, task)
    return task
  }

  #assigned({ task: record, engine, attempt: number }: Extract<Effect, { type: 'assign' }>): void {
    // One that was submitted again arrives here.
    const task = this.#arrived(record)
    const trace = (record.body as TaskBody | undefined)?.trace
    if (task === undefined || trace === undefined) return
    const span = this.#tracing.start({
      name: 'attempt',
      kind: 'client',
      parent: task.span.traceparent,
      attributes: { ...attributesOf(record.id), 'yardmaster.attempt': number, 'yardmaster.engine': engine },
    })
    if (span === undefined) return
    task.span.event('assigned', { 'yardmaster.engine': engine, 'yardmaster.attempt': number })
    task.attempt = { number, engine, span }
    trace.told = span.traceparent
  }

  #attemptOf(id: TaskId, number: number): TracedSpan | undefined {
    const attempt = this.#tasks.get(id)?.attempt
    return attempt?.number === number ? attempt.span : undefined
  }

  #attemptEnded({ id, attempt: number, outcome }: AttemptResult): void {
    const span = this.#attemptOf(id, number)
    if (span === undefined) return
    span.set({ 'yardmaster.outcome': outcome })
    if (outcome !== 'succeeded' && outcome !== 'recalled') span.fail(outcome)
    this.#endAttempt(id)
  }

  #engineLeft(engine: EngineId, reason: string): void {
    for (const [id, { attempt }] of this.#tasks) {
      if (attempt?.engine !== engine) continue
      attempt.span.set({ 'yardmaster.outcome': 'lost' })
      attempt.span.fail(`engine ${engine} is gone: ${reason}`)
      this.#endAttempt(id)
    }
  }

  #endAttempt(id: TaskId): void {
    const task = this.#tasks.get(id)
    task?.attempt?.span.end()
    if (task) task.attempt = undefined
  }

  #ended({ id, status, attempt, fault }: TaskRecord): void {
    this.#tasks.get(id)?.span.set({ 'yardmaster.state': status, 'yardmaster.attempts': attempt })
    this.#close(id, status === 'succeeded' ? undefined : (fault?.message ?? status))
  }

  #close(id: TaskId, failure: string | undefined): void {
    const task = this.#tasks.get(id)
    if (task === undefined) return
    // An aborted one may still be at its engine.
    this.#endAttempt(id)
    if (failure !== undefined) task.span.fail(failure)
    task.span.end()
    this.#tasks.delete(id)
  }
}

function attributesOf(id: TaskId) {
  return { 'messaging.system': 'yardmaster', 'messaging.message.id': id } as const
}
