import type { EngineId, SessionId, TaskId } from '../../core/ids.ts'
import type {
  AttemptOutcome,
  AttemptResult,
  DependencySpec,
  Effect,
  SchedulerEvent,
  TaskSpec,
} from '../../scheduler/events.ts'
import { validate } from '../../scheduler/invariants.ts'
import { createScheduler, type SchedulerConfig, type SchedulerState } from '../../scheduler/state.ts'
import { step } from '../../scheduler/step.ts'
import type { TaskRecord, TerminalStatus } from '../../scheduler/task.ts'

const client = 'tester' as SessionId

export function id(name: string | number): TaskId {
  return `t.${name}` as TaskId
}

export function on(ids: readonly TaskId[], flags: Partial<DependencySpec> = {}): DependencySpec {
  return { ids, all: true, success: true, failure: false, ...flags }
}

export function spec(name: string | number, extra: Partial<TaskSpec> = {}): TaskSpec {
  return { id: id(name), client, body: `body of ${name}`, ...extra }
}

/** One attempt as its engine knows it. */
export interface Attempt {
  readonly engine: EngineId
  readonly id: TaskId
  readonly attempt: number
  begun: boolean
  asked: 'nothing' | 'cancel' | 'recall'
}

export interface Reply {
  readonly status: TerminalStatus
  readonly code: string | undefined
  readonly message: string | undefined
  readonly output: unknown
  readonly engine: EngineId
}

/**
 * A scheduler with engines that do as they are told, and a plain account of everything that happened. After each step the
 * state is validated, and every effect is held against that account, by rules written a second time and naively.
 */
export class World {
  readonly state: SchedulerState
  now = 0
  readonly specs = new Map<TaskId, TaskSpec>()
  readonly replies = new Map<TaskId, Reply>()
  readonly engines = new Map<EngineId, Map<TaskId, Attempt>>()
  readonly refusals = new Map<TaskId, Set<EngineId>>()
  /** Ids that were known when the task was submitted. */
  readonly known = new Map<TaskId, Set<TaskId>>()
  readonly aborted = new Set<TaskId>()
  readonly assignments: { id: TaskId; engine: EngineId; attempt: number }[] = []
  readonly sent: SchedulerEvent[] = []
  nextEngine = 0

  constructor(config: SchedulerConfig = {}) {
    this.state = createScheduler({ hwm: 1, ...config })
  }

  // What can happen

  submit(...tasks: TaskSpec[]): readonly Effect[] {
    this.state.retention.trim()
    const isGraph = tasks.some(({ after = [], follow = [] }) => after.length + follow.length > 0)
    const known = new Set(isGraph ? [...this.state.tasks, ...tasks].map((task) => task.id) : [])
    for (const task of tasks) {
      if (this.specs.has(task.id)) continue
      this.specs.set(task.id, task)
      this.known.set(task.id, known)
    }
    return this.send({ type: 'submit', tasks })
  }

  join(count = 1, hwm?: number | 'auto'): void {
    for (let i = 0; i < count; i += 1) {
      const engine = this.nextEngine
      this.nextEngine += 1
      this.engines.set(engine, new Map())
      this.send({ type: 'engineJoined', engine, ...(hwm === undefined ? {} : { hwm }) })
    }
  }

  lose(engine: EngineId): readonly Effect[] {
    this.engines.delete(engine)
    return this.send({ type: 'engineLeft', engine, reason: 'test' })
  }

  begin(attempt: Attempt): void {
    attempt.begun = true
    this.send({ type: 'begun', engine: attempt.engine, tasks: [{ id: attempt.id, attempt: attempt.attempt }] })
  }

  /** The engine answers for the attempt at the task's place, whatever it was asked. */
  end(
    task: TaskId | Attempt,
    outcome: AttemptOutcome = 'succeeded',
    output: unknown = `${outcome}`,
  ): readonly Effect[] {
    const attempt = typeof task === 'string' ? this.attemptOf(task) : task
    this.engines.get(attempt.engine)?.delete(attempt.id)
    const current = this.state.tasks.get(attempt.id)
    if (outcome === 'unmet' && current?.attempt === attempt.attempt && !this.replies.has(attempt.id)) {
      const refused = this.refusals.get(attempt.id) ?? new Set()
      this.refusals.set(attempt.id, refused.add(attempt.engine))
    }
    const result: AttemptResult = {
      id: attempt.id,
      attempt: attempt.attempt,
      outcome,
      durationMs: 1,
      output,
      outputBytes: 8,
    }
    return this.send({ type: 'ended', engine: attempt.engine, results: [result] })
  }

