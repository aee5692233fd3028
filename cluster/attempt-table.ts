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
  Assignment,
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
import type { Executor, ExecutorFactory } from './executor.ts'
import { type ClaimTable, newClaimTable } from './executors/claims.ts'

/** Attempts that an executor can hold; more wait here. */
const claimsCapacity = 4_096
/** How often begun attempts are looked at. */
const lookEveryMs = 20
/** When executors die so often in a row before they are ready, no other is started. */
const deathsMax = 5

interface Attempt {
  readonly assignment: Assignment
  readonly held: FunctionMessage
  sequence: number
  begunReported: boolean
  /** On this engine's clock: when its function was called, as far as that was seen. */
  calledAt: number | undefined
  /** On this engine's clock: when a signalled attempt is ended by force. */
  forceAt: number | undefined
}

interface End {
  readonly attempt: Attempt
  readonly outcome: Outcome
  readonly durationMs: number
  readonly output?: Payload | undefined
  readonly stream?: StreamEnd | undefined
}

export interface AttemptTableOptions {
  readonly executors: ExecutorFactory
  readonly concurrency: number
  readonly engine: number
  /** Of the link to the controller. */
  readonly capacity: Capacity
  readonly clock: Clock
  report(message: EngineToController): void
  /** Executors keep dying before they are ready: the engine is of no use. */
  onHopeless(reason: string): void
}

export class AttemptTable {
  readonly #options: AttemptTableOptions
  readonly #received = new FunctionTable<FunctionMessage>()
  /** Which functions the present executor holds. */
  #executorHolds = new FunctionTable<true>()
  /** By sequence number, in the order in which they were sent to the executor. */
  readonly #sent = new Map<number, Attempt>()
  /** Every attempt here, by task: the controller sends the next attempt of a task only after the last was answered. */
  readonly #byTask = new Map<TaskId, Attempt>()
  #backlog: Attempt[] = []
  #sequence = 0
  #claims: ClaimTable
  #executor: Executor
  #ready = false
  #deaths = 0
  #cancelLook: (() => void) | undefined
  #closed = false

  constructor(options: AttemptTableOptions) {
    this.#options = options
    this.#claims = newClaimTable(claimsCapacity, options.executors.kind === 'thread')
    this.#executor = this.#startExecutor()
  }

  get size(): number {
    return this.#sent.size + this.#backlog.length
  }

