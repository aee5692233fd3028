import { ConfigurationError } from '../../core/errors.ts'
import type { Effect, SchedulerEvent } from '../../scheduler/events.ts'
import { validate } from '../../scheduler/invariants.ts'
import type { SchedulerState } from '../../scheduler/state.ts'
import { step as takeStep } from '../../scheduler/step.ts'
import { isTerminal } from '../../scheduler/transitions.ts'
import type { ObservedStep } from './accounts.ts'
import { type BrokenInvariant, type InvariantCheck, InvariantViolation, type Scene } from './invariant-check.ts'
import { invariantChecks } from './invariant-checks.ts'
import { Ledger } from './ledger.ts'
import { tellEvent, tellStep } from './story.ts'

const stepsTold = 200

/**
 * Stands between a scheduler and whoever drives it: call its `step` instead of the scheduler's. It keeps its own account of all
 * events and effects, and holds every check against both after each step. With no checks it only keeps the account.
 */
export class Observer {
  readonly state: SchedulerState
  readonly ledger: Ledger
  /** How many steps were taken. */
  steps = 0
  private readonly checks: readonly InvariantCheck[]
  private readonly scene: Scene
  private readonly recent: ObservedStep[] = []

  /** `state` must be new. Throws a `ConfigurationError` where it has taken steps. */
  constructor(state: SchedulerState, checks: readonly InvariantCheck[] = invariantChecks) {
    if (state.eventCount > 0) throw new ConfigurationError('An observer must see a scheduler from its first step on.')
    this.state = state
    this.checks = checks
    this.ledger = new Ledger(state.retention.limits, state.quota.limits, state.hwm)
    this.scene = { ledger: this.ledger, state }
  }

  /** The last steps as text, one a line. */
  get story(): string[] {
    return this.recent.map(tellStep)
  }

  /** As the scheduler's `step`. Throws an `InvariantViolation` where that breaks a rule, and the scheduler's own error where it throws. */
  step(event: SchedulerEvent, now: number): readonly Effect[] {
    const { ledger, state } = this
    const observed = ledger.receive(event, now)
    this.steps += 1
    this.recent.push(observed)
    if (this.recent.length > stepsTold) this.recent.shift()
    const isCompared = observed.stale && this.checks.length > 0
    const before = isCompared ? fingerprint(state) : ''
    observed.effects = this.take(event, now)
    observed.unchanged = !isCompared || fingerprint(state) === before
    const broken: BrokenInvariant[] = []
    for (const effect of observed.effects) {
      for (const check of this.checks) note(broken, check, check.onEffect?.(effect, observed, this.scene))
      ledger.take(observed, effect)
    }
    for (const check of this.checks) note(broken, check, check.afterStep?.(observed, this.scene))
    this.validate(broken)
    if (broken.length > 0) throw new InvariantViolation(broken, this.story)
    return observed.effects
  }

  /** To be called when every engine has answered for everything, and there were engines for every task. */
  end(): void {
    const broken: BrokenInvariant[] = []
    for (const check of this.checks) note(broken, check, check.atEnd?.(this.scene))
    if (broken.length > 0) throw new InvariantViolation(broken, this.story)
  }

  private take(event: SchedulerEvent, now: number): readonly Effect[] {
    try {
      return takeStep(this.state, event, now)
    } catch (cause) {
      const told = this.recent.slice(0, -1).map(tellStep)
      throw new Error([`${cause} at '${tellEvent(event)}' after`, ...told].join('\n'), { cause })
    }
  }

  /** What the scheduler's own examination finds counts under the same numbers. */
  private validate(broken: BrokenInvariant[]): void {
    if (this.checks.length === 0) return
    for (const { invariant, message } of validate(this.state)) {
      const check = this.checks.find(({ number }) => number === invariant)
      if (check !== undefined) note(broken, check, [message])
    }
  }
}

function note(broken: BrokenInvariant[], { number, sentence }: InvariantCheck, messages: Iterable<string> = []): void {
  for (const message of messages) broken.push({ number, sentence, message })
}

/** What a late message must not change: the live tasks, their queues, and the engines. */
function fingerprint(state: SchedulerState): string {
  const parts: unknown[] = []
  for (const task of state.tasks) {
    const { id, status, attempt, engine, trouble, asked, overdue } = task
    if (isTerminal(status)) continue
    parts.push([id, status, attempt, engine, trouble, asked, overdue, task.group?.key])
  }
  for (const group of state.ready.occupied()) parts.push([group.key, ...[...group].map((task) => task.id)])
  for (const { id, load, freeCores, mark, lastUsed, tasks, direct, zombies } of state.engines.values())
    parts.push([
      id,
      load,
      freeCores,
      mark,
      lastUsed,
      [...tasks, ...direct].map((task) => task.id),
      [...(zombies ?? [])],
    ])
  parts.push(state.deadlines.armed, state.counts, state.nextEngine)
  return JSON.stringify(parts)
}
