import { type ActorSystem, fromTransition } from 'xstate'
import type { Clock } from '../core/clock.ts'
import { nextDeadline } from './deadlines.ts'
import type { Effect, SchedulerEvent } from './events.ts'
import { createScheduler, type SchedulerConfig, type SchedulerState } from './state.ts'
import { step } from './step.ts'

export interface StepperInput {
  readonly options: SchedulerConfig
  readonly clock: Clock
  /** Performs effects, in order. The array is only valid during the call. */
  perform(effects: readonly Effect[]): void
  /** Told of the state after its steps: to look, never to change. */
  observe?: ((core: SchedulerState) => void) | undefined
  /** Once nothing is left to do after `drain`. */
  onIdle(): void
}

export type StepperEvent =
  /** What happened, in order; one message's worth at a time. */
  | { readonly type: 'happened'; readonly events: readonly SchedulerEvent[] }
  /** A deadline of the core is due. */
  | { readonly type: 'wake' }
  /** Say when nothing is left to do. */
  | { readonly type: 'drain' }
  | { readonly type: 'stop' }

type Self = { send(event: StepperEvent): void }

/** What Node's timers can hold; waking too early does no harm. */
const longestTimerMs = 2 ** 31 - 1

/** @internal Feeds events to `step`, has the effects performed, and keeps the one timer. */
export class Stepper {
  readonly core: SchedulerState
  readonly #input: StepperInput
  #timer: { readonly at: number; cancel(): void } | undefined
  #isDraining = false

  constructor(input: StepperInput) {
    this.#input = input
    this.core = createScheduler(input.options)
  }

  take(event: StepperEvent, self: Self): void {
    switch (event.type) {
      case 'happened':
        this.#run(event.events, self)
        break
      case 'wake':
        this.#timer = undefined
        this.#run([{ type: 'tick' }], self)
        break
      case 'drain':
        this.#isDraining = true
        break
      case 'stop':
        this.#timer?.cancel()
        this.#timer = undefined
        return
    }
    if (!this.#isDraining || !isIdle(this.core)) return
    this.#isDraining = false
    this.#input.onIdle()
  }

  #run(events: readonly SchedulerEvent[], self: Self): void {
    const { clock } = this.#input
    const now = clock.now()
    for (const event of events) this.#input.perform(step(this.core, event, now))
    this.#input.observe?.(this.core)
    const at = nextDeadline(this.core)
    if (at === this.#timer?.at) return
    this.#timer?.cancel()
    this.#timer = undefined
    if (at === undefined) return
    const delayMs = Math.min(Math.max(0, at - now), longestTimerMs)
    this.#timer = { at, cancel: clock.after(delayMs, () => self.send({ type: 'wake' })) }
  }
}

function isIdle({ counts }: SchedulerState): boolean {
  return counts.waiting + counts.ready + counts.assigned + counts.running === 0
}

/**
 * The actor around the pure core. It has no states of its own: each message costs it a step, where a machine's transition
 * would cost several times that.
 */
export const stepper = fromTransition<Stepper, StepperEvent, ActorSystem<never>, StepperInput>(
  (state, event, { self }) => {
    state.take(event, self)
    return state
  },
  ({ input }) => new Stepper(input),
)