  abort(...ids: TaskId[]): readonly Effect[] {
    for (const task of ids) if (this.specs.has(task) && !this.replies.has(task)) this.aborted.add(task)
    return this.send({ type: 'abort', tasks: ids })
  }

  resubmit(from: TaskId, to: TaskId): readonly Effect[] {
    this.state.retention.trim()
    const original = this.specs.get(from)
    const record = this.state.tasks.get(from)
    if (original !== undefined && this.replies.has(from) && !this.specs.has(to) && record?.purged === false) {
      this.specs.set(to, { ...original, id: to })
      const known = [...this.state.tasks].map((task) => task.id)
      // What it ran after is taken at its word, forgotten or not.
      this.known.set(to, new Set([...known, ...(record.attempt > 0 ? (this.known.get(from) ?? []) : [])]))
    }
    return this.send({ type: 'resubmit', pairs: [{ from, to }] })
  }

  pass(ms: number): readonly Effect[] {
    this.now += ms
    return this.send({ type: 'tick' })
  }

  send(event: SchedulerEvent): readonly Effect[] {
    this.sent.push(event)
    const effects = step(this.state, event, this.now)
    for (const effect of effects) this.account(effect)
    this.check()
    return [...effects]
  }

  /** Everything that must hold between steps. */
  protected check(): void {
    const violations = validate(this.state)
    if (violations.length > 0)
      throw new Error(violations.map((v) => `invariant ${v.invariant}: ${v.message}`).join('\n'))
  }

  // What is known

  record(task: TaskId): TaskRecord {
    const record = this.state.tasks.get(task)
    if (record === undefined) throw new Error(`no record of ${task}`)
    return record
  }

  status(task: TaskId): string {
    return this.replies.get(task)?.status ?? this.record(task).status
  }

  reply(task: TaskId): Reply {
    const reply = this.replies.get(task)
    if (reply === undefined) throw new Error(`no reply for ${task}, which is ${this.record(task).status}`)
    return reply
  }

  attemptOf(task: TaskId): Attempt {
    const found = this.outstanding().find((attempt) => attempt.id === task)
    if (found === undefined) throw new Error(`${task} is at no engine`)
    return found
  }

  outstanding(): Attempt[] {
    return [...this.engines.values()].flatMap((attempts) => [...attempts.values()])
  }

  pending(): TaskId[] {
    return [...this.specs.keys()].filter((task) => !this.replies.has(task))
  }

  /** Engines come, and everything ends well. Whatever is not replied to now never will be. */
  heal(): void {
    const targets = [...this.specs.values()].flatMap((task) => task.targets ?? [])
    this.join(Math.max(0, Math.max(-1, ...targets) + 1 - this.nextEngine) + 2)
    for (let left = this.outstanding(); left.length > 0; left = this.outstanding()) {
      for (const attempt of left) {
        if (attempt.asked === 'nothing' || attempt.begun) this.end(attempt)
        else this.end(attempt, attempt.asked === 'cancel' ? 'aborted' : 'recalled')
      }
    }
    const stuck = this.pending().map((task) => `${task} ${this.record(task).status}`)
    if (stuck.length > 0) throw new Error(`invariant 1: no reply for ${stuck.join(', ')}`)
  }

  // Every effect, against the account

  private account(effect: Effect): void {
    if (effect.type === 'assign') this.assigned(effect.engine, effect.task.id, effect.attempt)
    else if (effect.type === 'end') this.ended(effect.task)
    else if (effect.type === 'cancel' || effect.type === 'recall') {
      const attempt = this.engines.get(effect.engine)?.get(effect.id)
      if (attempt?.attempt === effect.attempt && attempt.asked !== 'cancel') attempt.asked = effect.type
    } else if (effect.type === 'strategyFault') throw new Error(effect.fault.message)
  }

