import type { EngineId, TaskId } from '../../core/ids.ts'
import { taskOverheadBytes } from '../../core/limits.ts'
import type { AttemptResult, Effect, HighWaterMark, SchedulerEvent, TaskSpec } from '../../scheduler/events.ts'
import type { LoadLimits } from '../../scheduler/quota.ts'
import type { RetentionLimits } from '../../scheduler/retention.ts'
import type { TerminalStatus } from '../../scheduler/task.ts'
import {
  type Attempt,
  currentAttempt,
  type DependencyAccount,
  type EngineAccount,
  type ObservedStep,
  placeOf,
  type TaskAccount,
} from './accounts.ts'

type EventOf<Type> = Extract<SchedulerEvent, { type: Type }>

/**
 * A plain account of a scheduler's history. It is told each event before the scheduler is, and each effect after, and it takes
 * nothing from the scheduler's own records but what an effect says. It forgets nothing, so it is for tests.
 */
export class Ledger {
  /** The latest task with each id. */
  readonly tasks = new Map<TaskId, TaskAccount>()
  /** Accepted, and not replied to. */
  readonly pending = new Set<TaskAccount>()
  /** The live engines, in order of arrival. */
  readonly engines = new Map<EngineId, EngineAccount>()
  /** Every engine's number is less; those from here on may still arrive. */
  nextEngine = 0
  /** Everything that was ever sent, in order. */
  readonly sent: Attempt[] = []
  /** Ended tasks whose result must be there, and those of which only the record must be, both in order. */
  readonly kept = new Set<TaskAccount>()
  readonly stubs = new Set<TaskAccount>()
  private readonly retention: RetentionLimits
  private readonly limits: LoadLimits
  private readonly hwm: HighWaterMark
  private bytes = 0
  private accepted = 0
  private front = 0
  private back = 0
  /** Those with a deadline ahead. */
  private readonly timed = new Set<TaskAccount>()
  private now = Number.NEGATIVE_INFINITY

  constructor(retention: RetentionLimits, limits: LoadLimits, hwm: HighWaterMark) {
    this.retention = retention
    this.limits = limits
    this.hwm = hwm
  }

  /** The scheduler knows this id. */
  knows(id: TaskId): boolean {
    const task = this.tasks.get(id)
    return task !== undefined && (this.pending.has(task) || this.kept.has(task) || this.stubs.has(task))
  }

  /** When the next deadline falls due; Infinity: never. */
  nextDeadline(): number {
    let next = Number.POSITIVE_INFINITY
    for (const { deadline } of this.timed) next = Math.min(next, deadline)
    return next
  }

  /** Answers what the event means. `now` does not fall. */
  receive(event: SchedulerEvent, now: number): ObservedStep {
    this.now = Math.max(now, this.now)
    const step: ObservedStep = {
      event,
      now: this.now,
      effects: [],
      stale: false,
      unchanged: true,
      expired: [],
      overdue: [],
      accepted: [],
      refused: [],
      resubmitted: [],
      aborted: [],
      answered: [],
      ended: [],
      sent: [],
    }
    while (this.kept.size > this.retention.countMax || this.keptBytes() > this.retention.bytesMax)
      this.purge(first(this.kept))
    this.expire(step)
    this.hear(step, event)
    return step
  }

  private hear(step: ObservedStep, event: SchedulerEvent): void {
    if (event.type === 'submit') this.submit(step, event)
    else if (event.type === 'resubmit') this.resubmit(step, event)
    else if (event.type === 'purge') this.purgeAll(step, event)
    else if (event.type === 'abort') this.abort(step, event)
    else if (event.type === 'begun') this.begun(step, event)
    else if (event.type === 'ended') this.answer(step, event)
    else if (event.type === 'engineJoined') this.join(step, event)
    else if (event.type === 'engineLeft') this.leave(step, event)
    else if (event.type === 'drainEngines') this.drain(step, event)
  }

  take(step: ObservedStep, effect: Effect): void {
    if (effect.type === 'assign') this.assigned(step, effect)
    else if (effect.type === 'end') this.end(step, effect)
    else if (effect.type === 'release') this.release(effect.engine)
    else if (effect.type === 'cancel' || effect.type === 'recall') {
      const attempt = this.attemptAt(effect.engine, effect.id, effect.attempt)
      if (attempt !== undefined && attempt.asked !== 'cancel') attempt.asked = effect.type
    }
  }

  /** What that engine was sent and has not answered for. */
  attemptAt(engine: EngineId, id: TaskId, attempt: number): Attempt | undefined {
    for (const one of this.engines.get(engine)?.attempts ?? []) {
      if (one.id === id && one.attempt === attempt) return one
    }
    return undefined
  }

  private expire(step: ObservedStep): void {
    for (const task of this.timed) {
      if (task.deadline > step.now) continue
      this.timed.delete(task)
      task.deadline = Number.POSITIVE_INFINITY
      task.overdue = true
      const attempt = currentAttempt(task)
      if (attempt === undefined) step.expired.push(task)
      else step.overdue.push(attempt)
    }
  }

