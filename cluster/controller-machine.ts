import {
  type ActorRefFrom,
  assign,
  type DoneActorEvent,
  type ErrorActorEvent,
  fromPromise,
  setup,
  stopChild,
} from 'xstate'
import type { Clock } from '../core/clock.ts'
import type { Log } from '../core/log.ts'
import type { Listener } from '../core/transport.ts'
import { type SchedulerMachineInput, schedulerMachine } from '../scheduler/scheduler-machine.ts'
import type { Journal } from './journal.ts'
import { type PeerEvent, reception } from './reception.ts'
import type { Recovery } from './recovery.ts'
import { Router, type RouterOptions } from './router.ts'
import type { RunObserver } from './run-observer.ts'

interface ControllerMachineInput {
  readonly clock: Clock
  readonly schedulerOptions: SchedulerMachineInput['options']
  readonly observe: SchedulerMachineInput['observe']
  readonly scale: RouterOptions['scale']
  readonly onEngine: RouterOptions['onEngine']
  readonly abortGraceMs: number
  readonly heartbeatMs: number
  /** How long a shutdown waits for live tasks. */
  readonly drainMs: number
  /** Where there is a store. */
  readonly journal: Journal | undefined
  readonly recovery: Recovery<PeerEvent> | undefined
  readonly recoveryMs: number
  /** Who looks at the run: a recorder, metrics, a dashboard. */
  readonly observer: RunObserver | undefined
  /** Opens every address. Rejects, with nothing left open, where one cannot be had. */
  listen(): Promise<readonly Listener[]>
  readonly log: Log
}

export type ControllerMachineEvent =
  /** The engines that an earlier controller had are back. */
  | { readonly type: 'recovered' }
  /** Finish what is there, for at most `drainMs`, then stop. */
  | { readonly type: 'drain' }
  | { readonly type: 'stop' }
  /** What the store did not take. */
  | { readonly type: 'storeFailed'; readonly error: unknown }
  | DoneActorEvent<unknown, 'scheduler'>
  | ErrorActorEvent<unknown, 'scheduler'>
  | ErrorActorEvent<unknown, 'reception'>

interface Context extends ControllerMachineInput {
  readonly listeners: readonly Listener[]
  readonly scheduler: ActorRefFrom<typeof schedulerMachine>
  readonly router: Router
  /** Is told what peers say and do. */
  readonly reception: ActorRefFrom<typeof reception>
  readonly error: unknown
}

const controllerSetup = setup({
  types: {
    input: {} as ControllerMachineInput,
    context: {} as Context,
    events: {} as ControllerMachineEvent,
    output: {} as { readonly error: unknown },
  },
  actors: {
    scheduler: schedulerMachine,
    reception,
    listen: fromPromise<readonly Listener[], ControllerMachineInput>(({ input }) => input.listen()),
    close: fromPromise<void, Context>(async ({ input }) => {
      if (input.error === undefined) {
        // Clients are still owed how those tasks ended that are being written. Should the store fail, this begins anew.
        await input.journal?.settled()
        await input.router.close('the controller was stopped')
      } else input.router.abandon()
      await Promise.all(input.listeners.map((listener) => listener.close()))
      await input.journal?.close()
    }),
  },
  actions: {
    recover: ({ context }) => context.reception.send({ type: 'recover' }),
    turnAway: ({ context }) => context.reception.send({ type: 'close' }),
    noteDefect: assign({ error: ({ event }) => ('error' in event ? event.error : undefined) }),
    checkEngines: ({ context: { recovery, router } }) =>
      recovery?.isOver === false ? recovery.beat() : router.checkEngines(),
    refuseTasks: ({ context }) => {
      context.router.accepting = false
      context.scheduler.send({ type: 'drain' })
    },
    stopScheduler: ({ context: { scheduler } }) => {
      if (scheduler.getSnapshot().status === 'active') scheduler.send({ type: 'stop' })
    },
  },
  delays: {
    checkInterval: ({ context }) => context.heartbeatMs / 4,
    drainLimit: ({ context }) => context.drainMs,
    recoveryLimit: ({ context }) => context.recoveryMs,
  },
  guards: {
    isRecovered: ({ context: { recovery } }) => recovery?.isComplete ?? true,
    idle: ({ context }) => context.scheduler.getSnapshot().status === 'done',
  },
})

