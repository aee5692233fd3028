/**
 * The attempts that lie at one engine, from their arrival to the word of how they ended. It owns the executor and
 * replaces it when a task must be ended by force or when the executor dies; attempts that had not begun move to the
 * new one, so that nobody else's task suffers. Every attempt it took is answered exactly once.
 */
import { type Capacity, inBatches } from '../core/capacity.ts'
import type { Clock } from '../core/clock.ts'
import { bringFunctions, FunctionTable, takeFunctions } from '../core/function-table.ts'
import type { TaskId } from '../core/ids.ts'
import type {
  AttemptEnd,
  AttemptRef,
  ControllerToEngine,
  EngineToController,
  ExecutorToEngine,
  FunctionMessage,
  Outcome,
} from '../core/messages.ts'
import type { Payload } from '../core/payload.ts'
import type { Pull, StreamEnd } from '../core/stream-messages.ts'
import type { TaskNews } from '../core/task-news.ts'
import type { Executor, ExecutorFactory } from './executor.ts'
import { type ClaimTable, newClaimTable } from './executors/claims.ts'
import { type Attempt, Lane } from './lane.ts'
import { Lookout, type Prospect } from './lookout.ts'

/** Attempts that an executor can hold; more wait here. */
const balancedRoom = 4_096
const directRoom = 256
const claimsCapacity = balancedRoom + directRoom
/** When executors die so often in a row before they are ready, no other is started. */
const deathsMax = 5

interface End {
  readonly attempt: Attempt
  readonly outcome: Outcome
  readonly durationMs: number
  readonly output?: Payload | undefined
  readonly stream?: StreamEnd | undefined
  readonly emitsDropped?: number | undefined
}

export interface AttemptTableOptions {
  readonly executors: ExecutorFactory
  readonly concurrency: number
  readonly engine: number
  /** Of the link to the controller. */
  readonly capacity: Capacity
  readonly clock: Clock
  /** Whether ends are kept until they are noted. */
  readonly keeps?: boolean
  /** Answers whether the link has room; if not, `drained` is called when it has. */
  report(message: EngineToController): boolean
  /** Executors keep dying before they are ready: the engine is of no use. */
  onHopeless(reason: string): void
}

export class AttemptTable {
  readonly #options: AttemptTableOptions
  #send: (message: EngineToController) => boolean
  #isFull = false
  #received = new FunctionTable<FunctionMessage>()
  /** Ends that the controller may not have noted. */
  readonly #kept = new Map<TaskId, AttemptEnd>()
  /** Which functions the present executor holds. */
  #executorHolds = new FunctionTable<true>()
  readonly #balanced = new Lane(balancedRoom)
  readonly #direct = new Lane(directRoom)
  readonly #lanes = [this.#balanced, this.#direct]
  /** Every attempt here, by task: the controller sends the next attempt of a task only after the last was answered. */
  readonly #byTask = new Map<TaskId, Attempt>()
  #sequence = 0
  #claims: ClaimTable
  #executor: Executor
  #ready = false
  #deaths = 0
  readonly #lookout: Lookout
  #closed = false

  constructor(options: AttemptTableOptions) {
    this.#options = options
    this.#send = options.report
    this.#lookout = new Lookout(options.clock, () => this.#look())
    this.#claims = newClaimTable(claimsCapacity, options.executors.kind === 'thread')
    this.#executor = this.#startExecutor()
  }

  get size(): number {
    return this.#byTask.size
  }

