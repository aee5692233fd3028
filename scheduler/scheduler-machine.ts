import { assign, setup } from 'xstate'
import type { Clock } from '../core/clock.ts'
import { nextDeadline } from './deadlines.ts'
import type { Effect, SchedulerEvent } from './events.ts'
import { createScheduler, type SchedulerConfig, type SchedulerState } from './state.ts'
import { step } from './step.ts'

export interface SchedulerMachineInput {
  readonly options: SchedulerConfig
  readonly clock: Clock
  /** Performs effects, in order. The array is only valid during the call. */
  perform(effects: readonly Effect[]): void
}

export type SchedulerMachineEvent =
  /** What happened, in order; one message's worth at a time. */
  | { readonly type: 'happened'; readonly events: readonly SchedulerEvent[] }
  /** A deadline of the core is due. */
  | { readonly type: 'wake' }
  /** Take no more submissions, finish what is there. */
  | { readonly type: 'drain' }
  | { readonly type: 'stop' }

export interface SchedulerMachineContext extends SchedulerMachineInput {
  readonly core: SchedulerState
  /** The one timer, and when it fires. */
  timer: { readonly at: number; cancel(): void } | undefined
}

type Self = { send(event: SchedulerMachineEvent): void }

function run(context: SchedulerMachineContext, self: Self, events: readonly SchedulerEvent[]): void {
  const now = context.clock.now()
  for (const event of events) context.perform(step(context.core, event, now))
  const at = nextDeadline(context.core)
  if (at === context.timer?.at) return
  context.timer?.cancel()
  context.timer = undefined
  if (at === undefined) return
  const delayMs = Math.min(Math.max(0, at - now), longestTimerMs)
  context.timer = { at, cancel: context.clock.after(delayMs, () => self.send({ type: 'wake' })) }
}

/** What Node's timers can hold; waking too early does no harm. */
const longestTimerMs = 2 ** 31 - 1

function isIdle({ core: { counts } }: SchedulerMachineContext): boolean {
  return counts.waiting + counts.ready + counts.assigned + counts.running === 0
}

/** The actor around the pure core: it feeds events to `step`, has the effects performed, and keeps the one timer. */
export const schedulerMachine = setup({
  types: {
    input: {} as SchedulerMachineInput,
    context: {} as SchedulerMachineContext,
    events: {} as SchedulerMachineEvent,
  },
  actions: {
    run: ({ context, event, self }) => {
      if (event.type === 'happened') run(context, self, event.events)
    },
    tick: ({ context, self }) => {
      context.timer = undefined
      run(context, self, [{ type: 'tick' }])
    },
    cancelTimer: assign(({ context }) => {
      context.timer?.cancel()
      return { timer: undefined }
    }),
  },
  guards: { idle: ({ context }) => isIdle(context) },
}).createMachine({
  id: 'scheduler',
  context: ({ input }) => ({ ...input, core: createScheduler(input.options), timer: undefined }),
  initial: 'accepting',
  on: { wake: { actions: 'tick' }, stop: '.stopped' },
  states: {
    accepting: { on: { happened: { actions: 'run' }, drain: 'draining' } },
    draining: { always: { guard: 'idle', target: 'stopped' }, on: { happened: { actions: 'run' } } },
    stopped: { type: 'final', entry: 'cancelTimer' },
  },
})
