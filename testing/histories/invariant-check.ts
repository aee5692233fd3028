import type { Effect } from '../../scheduler/events.ts'
import type { SchedulerState } from '../../scheduler/state.ts'
import type { ObservedStep } from './accounts.ts'
import type { Ledger } from './ledger.ts'

/** What a check may look at. */
export interface Scene {
  readonly ledger: Ledger
  /** The scheduler's own view, which is to agree with the ledger. */
  readonly state: SchedulerState
}

/** One numbered rule of the scheduler, as something that can be found broken. Each part yields what is wrong, in words. */
export interface InvariantCheck {
  readonly number: number
  readonly sentence: string
  /** Looks at an effect before the ledger has taken it in. */
  onEffect?(effect: Effect, step: ObservedStep, scene: Scene): Iterable<string>
  /** Looks at a step when its effects have been taken in. */
  afterStep?(step: ObservedStep, scene: Scene): Iterable<string>
  /** Looks at what is left when every engine has answered and there were engines for everything. */
  atEnd?(scene: Scene): Iterable<string>
}

/** A numbered rule that only whole runs can be found to break, by being compared. */
export interface RunCheck<Subject> {
  readonly number: number
  readonly sentence: string
  /** Yields what is wrong, in words. */
  examine(subject: Subject): Iterable<string>
}

/** A rule that did not hold, and how that showed. */
export interface BrokenInvariant {
  readonly number: number
  readonly sentence: string
  readonly message: string
}

/** Thrown at the first step that breaks an invariant. `story` tells all steps up to it, one a line. */
export class InvariantViolation extends Error {
  readonly broken: readonly BrokenInvariant[]
  readonly story: readonly string[]

  constructor(broken: readonly BrokenInvariant[], story: readonly string[]) {
    const rules = broken.map(({ number, sentence, message }) => `invariant ${number} (${sentence}): ${message}`)
    super([...rules, 'after', ...story].join('\n'))
    this.name = 'InvariantViolation'
    this.broken = broken
    this.story = story
  }
}
