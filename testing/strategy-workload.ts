import assert from 'node:assert/strict'
import type { EngineId, SessionId, TaskId } from '../core/ids.ts'
import { type Random, seededRandom } from '../core/random.ts'
import type { AttemptOutcome, Effect, SchedulerEvent, TaskSpec } from '../scheduler/events.ts'
import { validate } from '../scheduler/invariants.ts'
import { createScheduler, type SchedulerConfig, type SchedulerState } from '../scheduler/state.ts'
import { step } from '../scheduler/step.ts'
import type { StrategyLike } from '../scheduler/strategies/strategy.ts'

interface Attempt {
  readonly engine: EngineId
  readonly id: TaskId
  readonly attempt: number
  isAsked: boolean
}

/** A scheduler with a strategy in force, and engines whose doings a seed decides. Every step is checked. */
export class StrategyWorkload {
  readonly state: SchedulerState
  /** Where each attempt was sent, in order: `<task>@<engine>`. */
  readonly choices: string[] = []
  readonly replies = new Map<TaskId, number>()
  readonly random: Random
  private readonly attempts: Attempt[] = []
  private submitted = 0
  private engines = 0

  constructor(strategy: StrategyLike, seed: number, config: SchedulerConfig = {}) {
    this.random = seededRandom(seed)
    this.state = createScheduler({ strategy, seed, hwm: 2, ...config })
  }

  join(count: number, { concurrency = 1, speed = 1 }: { concurrency?: number; speed?: number } = {}): void {
    for (let i = 0; i < count; i += 1) {
      this.send({ type: 'engineJoined', engine: this.engines, concurrency, speed })
      this.engines += 1
    }
  }

  submit(count: number, extra: () => Partial<TaskSpec> = () => ({})): void {
    const tasks = Array.from({ length: count }, () => {
      this.submitted += 1
      return { id: `suite.${this.submitted}` as TaskId, client: 'suite' as SessionId, body: undefined, ...extra() }
    })
    this.send({ type: 'submit', tasks })
  }

  /** Targets, dependencies, priorities and retries, as the seed has it. */
  constraints(): Partial<TaskSpec> {
    const earlier = `suite.${1 + this.random.below(this.submitted + 1)}` as TaskId
    const dependency = [{ ids: [earlier], all: true, success: true, failure: true }]
    const target = this.random.below(this.engines)
    switch (this.random.below(6)) {
      case 0:
        return { targets: [target, (target + 1) % this.engines] }
      case 1:
        return { after: dependency }
      case 2:
        return { follow: dependency }
      case 3:
        return { priority: this.random.below(3), retries: 2 }
      default:
        return {}
    }
  }

  lose(engine: EngineId): void {
    for (let i = this.attempts.length - 1; i >= 0; i -= 1) {
      if (this.attempts[i]?.engine === engine) this.attempts.splice(i, 1)
    }
    this.send({ type: 'engineLeft', engine, reason: 'suite' })
  }

  get liveEngines(): EngineId[] {
    return [...this.state.engines.keys()]
  }

  /** One attempt, any, ends; what it was asked to give back it gives back. False when there is none. */
  endOne(outcomes: readonly AttemptOutcome[] = ['succeeded']): boolean {
    if (this.attempts.length === 0) return false
    const [attempt] = this.attempts.splice(this.random.below(this.attempts.length), 1) as [Attempt]
    const drawn = outcomes[this.random.below(outcomes.length)] as AttemptOutcome
    const { engine, id } = attempt
    const outcome = attempt.isAsked ? 'recalled' : drawn
    const durationMs = 1 + this.random.below(10)
    const result = { id, attempt: attempt.attempt, outcome, durationMs, output: undefined }
    this.send({ type: 'ended', engine, results: [result] })
    return true
  }

  /** Everything ends well; every task must have had one reply by then. */
  finish(): void {
    while (this.endOne()) {}
    assert.equal(this.replies.size, this.submitted, 'not every task ended')
  }

  send(event: SchedulerEvent): void {
    for (const effect of step(this.state, event, this.state.now + 1)) this.perform(effect)
    assert.deepEqual(validate(this.state), [])
  }

  private perform(effect: Effect): void {
    if (effect.type === 'strategyFault') assert.fail(effect.fault.message)
    if (effect.type === 'assign') {
      this.choices.push(`${effect.task.id}@${effect.engine}`)
      this.attempts.push({ engine: effect.engine, id: effect.task.id, attempt: effect.attempt, isAsked: false })
    } else if (effect.type === 'recall') {
      const asked = this.attempts.find((one) => one.id === effect.id && one.attempt === effect.attempt)
      if (asked !== undefined) asked.isAsked = true
    } else if (effect.type === 'end') {
      const count = (this.replies.get(effect.task.id) ?? 0) + 1
      assert.equal(count, 1, `${effect.task.id} ended twice`)
      this.replies.set(effect.task.id, count)
    }
  }
}
