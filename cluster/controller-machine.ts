import { type ActorRefFrom, assign, fromPromise, setup, stopChild } from 'xstate'
import type { Clock } from '../core/clock.ts'
import type { ClientToController, EngineInfo, EngineToController } from '../core/messages.ts'
import type { Listener } from '../core/transport.ts'
import { type SchedulerMachineInput, schedulerMachine } from '../scheduler/scheduler-machine.ts'
import type { ClientPeer } from './client-peer.ts'
import type { EnginePeer } from './engine-peer.ts'
import type { Journal } from './journal.ts'
import type { Recovery } from './recovery.ts'
import { Router } from './router.ts'

interface ControllerMachineInput {
  readonly clock: Clock
  readonly schedulerOptions: SchedulerMachineInput['options']
  readonly abortGraceMs: number
  readonly heartbeatMs: number
  /** How long a shutdown waits for live tasks. */
  readonly drainMs: number
  /** Where there is a store. */
  readonly journal: Journal | undefined
  readonly recovery: Recovery<ControllerMachineEvent> | undefined
  readonly recoveryMs: number
  /** Opens every address. Rejects, with nothing left open, where one cannot be had. */
  listen(): Promise<readonly Listener[]>
  log(level: 'info' | 'warn', message: string): void
}

export type ControllerMachineEvent =
  | { readonly type: 'clientJoined'; readonly peer: ClientPeer; readonly told: readonly EngineInfo[] }
  | { readonly type: 'clientMessage'; readonly peer: ClientPeer; readonly message: ClientToController }
  | { readonly type: 'clientLeft'; readonly peer: ClientPeer }
  | { readonly type: 'clientDrained'; readonly peer: ClientPeer }
  | { readonly type: 'engineJoined'; readonly peer: EnginePeer }
  | { readonly type: 'engineMessage'; readonly peer: EnginePeer; readonly message: EngineToController }
  | { readonly type: 'engineLeft'; readonly peer: EnginePeer; readonly reason: string }
  /** Finish what is there, for at most `drainMs`, then stop. */
  | { readonly type: 'drain' }
  | { readonly type: 'stop' }
  /** What the store did not take. */
  | { readonly type: 'storeFailed'; readonly error: unknown }

interface Context extends ControllerMachineInput {
  readonly listeners: readonly Listener[]
  readonly scheduler: ActorRefFrom<typeof schedulerMachine>
  readonly router: Router
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
    listen: fromPromise<readonly Listener[], ControllerMachineInput>(({ input }) => input.listen()),
    close: fromPromise<void, Context>(async ({ input }) => {
      if (input.error === undefined) await input.router.close('the controller was stopped')
      else input.router.abandon()
      await Promise.all(input.listeners.map((listener) => listener.close()))
      await input.journal?.close()
    }),
  },
  actions: {
    route: ({ context: { router }, event, self }) => route(router, event, self.id),
    defer: ({ context: { recovery }, event }) => {
      if (event.type === 'engineJoined') recovery?.engineJoined(event.peer)
      else if (event.type === 'engineMessage' && event.message.type === 'holding') {
        recovery?.holds(event.peer.id, event.message.tasks)
      } else {
        if (event.type === 'engineLeft') recovery?.engineLeft(event.peer.id)
        recovery?.defer(event)
      }
    },
    recover: ({ context: { recovery, router }, self }) => {
      for (const event of recovery?.finish(router) ?? []) route(router, event, self.id)
    },
    turnAway: ({ event }) => {
      if (event.type === 'clientJoined') void event.peer.close('the controller was stopped')
      else if (event.type === 'engineJoined') void event.peer.close()
    },
    checkEngines: ({ context }) => context.router.checkEngines(),
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
    isRecovering: ({ context: { recovery } }) => recovery?.isOver === false,
    isRecovered: ({ context: { recovery } }) => recovery?.isComplete ?? true,
    idle: ({ context }) => context.scheduler.getSnapshot().status === 'done',
  },
})