  private assigned(engine: EngineId, task: TaskId, attempt: number): void {
    const fail = (invariant: number, what: string) => {
      throw new Error(`invariant ${invariant}: ${task} sent to ${engine} as ${attempt}: ${what}`)
    }
    this.assignments.push({ id: task, engine, attempt })
    if (this.replies.has(task)) fail(18, 'it has ended')
    if (this.aborted.has(task)) fail(19, 'it was aborted')
    const own = [...this.engines.values()].some((attempts) => attempts.has(task))
    if (own) fail(3, 'another attempt is live')
    const at = this.engines.get(engine)
    if (at === undefined) return fail(13, 'it is gone')
    const { targets = [], after = [], follow = [] } = this.specs.get(task) as TaskSpec
    if (targets.length > 0 && !targets.includes(engine)) fail(13, 'it is no target')
    if (this.refusals.get(task)?.has(engine)) fail(13, 'it refused')
    for (const dependency of after) if (!this.isMet(task, dependency)) fail(13, 'after is not met')
    for (const dependency of follow) if (!this.isMet(task, dependency, engine)) fail(13, 'follow is not met there')
    at.set(task, { engine, id: task, attempt, begun: false, asked: 'nothing' })
    const { mark } = this.state.engines.get(engine) ?? { mark: 0 }
    if (at.size > mark) fail(4, `load ${at.size} exceeds ${mark}`)
  }

  private isMet(task: TaskId, { ids, all, success, failure }: DependencySpec, where?: EngineId): boolean {
    if (ids.length === 0) return true
    const meets = (other: TaskId) => {
      if (!this.known.get(task)?.has(other)) return false
      const reply = this.replies.get(other)
      if (reply === undefined || !(reply.status === 'succeeded' ? success : failure)) return false
      return where === undefined || reply.engine === where
    }
    return all ? ids.every(meets) : ids.some(meets)
  }

  private ended(task: TaskRecord): void {
    const { id: name, status, fault, output, engine } = task
    if (this.replies.has(name)) throw new Error(`invariant 1: a second reply for ${name}`)
    if (!this.specs.has(name)) throw new Error(`invariant 1: a reply for ${name}, which was not accepted`)
    this.replies.set(name, {
      status: status as TerminalStatus,
      code: fault?.code,
      message: fault?.message,
      output,
      engine,
    })
    if (this.aborted.has(name) && status !== 'aborted' && status !== 'succeeded') {
      throw new Error(`invariant 19: aborted ${name} ended as ${status}`)
    }
    if (status === 'impossible' && !this.isHopeless(name))
      throw new Error(`${name} is not impossible: ${fault?.message}`)
  }

  /** Whether nothing that can still happen lets the task run, from the account alone; a circle is taken at its word. */
  protected isHopeless(task: TaskId): boolean {
    const { targets = [], after = [], follow = [] } = this.specs.get(task) as TaskSpec
    const outcomes = (dependency: DependencySpec) =>
      dependency.ids.map((other) => {
        if (!this.known.get(task)?.has(other)) return 'never'
        const reply = this.replies.get(other)
        if (reply === undefined) return 'open'
        return (reply.status === 'succeeded' ? dependency.success : dependency.failure) ? reply : 'never'
      })
    for (const dependency of [...after, ...follow]) {
      if (dependency.ids.length === 0) continue
      const found = outcomes(dependency)
      if (!dependency.success && !dependency.failure) return true
      if (dependency.all ? found.includes('never') : found.every((one) => one === 'never')) return true
    }
    if (this.inCircle(task)) return true
    const candidates = targets.length > 0 ? targets : [...Array(this.nextEngine + 1).keys()]
    return !candidates.some((engine) => {
      if (engine < this.nextEngine && !this.engines.has(engine)) return false
      return follow.every((dependency) => {
        if (dependency.ids.length === 0) return true
        const found = outcomes(dependency)
        const fits = (one: 'never' | 'open' | Reply) => one === 'open' || (one !== 'never' && one.engine === engine)
        return dependency.all ? found.every(fits) : found.some(fits)
      })
    })
  }

  private inCircle(task: TaskId): boolean {
    const seen = new Set<TaskId>()
    const next = [task]
    for (let at = next.pop(); at !== undefined; at = next.pop()) {
      const { after = [], follow = [] } = this.specs.get(at) ?? {}
      for (const other of [...after, ...follow].flatMap((dependency) => dependency.ids)) {
        if (other === task) return true
        if (!seen.has(other)) next.push(other)
        seen.add(other)
      }
    }
    return false
  }
}