  take(message: Extract<ControllerToEngine, { type: 'tasks' }>): void {
    const held = takeFunctions(this.#received, message.tasks, message.functions, (brought) => brought)
    message.tasks.forEach((assignment, i) => {
      const attempt: Attempt = {
        assignment,
        held: held[i] as FunctionMessage,
        sequence: -1,
        begunReported: false,
        calledAt: undefined,
        forceAt: undefined,
      }
      this.#byTask.set(assignment.id, attempt)
      this.#backlog.push(attempt)
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
    const forceAt = this.#options.clock.now() + graceMs
    for (const attempt of begun) attempt.forceAt ??= forceAt
    if (begun.length > 0) this.#executor.send({ type: 'signal', sequences: begun.map((attempt) => attempt.sequence) })
    this.#feed()
  }

  /** As if all that have begun were cancelled. */
  interrupt(graceMs: number): void {
    const forceAt = this.#options.clock.now() + graceMs
    const sequences: number[] = []
    for (const attempt of this.#sent.values()) {
      if (!this.#claims.hasBegun(attempt.sequence) || this.#claims.hasEnded(attempt.sequence)) continue
      attempt.forceAt ??= forceAt
      sequences.push(attempt.sequence)
    }
    if (sequences.length > 0) this.#executor.send({ type: 'signal', sequences })
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
    this.#cancelLook?.()
    this.#sent.clear()
    this.#byTask.clear()
    this.#backlog = []
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
    if (unbegun.size > 0) this.#backlog = this.#backlog.filter((attempt) => !unbegun.has(attempt))
    this.#end([...unbegun].map((attempt) => ({ attempt, outcome: 'recalled', durationMs: 0 })))
    return [...begun]
  }

  /** Sends what waits here to the executor, as far as there is room. */
  #feed(): void {
    if (!this.#ready || this.#backlog.length === 0) return
    const room = claimsCapacity - this.#sent.size
    const attempts = this.#backlog.length <= room ? this.#backlog : this.#backlog.slice(0, room)
    this.#backlog = this.#backlog.length <= room ? [] : this.#backlog.slice(room)
    if (attempts.length === 0) return
    const functions = bringFunctions(
      this.#executorHolds,
      attempts.map((attempt) => attempt.held),
    )
    const tasks = attempts.map((attempt) => {
      attempt.sequence = this.#nextSequence()
      this.#claims.queue(attempt.sequence)
      this.#sent.set(attempt.sequence, attempt)
      const { id, attempt: number, function: hash, call, args } = attempt.assignment
      return { sequence: attempt.sequence, id, attempt: number, function: hash, call, args }
    })
    this.#executor.send({ type: 'run', tasks, functions })
    this.#lookLater()
  }

  /** A number whose place in the claim table is free. */
  #nextSequence(): number {
    do this.#sequence += 1
    while (this.#sent.has(this.#sequence - claimsCapacity) || this.#placeTaken(this.#sequence))
    return this.#sequence
  }

  /** A long-running attempt may still hold a place that the numbers have come round to. */
  #placeTaken(sequence: number): boolean {
    const [oldest] = this.#sent.keys()
    if (oldest === undefined || sequence - oldest < claimsCapacity) return false
    for (const sent of this.#sent.keys()) if (sent % claimsCapacity === sequence % claimsCapacity) return true
    return false
  }

  #end(ends: readonly End[]): void {
    const results: AttemptEnd[] = ends.map(({ attempt, outcome, durationMs, output, stream }) => {
      const { id, attempt: number } = attempt.assignment
      this.#sent.delete(attempt.sequence)
      this.#byTask.delete(id)
      if (output === undefined) return { id, attempt: number, outcome, durationMs }
      const end = { id, attempt: number, outcome, durationMs, output }
      return stream === undefined ? end : { ...end, stream }
    })
    if (results.length === 0) return
    for (const batch of inBatches(results, bytesOf, this.#options.capacity)) {
      this.#options.report({ type: 'ended', results: batch })
    }
  }

  #reportBegun(attempts: readonly Attempt[]): void {
    const news = attempts.filter((attempt) => !attempt.begunReported)
    if (news.length === 0) return
    for (const attempt of news) attempt.begunReported = true
    const tasks = news.map(({ assignment }) => ({ id: assignment.id, attempt: assignment.attempt }))
    this.#options.report({ type: 'begun', tasks })
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
        const ends = message.results.flatMap(({ sequence, outcome, durationMs, output, stream }) => {
          const attempt = this.#sent.get(sequence)
          return attempt ? [{ attempt, outcome, durationMs, output, stream }] : []
        })
        this.#end(ends)
        break
      }
      case 'news':
        this.#options.report(message)
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
    const ends: End[] = []
    const unbegun: Attempt[] = []
    for (const attempt of this.#sent.values()) {
      if (this.#claims.revoke(attempt.sequence)) unbegun.push(attempt)
      else {
        const durationMs = now - (this.#calledAt(attempt) ?? now)
        ends.push({ attempt, outcome: culprits.get(attempt) ?? outcomeOfEnd(attempt), durationMs })
      }
    }
    this.#sent.clear()
    for (const attempt of unbegun) attempt.sequence = -1
    this.#backlog = [...unbegun, ...this.#backlog]
    this.#claims = newClaimTable(claimsCapacity, this.#options.executors.kind === 'thread')
    this.#executor = this.#startExecutor()
    this.#end(ends)
  }

  #lookLater(): void {
    this.#cancelLook ??= this.#options.clock.after(lookEveryMs, () => {
      this.#cancelLook = undefined
      this.#look()
      if (this.#sent.size > 0 && !this.#closed) this.#lookLater()
    })
  }

  /** Reports what has begun since the last look, and ends what has run too long. */
  #look(): void {
    const begun: Attempt[] = []
    for (const attempt of this.#sent.values()) {
      // Attempts begin in the order in which they were sent.
      if (!this.#claims.hasBegun(attempt.sequence)) break
      if (!attempt.begunReported) begun.push(attempt)
    }
    this.#reportBegun(begun)
    if (this.#overdue().size === 0) return
    // After a stall of this thread, what has ended meanwhile is heard before anyone is judged.
    this.#executor.hearOut()
    const culprits = this.#overdue()
    if (culprits.size > 0) this.#replaceExecutor(culprits)
  }

  #overdue(): Map<Attempt, Outcome> {
    const now = this.#options.clock.now()
    const culprits = new Map<Attempt, Outcome>()
    for (const attempt of this.#sent.values()) {
      if (!this.#claims.hasBegun(attempt.sequence)) break
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

/** Of what had begun when its executor ended for another's sake. */
function outcomeOfEnd({ forceAt }: Attempt): Outcome {
  return forceAt === undefined ? 'lost' : 'aborted'
}

const bytesOf = ({ output, stream }: AttemptEnd) => (output?.byteLength ?? 0) + (stream?.last?.byteLength ?? 0)
