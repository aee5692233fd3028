import type { EngineId, TaskId } from '../../core/ids.ts'
import type { AttemptOutcome, AttemptResult, Effect, SchedulerEvent, TaskSpec } from '../../scheduler/events.ts'
import { createScheduler, type SchedulerConfig, type SchedulerState } from '../../scheduler/state.ts'
import type { Attempt, Reply } from './accounts.ts'
import type { InvariantCheck } from './invariant-check.ts'
import { Observer } from './observer.ts'

/** A scheduler with engines that do as they are told, under an observer that checks every step. Time stands until it is told to pass. */
export class Yard {
  readonly state: SchedulerState
  readonly observer: Observer
  now = 0
  /** Every event so far. */
  readonly told: SchedulerEvent[] = []
  private nextEngine = 0

  /** `checks`: all, where nothing is said. */
  constructor(config: SchedulerConfig = {}, checks?: readonly InvariantCheck[]) {
    this.state = createScheduler(config)
    this.observer = new Observer(this.state, checks)
  }

  // What can happen

  submit(...tasks: TaskSpec[]): readonly Effect[] {
    return this.send({ type: 'submit', tasks })
  }

  join(count = 1, hwm?: number | 'auto'): void {
    for (let i = 0; i < count; i += 1) {
      const engine = this.nextEngine
      this.nextEngine += 1
      this.send({ type: 'engineJoined', engine, ...(hwm === undefined ? {} : { hwm }) })
    }
  }

  lose(engine: EngineId): readonly Effect[] {
    return this.send({ type: 'engineLeft', engine, reason: 'test' })
  }

  drain(...engines: EngineId[]): readonly Effect[] {
    return this.send({ type: 'drainEngines', engines })
  }

  begin({ engine, id, attempt }: Pick<Attempt, 'engine' | 'id' | 'attempt'>): readonly Effect[] {
    return this.send({ type: 'begun', engine, tasks: [{ id, attempt }] })
  }

  /** The engine answers for the attempt, or for the one that the task has out. */
  end(
    which: TaskId | Pick<Attempt, 'engine' | 'id' | 'attempt'>,
    outcome: AttemptOutcome = 'succeeded',
    output: unknown = outcome,
  ): readonly Effect[] {
    const attempt = typeof which === 'string' ? this.attemptOf(which) : which
    return this.send({ type: 'ended', engine: attempt.engine, results: [resultOf(attempt, outcome, output)] })
  }

  abort(...tasks: TaskId[]): readonly Effect[] {
    return this.send({ type: 'abort', tasks })
  }

  resubmit(from: TaskId, to: TaskId): readonly Effect[] {
    return this.send({ type: 'resubmit', pairs: [{ from, to }] })
  }

  pass(ms: number): readonly Effect[] {
    this.now += ms
    return this.send({ type: 'tick' })
  }

  /** Throws where a check fails, and where the strategy does. */
  send(event: SchedulerEvent): readonly Effect[] {
    this.told.push(event)
    const effects = this.observer.step(event, this.now)
    for (const effect of effects) if (effect.type === 'strategyFault') throw new Error(effect.fault.message)
    return effects
  }

  /** Engines come, those that were let go leave, and all that is out ends well. A task that has no reply then never will: that breaks invariant 1. */
  heal(): void {
    const targets = [...this.observer.ledger.pending].flatMap(({ spec }) => spec.targets ?? [])
    this.join(Math.max(0, Math.max(-1, ...targets) + 1 - this.nextEngine) + 2)
    for (;;) {
      const left = this.outstanding()
      const released = [...this.observer.ledger.engines.values()].filter(({ stage }) => stage === 'released')
      if (left.length + released.length === 0) break
      for (const attempt of left) this.end(attempt, answerOf(attempt))
      for (const { id } of released) this.lose(id)
    }
    this.observer.end()
  }

  // What is known

  liveEngines(): EngineId[] {
    return [...this.observer.ledger.engines.keys()]
  }

  /** The attempts that engines have not answered for. */
  outstanding(): Attempt[] {
    return [...this.observer.ledger.engines.values()].flatMap(({ attempts }) => [...attempts])
  }

  /** Throws where the task is at no engine. */
  attemptOf(id: TaskId): Attempt {
    const found = this.outstanding().find((attempt) => attempt.id === id)
    if (found === undefined) throw new Error(`${id} is at no engine`)
    return found
  }

  /** Throws where there is none yet. */
  reply(id: TaskId): Reply {
    const reply = this.observer.ledger.tasks.get(id)?.reply
    if (reply === undefined) throw new Error(`no reply for ${id}`)
    return reply
  }

  /** A live task's status, or how it ended. */
  status(id: TaskId): string {
    const reply = this.observer.ledger.tasks.get(id)?.reply
    return reply?.status ?? this.state.tasks.get(id)?.status ?? 'unknown'
  }
}

/** What a good engine says to what it was asked. */
export function answerOf({ asked, begun }: Attempt): AttemptOutcome {
  if (asked === 'cancel') return begun ? 'succeeded' : 'aborted'
  return asked === 'recall' && !begun ? 'recalled' : 'succeeded'
}

export function resultOf(
  { id, attempt }: Pick<Attempt, 'id' | 'attempt'>,
  outcome: AttemptOutcome,
  output: unknown,
): AttemptResult {
  return { id, attempt, outcome, durationMs: 1, output, outputBytes: 8 }
}