  /** By a new link, to a controller that goes on with what the one before it had: it hears of everything that is here. */
  resume(report: (message: EngineToController) => boolean): void {
    this.#send = report
    this.#isFull = false
    this.#received = new FunctionTable()
    const held = [...this.#byTask.values()].map(({ assignment: { id, attempt } }) => ({ id, attempt }))
    const ended = [...this.#kept.values()]
    this.#report({ type: 'holding', tasks: [...held, ...ended.map(({ id, attempt }) => ({ id, attempt }))] })
    for (const attempt of this.#byTask.values()) attempt.begunReported = false
    this.#lookout.soon()
    // Parts that the other link took with it, and by them the controller learns which tasks are streams.
    this.pull(held.map(({ id }) => ({ id, heard: 0, upTo: 0, again: true })))
    this.#tellEnds(ended)
  }

  /** The link has room again. */
  drained(): void {
    this.#isFull = false
  }

  /** The controller will not ask for these ends again. */
  noted(refs: readonly AttemptRef[]): void {
    for (const { id, attempt } of refs) if (this.#kept.get(id)?.attempt === attempt) this.#kept.delete(id)
  }

  take(message: Extract<ControllerToEngine, { type: 'tasks' }>): void {
    const held = takeFunctions(this.#received, message.tasks, message.functions, (brought) => brought)
    message.tasks.forEach((assignment, i) => {
      const attempt: Attempt = {
        assignment,
        held: held[i] as FunctionMessage,
        sequence: -1,
        begunReported: false,
        emitsDropped: 0,
        calledAt: undefined,
        forceAt: undefined,
        interrupted: false,
      }
      this.#byTask.set(assignment.id, attempt)
      this.#laneOf(attempt).push(attempt)
    })
    this.#feed()
  }

  /** Gives back those that have not begun, and says of the others that they have. */
  recall(refs: readonly AttemptRef[]): void {
    this.#reportBegun(this.#giveBack(refs))
    this.#feed()
  }

  /** Gives back those that have not begun; of the others the signal fires, and after `graceMs` the executor is ended. */
  cancel(refs: readonly AttemptRef[], graceMs: number): void {
    const begun = this.#giveBack(refs)
    this.#signal(begun, graceMs)
    this.#feed()
  }

  /** As if all that have begun were cancelled. */
  interrupt(graceMs: number): void {
    const begun = this.#begun().filter((attempt) => !this.#claims.hasEnded(attempt.sequence))
    for (const attempt of begun) attempt.interrupted = true
    this.#signal(begun, graceMs)
  }

  /** A new executor: what has begun is lost, the others move there. */
  restart(): void {
    if (!this.#ready) return
    this.#executor.hearOut()
    this.#replaceExecutor(new Map())
  }

  /** Lets generators go on. Of what does not run here any more, or not yet, nothing comes of it: its reader asks again. */
  pull(pulls: readonly Pull[]): void {
    const streams = pulls.flatMap(({ id, ...credit }) => {
      const sequence = this.#byTask.get(id)?.sequence ?? -1
      return sequence < 0 ? [] : [{ sequence, ...credit }]
    })
    if (streams.length > 0) this.#executor.send({ type: 'pull', streams })
  }

  /** Ends the executor and forgets every attempt, without a word: the controller has already written them off. */
  async close(): Promise<void> {
    this.#closed = true
    this.#lookout.close()
    for (const lane of this.#lanes) lane.clear()
    this.#byTask.clear()
    await this.#executor.flush?.()
    await this.#executor.end()
  }

  /** Gives back those that have not begun, and answers the others. What has ended is neither. */
  #giveBack(refs: readonly AttemptRef[]): Attempt[] {
    const unbegun = new Set<Attempt>()
    const begun = new Set<Attempt>()
    for (const ref of refs) {
      const attempt = this.#byTask.get(ref.id)
      if (attempt?.assignment.attempt !== ref.attempt) continue
      const isUnbegun = attempt.sequence === -1 || this.#claims.revoke(attempt.sequence)
      if (isUnbegun) unbegun.add(attempt)
      else begun.add(attempt)
    }
    if (unbegun.size > 0) for (const lane of this.#lanes) lane.dropFromBacklog(unbegun)
    this.#end([...unbegun].map((attempt) => ({ attempt, outcome: 'recalled', durationMs: 0 })))
    return [...begun]
  }

  /** They have begun: their signal fires, and after `graceMs` the executor is ended. */
  #signal(attempts: readonly Attempt[], graceMs: number): void {
    const forceAt = this.#options.clock.now() + graceMs
    for (const attempt of attempts) attempt.forceAt ??= forceAt
    if (attempts.length === 0) return
    this.#executor.send({ type: 'signal', sequences: attempts.map((attempt) => attempt.sequence) })
    this.#lookout.soon()
  }

  #laneOf({ assignment }: Attempt): Lane {
    return assignment.direct ? this.#direct : this.#balanced
  }

  /** What has begun and has not been answered for; its end may be on its way. */
  #begun(): Attempt[] {
    return this.#lanes.flatMap((lane) => lane.begun(this.#claims))
  }

  /** Sends what waits here to the executor, as far as there is room. Where one has ended, the next there begins. */
  #feed(): void {
    if (!this.#ready) return
    this.#lookout.soon()
    const direct = this.#direct.takeNext()
    const balanced = this.#balanced.takeNext()
    const attempts = direct.length > 0 ? [...direct, ...balanced] : balanced
    if (attempts.length === 0) return
    const functions = bringFunctions(
      this.#executorHolds,
      attempts.map((attempt) => attempt.held),
    )
    const tasks = attempts.map((attempt) => {
      attempt.sequence = this.#nextSequence()
      this.#claims.queue(attempt.sequence)
      this.#laneOf(attempt).sent.set(attempt.sequence, attempt)
      const { id, attempt: number, function: hash, call, args, direct: isDirect, traceparent } = attempt.assignment
      const task = { sequence: attempt.sequence, id, attempt: number, function: hash, call, args }
      const plain = isDirect ? { ...task, direct: isDirect } : task
      return traceparent === undefined ? plain : { ...plain, traceparent }
    })
    this.#executor.send({ type: 'run', tasks, functions })
  }

  /** A number whose place in the claim table is free. */
  #nextSequence(): number {
    do this.#sequence += 1
    while (isPlaceTaken(this.#balanced.sent, this.#sequence) || isPlaceTaken(this.#direct.sent, this.#sequence))
    return this.#sequence
  }

  #end(ends: readonly End[]): void {
    const results = ends.map((end): AttemptEnd => {
      const { attempt } = end
      this.#laneOf(attempt).sent.delete(attempt.sequence)
      // After a restart of the controller the next attempt may be here before this one has ended.
      if (this.#byTask.get(attempt.assignment.id) === attempt) this.#byTask.delete(attempt.assignment.id)
      const told = toldOf(end)
      const emitsDropped = attempt.emitsDropped + (end.emitsDropped ?? 0)
      return emitsDropped === 0 ? told : { ...told, emitsDropped }
    })
    if (this.#options.keeps) for (const end of results) this.#keep(end)
    this.#tellEnds(results)
  }

  /** Of two attempts at a task the later one counts. */
  #keep(end: AttemptEnd): void {
    if (end.attempt >= (this.#kept.get(end.id)?.attempt ?? 0)) this.#kept.set(end.id, end)
  }

  #tellEnds(results: AttemptEnd[]): void {
    if (results.length === 0) return
    for (const batch of inBatches(results, bytesOf, this.#options.capacity)) {
      this.#report({ type: 'ended', results: batch })
    }
  }

  #report(message: EngineToController): void {
    if (!this.#send(message)) this.#isFull = true
  }

  /** On a full link values and progress are left out: nothing else bounds how much of them there is. */
  #reportNews(news: TaskNews[]): void {
    const told = this.#isFull ? news.filter((one) => !this.#leavesOut(one)) : news
    if (told.length > 0) this.#report({ type: 'news', news: told })
  }

  #leavesOut({ kind, id }: TaskNews): boolean {
    const attempt = kind === 'emit' ? this.#byTask.get(id) : undefined
    if (attempt) attempt.emitsDropped += 1
    return kind === 'emit' || kind === 'progress'
  }

  #reportBegun(attempts: readonly Attempt[]): void {
    const news = attempts.filter((attempt) => !attempt.begunReported)
    if (news.length === 0) return
    for (const attempt of news) attempt.begunReported = true
    const tasks = news.map(({ assignment }) => ({ id: assignment.id, attempt: assignment.attempt }))
    this.#report({ type: 'begun', tasks })
  }

  #startExecutor(): Executor {
    const { executors, concurrency, engine, capacity } = this.#options
    this.#ready = false
    this.#executorHolds = new FunctionTable()
    const executor: Executor = executors.start(
      { claims: this.#claims, concurrency, engine, capacity },
      {
        onMessage: (message) => executor === this.#executor && this.#hear(message),
        onDeath: (reason) => executor === this.#executor && this.#executorDied(reason),
      },
    )
    return executor
  }

  #hear(message: ExecutorToEngine): void {
    if (this.#closed) return
    switch (message.type) {
      case 'ready':
        this.#ready = true
        this.#deaths = 0
        break
      case 'done': {
        const ends = message.results.flatMap(({ sequence, outcome, durationMs, output, stream, emitsDropped }) => {
          const attempt = this.#balanced.sent.get(sequence) ?? this.#direct.sent.get(sequence)
          return attempt ? [{ attempt, outcome, durationMs, output, stream, emitsDropped }] : []
        })
        this.#end(ends)
        break
      }
      case 'news':
        this.#reportNews(message.news)
        return
      case 'flushed':
        return
    }
    this.#feed()
  }

  #executorDied(reason: string): void {
    if (this.#closed) return
    if (!this.#ready) this.#deaths += 1
    if (this.#deaths >= deathsMax) return this.#options.onHopeless(reason)
    this.#replaceExecutor(new Map())
  }

  /** Attempts that had begun end as `culprits` says, else as lost; the others go to the new executor. */
  #replaceExecutor(culprits: ReadonlyMap<Attempt, Outcome>): void {
    void this.#executor.end()
    const now = this.#options.clock.now()
    const begun = this.#lanes.flatMap((lane) => lane.returnUnbegun(this.#claims))
    const ends = begun.map((attempt): End => {
      const durationMs = now - (this.#calledAt(attempt) ?? now)
      return { attempt, outcome: culprits.get(attempt) ?? 'lost', durationMs }
    })
    this.#claims = newClaimTable(claimsCapacity, this.#options.executors.kind === 'thread')
    this.#executor = this.#startExecutor()
    this.#end(ends)
  }

  /** Reports what has begun since the last look, and ends what has run too long. */
  #look(): Prospect {
    this.#reportBegun(this.#begun())
    if (this.#overdue().size > 0) {
      // After a stall of this thread, what has ended meanwhile is heard before anyone is judged.
      this.#executor.hearOut()
      const culprits = this.#overdue()
      if (culprits.size > 0) this.#replaceExecutor(culprits)
    }
    return this.#prospect()
  }

  /** When the next attempt may begin, or is to be ended. */
  #prospect(): Prospect {
    const now = this.#options.clock.now()
    const begun = this.#begun()
    let running = 0
    let knownAt = Number.POSITIVE_INFINITY
    let isUncalled = false
    for (const attempt of begun) {
      if (this.#claims.hasEnded(attempt.sequence)) continue
      running += 1
      if (attempt.forceAt !== undefined) knownAt = Math.min(knownAt, attempt.forceAt)
      const { runTimeoutMs = 0 } = attempt.assignment
      if (runTimeoutMs === 0) continue
      const calledAt = this.#calledAt(attempt)
      if (calledAt === undefined) isUncalled = true
      else knownAt = Math.min(knownAt, calledAt + runTimeoutMs)
    }
    const areOthersThere = this.#balanced.sent.size + this.#direct.sent.size > begun.length
    // An executor that has as much to do as it can begins nothing before it has said that something ended.
    const mayBegin = areOthersThere && running < this.#options.concurrency
    return { knownInMs: knownAt - now, isOpen: isUncalled || mayBegin }
  }

  #overdue(): Map<Attempt, Outcome> {
    const now = this.#options.clock.now()
    const culprits = new Map<Attempt, Outcome>()
    for (const attempt of this.#begun()) {
      if (this.#claims.hasEnded(attempt.sequence)) continue
      const { runTimeoutMs = 0 } = attempt.assignment
      const ranMs = now - (this.#calledAt(attempt) ?? now)
      if (attempt.forceAt !== undefined && now >= attempt.forceAt) culprits.set(attempt, 'aborted')
      else if (runTimeoutMs > 0 && ranMs >= runTimeoutMs) culprits.set(attempt, 'timedOut')
    }
    return culprits
  }

  /** By this engine's clock, so that a jump of the wall clock ends nobody. */
  #calledAt(attempt: Attempt): number | undefined {
    const wallTime = this.#claims.calledAt(attempt.sequence)
    if (attempt.calledAt !== undefined || Number.isNaN(wallTime)) return attempt.calledAt
    const { clock } = this.#options
    attempt.calledAt = clock.now() - Math.max(0, clock.wallTime() - wallTime)
    return attempt.calledAt
  }
}

function toldOf({ attempt, outcome, durationMs, output, stream }: End): AttemptEnd {
  const { id, attempt: number } = attempt.assignment
  if (attempt.interrupted && outcome !== 'succeeded') return { id, attempt: number, outcome: 'aborted', durationMs }
  if (output === undefined) return { id, attempt: number, outcome, durationMs }
  const end = { id, attempt: number, outcome, durationMs, output }
  return stream === undefined ? end : { ...end, stream }
}

/** A long-running attempt may still hold a place that the numbers have come round to. */
function isPlaceTaken(sent: ReadonlyMap<number, Attempt>, sequence: number): boolean {
  if (sent.size === 0) return false
  if (sent.has(sequence - claimsCapacity)) return true
  const [oldest] = sent.keys()
  if (oldest === undefined || sequence - oldest < claimsCapacity) return false
  for (const other of sent.keys()) if (other % claimsCapacity === sequence % claimsCapacity) return true
  return false
}

const bytesOf = ({ output, stream }: AttemptEnd) => (output?.byteLength ?? 0) + (stream?.last?.byteLength ?? 0)