/** Engines are watched, and hear of this side, as long as there are tasks: one that hangs must not hold up the end either. */
const checking = controllerSetup.createStateConfig({
  after: { checkInterval: { target: 'checking', reenter: true, actions: 'checkEngines' } },
})

/** A controller's life: starting → recovering → running → draining → closing → stopped. What peers say is for its reception. */
export const controllerMachine = controllerSetup.createMachine({
  id: 'controller',
  context: ({ input, spawn, self }) => {
    const scheduler: ActorRefFrom<typeof schedulerMachine> = spawn('scheduler', {
      id: 'scheduler',
      input: {
        options: input.schedulerOptions,
        clock: input.clock,
        perform: (effects) => {
          input.observer?.performing(effects)
          router.perform(effects)
        },
        observe: input.observe,
      },
    })
    const stepper = scheduler.getSnapshot().context.stepper.getSnapshot()
    // It could not begin: a strategy is unknown, or fails to start.
    if (stepper.status === 'error') throw stepper.error
    const { core } = stepper.context
    const router: Router = new Router({
      clock: input.clock,
      abortGraceMs: input.abortGraceMs,
      heartbeatMs: input.heartbeatMs,
      happened: (events) => {
        // Engines still leave after it has stopped; that is no news to anyone.
        const { status, context } = scheduler.getSnapshot()
        if (status !== 'active') return
        input.observer?.happening(events)
        context.stepper.send({ type: 'happened', events })
        input.observer?.happened?.()
      },
      core: () => core,
      journal: input.journal,
      scale: input.scale,
      onEngine: input.onEngine,
      onShutdown: () => self.send({ type: 'drain' }),
      onStrategyFault: ({ message, code }) => input.log('warn', message, { code }),
      onEngineLeft: (engine, reason, saidGoodbye) => {
        const how = saidGoodbye ? 'left' : 'was lost'
        input.log(saidGoodbye ? 'info' : 'warn', `engine ${engine} ${how}: ${reason}`, { engine, reason })
      },
    })
    const receptionist = spawn('reception', {
      id: 'reception',
      input: {
        router,
        recovery: input.recovery,
        onRecovered: () => self.send({ type: 'recovered' }),
        onEngineWaits: (engine) => input.onEngine?.('joined', engine),
      },
    })
    return { ...input, listeners: [], scheduler, router, reception: receptionist, error: undefined }
  },
  initial: 'starting',
  output: ({ context }) => ({ error: context.error }),
  on: {
    stop: '.closing',
    storeFailed: { target: '.closing', actions: assign({ error: ({ event }) => event.error }) },
    'xstate.error.actor.scheduler': { target: '.closing', actions: 'noteDefect' },
    'xstate.error.actor.reception': { target: '.closing', actions: 'noteDefect' },
  },
  states: {
    starting: {
      invoke: {
        src: 'listen',
        input: ({ context }) => context,
        onDone: { target: 'recovering', actions: assign({ listeners: ({ event }) => event.output }) },
        onError: { target: 'closing', actions: assign({ error: ({ event }) => event.error }) },
      },
    },
    recovering: {
      initial: 'checking',
      states: { checking },
      always: { guard: 'isRecovered', target: 'running' },
      after: { recoveryLimit: 'running' },
      exit: 'recover',
      on: { recovered: 'running', drain: 'draining' },
    },
    running: { initial: 'checking', states: { checking }, on: { drain: 'draining' } },
    draining: {
      initial: 'checking',
      states: { checking },
      entry: 'refuseTasks',
      on: { 'xstate.done.actor.scheduler': 'closing' },
      always: { guard: 'idle', target: 'closing' },
      after: { drainLimit: 'closing' },
    },
    closing: {
      entry: ['stopScheduler', 'turnAway'],
      invoke: { src: 'close', input: ({ context }) => context, onDone: 'stopped', onError: 'stopped' },
    },
    stopped: { entry: [stopChild('scheduler'), stopChild('reception')], type: 'final' },
  },
})
