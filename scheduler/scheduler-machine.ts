import { type ActorRefFrom, setup } from 'xstate'
import { type StepperInput, stepper } from './stepper.ts'

export type SchedulerMachineInput = Omit<StepperInput, 'onIdle'>

export type SchedulerMachineEvent =
  /** Take no more submissions, finish what is there. */
  | { readonly type: 'drain' }
  /** That is done. */
  | { readonly type: 'idle' }
  | { readonly type: 'stop' }

export interface SchedulerMachineContext {
  /** Is told what happens, and holds the core. */
  readonly stepper: ActorRefFrom<typeof stepper>
}

/** The life of a scheduler. What happens meanwhile is for its stepper. */
export const schedulerMachine = setup({
  types: {
    input: {} as SchedulerMachineInput,
    context: {} as SchedulerMachineContext,
    events: {} as SchedulerMachineEvent,
  },
  actors: { stepper },
}).createMachine({
  id: 'scheduler',
  context: ({ input, spawn, self }) => ({
    stepper: spawn('stepper', { id: 'stepper', input: { ...input, onIdle: () => self.send({ type: 'idle' }) } }),
  }),
  initial: 'accepting',
  on: { stop: '.stopped' },
  states: {
    accepting: { on: { drain: 'draining' } },
    draining: { entry: ({ context }) => context.stepper.send({ type: 'drain' }), on: { idle: 'stopped' } },
    stopped: { type: 'final', entry: ({ context }) => context.stepper.send({ type: 'stop' }) },
  },
})