  private submit(step: ObservedStep, { tasks }: EventOf<'submit'>): void {
    const batch: [TaskSpec, DependencyAccount[]][] = []
    for (const spec of tasks) {
      if (this.knows(spec.id) || this.isFull(step, spec)) step.refused.push(spec.id)
      else batch.push([spec, this.accept(step, spec)])
    }
    for (const [spec, dependencies] of batch) this.attach(spec, dependencies, undefined)
  }

  private resubmit(step: ObservedStep, { pairs, client }: EventOf<'resubmit'>): void {
    const batch: [TaskSpec, DependencyAccount[], TaskAccount][] = []
    for (const { from, to } of pairs) {
      const original = this.tasks.get(from)
      if (original === undefined || !this.knows(from) || this.isLive(step, original) || original.purged) {
        step.refused.push(from)
        continue
      }
      const spec = { ...original.spec, id: to, resubmittedFrom: from, client: client ?? original.spec.client }
      if (this.knows(to) || this.isFull(step, spec)) step.refused.push(to)
      else {
        batch.push([spec, this.accept(step, spec), original])
        step.resubmitted.push({ from: original, to: this.tasks.get(to) as TaskAccount })
      }
    }
    for (const [spec, dependencies, original] of batch) this.attach(spec, dependencies, original)
  }

  /** A limit is reached, for this client or for all. */
  private isFull(step: ObservedStep, { client }: TaskSpec): boolean {
    const { clientTasksMax, clientBytesMax, queuedBytesMax } = this.limits
    if (Math.min(clientTasksMax, clientBytesMax, queuedBytesMax) === Number.POSITIVE_INFINITY) return false
    const live = [...this.pending].filter((task) => !step.expired.includes(task))
    const own = live.filter(({ spec }) => spec.client === client)
    return (
      own.length >= clientTasksMax ||
      bodyBytesOf(own, taskOverheadBytes) >= clientBytesMax ||
      bodyBytesOf(live, taskOverheadBytes) >= queuedBytesMax
    )
  }

  private keptBytes(): number {
    return this.bytes + sharedBytesOf(this.kept)
  }

  private accept(step: ObservedStep, spec: TaskSpec): DependencyAccount[] {
    const { queueTimeoutMs = 0 } = spec
    const dependencies: DependencyAccount[] = []
    const task: TaskAccount = {
      id: spec.id,
      spec,
      order: this.accepted,
      dependencies,
      attempts: [],
      refusedBy: new Set(),
      errors: 0,
      losses: 0,
      report: undefined,
      abortAsked: false,
      deadline: queueTimeoutMs > 0 ? step.now + queueTimeoutMs : Number.POSITIVE_INFINITY,
      overdue: false,
      reply: undefined,
      purged: false,
    }
    this.accepted += 1
    this.tasks.set(spec.id, task)
    this.pending.add(task)
    if (queueTimeoutMs > 0) this.timed.add(task)
    step.accepted.push(task)
    return dependencies
  }

  private attach(spec: TaskSpec, into: DependencyAccount[], original: TaskAccount | undefined): void {
    const take = (dependencies: TaskSpec['after'], where: boolean) => {
      for (const one of dependencies ?? []) {
        if (one.ids.length === 0) continue
        const tasks = one.ids.map((id) => (this.knows(id) ? this.tasks.get(id) : undefined))
        const forgotten = tasks.includes(undefined) && original !== undefined && original.attempts.length > 0
        into.push({ spec: one, where, tasks, assumedAt: forgotten ? placeOf(original) : undefined })
      }
    }
    take(spec.after, false)
    take(spec.follow, true)
  }

  private purgeAll(step: ObservedStep, { tasks }: EventOf<'purge'>): void {
    for (const id of tasks) {
      const task = this.tasks.get(id)
      if (task === undefined || !this.knows(id) || this.isLive(step, task)) step.refused.push(id)
      else if (!task.purged) this.purge(task)
    }
  }

  /** What expired in this step ends before the event is looked at. */
  private isLive(step: ObservedStep, task: TaskAccount): boolean {
    return task.reply === undefined && !step.expired.includes(task)
  }

  private purge(task: TaskAccount): void {
    if (this.kept.delete(task)) this.bytes -= bytesOf(task)
    task.purged = true
    this.stubs.add(task)
    if (this.stubs.size > this.retention.purgedMax) this.stubs.delete(first(this.stubs))
  }

  private abort(step: ObservedStep, { tasks, client }: EventOf<'abort'>): void {
    for (const id of tasks) {
      const task = this.tasks.get(id)
      if (task === undefined || !this.isLive(step, task) || task.abortAsked) continue
      if (client !== undefined && client !== task.spec.client) continue
      task.abortAsked = true
      step.aborted.push({ task, attempt: currentAttempt(task) })
    }
  }