/** What peers say. */
const heard = [{ guard: 'isRecovering', actions: 'defer' }, { actions: 'route' }] as const

/** Engines are watched as long as there are tasks: one that hangs must not hold up the end either. */
const checking = controllerSetup.createStateConfig({
  after: { checkInterval: { target: 'checking', reenter: true, actions: 'checkEngines' } },
})

/** A controller's life: starting → running → draining → closing → stopped. Whatever peers say is one event a message. */
export const controllerMachine = controllerSetup.createMachine({
  id: 'controller',
  context: ({ input, spawn, self }) => {
    const scheduler: ActorRefFrom<typeof schedulerMachine> = spawn('scheduler', {
      id: 'scheduler',
      input: {
        options: input.schedulerOptions,
        clock: input.clock,
        perform: (effects) => router.perform(effects),
      },
    })
    const router: Router = new Router({
      clock: input.clock,
      abortGraceMs: input.abortGraceMs,
      heartbeatMs: input.heartbeatMs,
      happened: (events) => {
        // Engines still leave after it has stopped; that is no news to anyone.
        if (scheduler.getSnapshot().status === 'active') scheduler.send({ type: 'happened', events })
      },
      core: () => scheduler.getSnapshot().context.core,
      journal: input.journal,
      onShutdown: () => self.send({ type: 'drain' }),
      onStrategyFault: (fault) => input.log('warn', fault.message),
    })
    return { ...input, listeners: [], scheduler, router, error: undefined }
  },
  initial: 'starting',
  output: ({ context }) => ({ error: context.error }),
  on: {
    // While it starts, too: one address may be open before another.
    clientJoined: heard,
    engineJoined: heard,
    clientMessage: heard,
    engineMessage: heard,
    clientLeft: heard,
    clientDrained: heard,
    engineLeft: heard,
    stop: '.closing',
    storeFailed: { target: '.closing', actions: assign({ error: ({ event }) => event.error }) },
    'xstate.error.actor.scheduler': {
      target: '.closing',
      actions: assign({ error: ({ event }) => ('error' in event ? event.error : undefined) }),
    },
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
      always: { guard: 'isRecovered', target: 'running' },
      after: { recoveryLimit: 'running' },
      exit: 'recover',
      on: { drain: 'draining' },
    },
    running: { initial: 'checking', states: { checking }, on: { drain: 'draining' } },
    draining: {
      initial: 'checking',
      states: { checking },
      entry: 'refuseTasks',
      always: { guard: 'idle', target: 'closing' },
      after: { drainLimit: 'closing' },
    },
    closing: {
      entry: 'stopScheduler',
      on: { clientJoined: { actions: 'turnAway' }, engineJoined: { actions: 'turnAway' } },
      invoke: { src: 'close', input: ({ context }) => context, onDone: 'stopped', onError: 'stopped' },
    },
    stopped: { entry: stopChild('scheduler'), type: 'final' },
  },
})

/** A peer that breaks the protocol loses its link; nobody else notices. */
function guarded(peer: ClientPeer | EnginePeer, handle: () => void): void {
  try {
    handle()
  } catch (error) {
    peer.link.abort(error instanceof Error ? error : new Error(String(error)))
  }
}

function route(router: Router, event: ControllerMachineEvent, id: string): void {
  switch (event.type) {
    case 'clientMessage':
      return guarded(event.peer, () => router.fromClient(event.peer, event.message))
    case 'engineMessage':
      return guarded(event.peer, () => router.fromEngine(event.peer, event.message))
    case 'clientJoined':
      return router.clientJoined(event.peer, event.told)
    case 'clientLeft':
      return router.clientLeft(event.peer)
    case 'clientDrained':
      return event.peer.resume()
    case 'engineJoined':
      return router.engineJoined(event.peer)
    case 'engineLeft':
      return router.engineLeft(event.peer, event.reason)
    default:
      throw new Error(`${id} cannot route ${event.type}`)
  }
}