  private begun(step: ObservedStep, { engine, tasks }: EventOf<'begun'>): void {
    step.stale = true
    for (const { id, attempt } of tasks) {
      const found = this.attemptAt(engine, id, attempt)
      if (found === undefined || found.begun || found !== currentAttempt(found.task)) continue
      step.stale = false
      found.begun = true
      if (found.asked === 'recall') found.asked = 'nothing'
      this.voidDeadline(found.task)
    }
  }

  private answer(step: ObservedStep, { engine, results }: EventOf<'ended'>): void {
    step.stale = true
    for (const result of results) {
      const attempt = this.attemptAt(engine, result.id, result.attempt)
      if (attempt === undefined) continue
      step.stale = false
      const isCurrent = attempt === currentAttempt(attempt.task)
      attempt.outcome = result.outcome
      this.engines.get(engine)?.attempts.delete(attempt)
      if (!isCurrent) continue
      step.answered.push(attempt)
      this.settle(attempt, result)
    }
  }

  private settle({ task, engine }: Attempt, { outcome, output, outputBytes = 0 }: AttemptResult): void {
    if (outcome === 'succeeded' || outcome === 'failed' || outcome === 'timedOut') {
      task.report = { outcome, output, outputBytes }
      this.voidDeadline(task)
    }
    if (task.abortAsked) return
    if (outcome === 'failed' || outcome === 'timedOut') task.errors += 1
    else if (outcome === 'unmet') task.refusedBy.add(engine)
    else if (outcome === 'lost') task.losses += 1
  }

  private join(step: ObservedStep, { engine, hwm = this.hwm }: EventOf<'engineJoined'>): void {
    step.stale = engine < this.nextEngine
    if (step.stale) return
    this.nextEngine = engine + 1
    this.front -= 1
    this.engines.set(engine, { id: engine, hwm, attempts: new Set(), stage: 'serving', lastUsed: this.front })
  }

  private leave(step: ObservedStep, { engine }: EventOf<'engineLeft'>): void {
    const account = this.engines.get(engine)
    step.stale = account === undefined
    this.engines.delete(engine)
    for (const attempt of account?.attempts ?? []) {
      const isCurrent = attempt === currentAttempt(attempt.task)
      attempt.outcome = 'lost'
      if (!isCurrent) continue
      step.answered.push(attempt)
      attempt.task.losses += 1
    }
  }

  private drain(step: ObservedStep, { engines }: EventOf<'drainEngines'>): void {
    step.stale = true
    for (const id of engines) {
      const account = this.engines.get(id)
      if (account?.stage !== 'serving') continue
      step.stale = false
      account.stage = 'draining'
    }
  }

  private release(engine: EngineId): void {
    const account = this.engines.get(engine)
    if (account !== undefined) account.stage = 'released'
  }

  private assigned(step: ObservedStep, effect: Extract<Effect, { type: 'assign' }>): void {
    const task = this.tasks.get(effect.task.id)
    if (task === undefined) return
    const { engine, attempt } = effect
    const sent: Attempt = { task, id: task.id, engine, attempt, begun: false, asked: 'nothing', outcome: undefined }
    task.attempts.push(sent)
    step.sent.push(sent)
    this.sent.push(sent)
    const account = this.engines.get(engine)
    account?.attempts.add(sent)
    if (task.spec.direct) return
    this.back += 1
    if (account !== undefined) account.lastUsed = this.back
  }

  private end(step: ObservedStep, effect: Extract<Effect, { type: 'end' }>): void {
    const task = this.tasks.get(effect.task.id)
    if (task === undefined || task.reply !== undefined) return
    const { status, fault, output } = effect.task
    const engine = placeOf(task)
    task.reply = { status: status as TerminalStatus, code: fault?.code, message: fault?.message, output, engine }
    this.voidDeadline(task)
    this.pending.delete(task)
    step.ended.push(task)
    if (task.purged) return
    this.kept.add(task)
    this.bytes += bytesOf(task)
  }

  private voidDeadline(task: TaskAccount): void {
    task.overdue = false
    task.deadline = Number.POSITIVE_INFINITY
    this.timed.delete(task)
  }
}

/** What a task was called with is kept, and what it returned or threw. */
function bytesOf({ spec, reply, report }: TaskAccount): number {
  return (spec.bodyBytes ?? 0) + (reply?.code === undefined ? (report?.outputBytes ?? 0) : 0)
}

function bodyBytesOf(tasks: readonly TaskAccount[], more: number): number {
  return tasks.reduce((sum, { spec }) => sum + (spec.bodyBytes ?? 0) + more, sharedBytesOf(tasks))
}

/** Each counts once. */
function sharedBytesOf(tasks: Iterable<TaskAccount>): number {
  let bytes = 0
  const seen = new Set<unknown>()
  for (const { spec } of tasks) {
    if (spec.shared === undefined || seen.has(spec.shared)) continue
    seen.add(spec.shared)
    bytes += spec.shared.bytes
  }
  return bytes
}

function first<T>(set: ReadonlySet<T>): T {
  const [one] = set
  return one as T
}
