import { type ActorRefFrom, type ActorSystem, assign, fromPromise, fromTransition, setup } from 'xstate'
import type { EngineWelcome } from '../core/admission-messages.ts'
import { backOffMs } from '../core/back-off.ts'
import { capacityOf } from '../core/capacity.ts'
import type { Clock } from '../core/clock.ts'
import { ConnectionLostError, YardmasterError } from '../core/errors.ts'
import type { Link } from '../core/link.ts'
import type { ControllerToEngine, EngineToController } from '../core/messages.ts'
import { Pulse } from '../core/pulse.ts'
import type { Random } from '../core/random.ts'
import { type Connection, transportDefaults } from '../core/transport.ts'
import { AttemptTable } from './attempt-table.ts'
import type { ExecutorFactory } from './executor.ts'
import { memoryOf } from './result-memory.ts'

type EngineLink = Link<EngineToController, ControllerToEngine>

export interface Registered {
  readonly link: EngineLink
  readonly welcome: EngineWelcome
}

export interface EngineMachineInput {
  readonly clock: Clock
  readonly random: Random
  readonly executors: ExecutorFactory
  readonly concurrency: number
  /** After the link is lost, the engine tries this long to come back. 0: it stops at once. */
  readonly reconnectMs: number
  connect(): Promise<Connection>
  register(connection: Connection): Promise<Registered>
}

export type EngineMachineEvent =
  /** The controller has no more use for it. */
  | { readonly type: 'dismissed' }
  | { readonly type: 'linkClosed'; readonly error: Error | undefined }
  | { readonly type: 'executorsHopeless'; readonly reason: string }
  | { readonly type: 'stop' }

/** What the controller says, and where it goes. */
interface Heard {
  readonly type: 'message'
  readonly message: ControllerToEngine
  readonly attempts: AttemptTable
  readonly link: EngineLink
  readonly pulse: Pulse | undefined
}

/** Takes what the controller says to the attempts. Without states: the machine's transitions would cost each message several times as much. */
const receiver = fromTransition<undefined, Heard, ActorSystem<never>, undefined>((_, heard) => {
  heard.pulse?.hear()
  deliver(heard)
  return undefined
}, undefined)

interface Context extends EngineMachineInput {
  readonly receiver: ActorRefFrom<typeof receiver>
  readonly connection: Connection | undefined
  readonly registered: Registered | undefined
  readonly attempts: AttemptTable | undefined
  /** Of the present link. */
  readonly pulse: Pulse | undefined
  /** Failed connects since the link was last up, and when that was. */
  readonly failures: number
  readonly lostAt: number | undefined
  readonly everReady: boolean
  readonly error: Error | undefined
}

const beatsPerHeartbeat = 4
/** After so many beats without a sound from the controller its link counts as lost. */
const silentBeatsMax = 4 * beatsPerHeartbeat
/** The longest delay that a timer takes. */
const neverMs = 2 ** 31 - 1

/**
 * An engine's life: connecting → registering → ready → stopped, with `lost` between a broken link and the next try. A
 * new link is a new engine to the controller: what lay here was given to others, so it is dropped. But a controller with a
 * store may have been restarted: to it what lies here goes on, so that is dropped only once another word is heard.
 */
export const engineMachine = setup({
  types: {
    input: {} as EngineMachineInput,
    context: {} as Context,
    events: {} as EngineMachineEvent,
    output: {} as { readonly error: Error | undefined },
  },
  actors: {
    receiver,
    connect: fromPromise<Connection, EngineMachineInput>(async ({ input, signal }) => {
      const connection = await input.connect()
      if (signal.aborted) connection.abort()
      return connection
    }),
    register: fromPromise<Registered, { register: EngineMachineInput['register']; connection: Connection }>(
      ({ input }) => input.register(input.connection),
    ),
    closeAttempts: fromPromise<void, AttemptTable | undefined>(async ({ input }) => input?.close()),
  },
  actions: {
    // However much is still on the way here, the controller hears that this side is there.
    beat: ({ context }) => {
      context.pulse?.beat()
      context.registered?.link.send({ type: 'pong', sequence: 0 })
    },
    noteSilence: assign({ error: () => new ConnectionLostError('nothing was heard from the controller') }),
    dropLink: ({ context }) => context.registered?.link.abort(),
    sayGoodbye: ({ context }) => {
      context.registered?.link.send({ type: 'goodbye', reason: context.error?.message ?? 'the engine was stopped' })
      void context.registered?.link.close()
    },
    noteError: assign(({ event }) => ({ error: 'error' in event ? asError(event.error) : undefined })),
    noteHopeless: assign(({ event }) => ({
      error: new YardmasterError(
        'YM_ENGINE_START',
        `the engine's executor does not come up: ${event.type === 'executorsHopeless' ? event.reason : ''}`,
      ),
    })),
    noteLoss: assign(({ context }) => ({ lostAt: context.lostAt ?? context.clock.now() })),
  },
  guards: {
    mayReconnect: ({ context }) =>
      context.everReady && context.clock.now() - (context.lostAt ?? 0) < context.reconnectMs,
    isSilent: ({ context }) => (context.pulse?.silentBeats ?? 0) >= silentBeatsMax,
  },
  delays: {
    beat: ({ context }) => beatMs(context),
    backOff: ({ context }) => backOffMs(context.failures, context.random),
  },
}).createMachine({
  id: 'engine',
  context: ({ input, spawn }) => ({
    ...input,
    receiver: spawn('receiver', { id: 'receiver' }),
    connection: undefined,
    registered: undefined,
    attempts: undefined,
    pulse: undefined,
    failures: 0,
    lostAt: undefined,
    everReady: false,
    error: undefined,
  }),
  initial: 'connecting',
  output: ({ context }) => ({ error: context.error }),
  states: {
    connecting: {
      invoke: {
        src: 'connect',
        input: ({ context }) => context,
        onDone: { target: 'registering', actions: assign({ connection: ({ event }) => event.output }) },
        onError: { target: 'lost', actions: ['noteError', 'noteLoss'] },
      },
      on: { stop: 'leaving' },
    },
    registering: {
      invoke: {
        src: 'register',
        input: ({ context }) => ({ register: context.register, connection: context.connection as Connection }),
        onDone: {
          target: 'ready',
          actions: assign({
            registered: ({ event }) => event.output,
            pulse: ({ event }) => new Pulse(event.output.link.connection),
            failures: 0,
            lostAt: undefined,
            everReady: true,
            error: undefined,
          }),
        },
        onError: { target: 'lost', actions: ['noteError', 'noteLoss'] },
      },
      on: { stop: { target: 'leaving', actions: ({ context }) => context.connection?.abort() } },
    },
    ready: {
      entry: assign({ attempts: ({ context, self }) => openLink(context, self) }),
      on: {
        dismissed: 'leaving',
        linkClosed: {
          target: 'lost',
          actions: [
            'noteLoss',
            assign({ error: ({ event }) => event.error ?? new ConnectionLostError('the controller closed the link') }),
          ],
        },
        executorsHopeless: { target: 'leaving', actions: 'noteHopeless' },
        stop: 'leaving',
      },
      initial: 'listening',
      states: {
        listening: {
          after: {
            beat: [
              { guard: 'isSilent', target: '#engine.lost', actions: ['noteSilence', 'noteLoss', 'dropLink'] },
              { target: 'listening', reenter: true, actions: 'beat' },
            ],
          },
        },
      },
    },
    lost: {
      entry: assign({ failures: ({ context }) => context.failures + 1 }),
      invoke: { src: 'closeAttempts', input: ({ context }) => (keeps(context) ? undefined : context.attempts) },
      always: { guard: ({ context }) => !context.everReady || context.reconnectMs === 0, target: 'leaving' },
      after: { backOff: [{ guard: 'mayReconnect', target: 'connecting' }, { target: 'leaving' }] },
      on: { stop: 'leaving' },
    },
    leaving: {
      entry: 'sayGoodbye',
      invoke: { src: 'closeAttempts', input: ({ context }) => context.attempts, onDone: 'stopped', onError: 'stopped' },
    },
    stopped: { type: 'final' },
  },
})

interface Self {
  send(event: EngineMachineEvent): void
  getSnapshot(): { readonly status: string; matches(state: 'ready'): boolean }
}

/** Several in each heartbeat. Within one thread nobody falls silent. */
function beatMs({ registered }: Context): number {
  const { link, welcome } = registered as Registered
  return link.connection.supports.objects || welcome.heartbeatMs === 0
    ? neverMs
    : welcome.heartbeatMs / beatsPerHeartbeat
}

function keeps({ registered }: Context): boolean {
  return registered?.welcome.keeps === true
}

function openLink(context: Context, self: Self): AttemptTable {
  // The link outlives the machine by its goodbye; XState warns of what comes then.
  const tell = (event: EngineMachineEvent) => {
    if (self.getSnapshot().status === 'active') self.send(event)
  }
  const { link, welcome } = context.registered as Registered
  const { messageBytesMax } = transportDefaults
  const report = (message: EngineToController) =>
    link.send(message, message.type === 'ended' ? memoryOf(message.results) : undefined)
  const before = context.attempts
  const resumed = welcome.resumes ? before : undefined
  if (before && before !== resumed) void before.close()
  const attempts =
    resumed ??
    new AttemptTable({
      executors: context.executors,
      concurrency: context.concurrency,
      engine: welcome.engine,
      capacity: capacityOf(link.connection, Math.min(welcome.messageBytesMax ?? messageBytesMax, messageBytesMax)),
      clock: context.clock,
      keeps: welcome.keeps === true,
      report,
      onHopeless: (reason) => tell({ type: 'executorsHopeless', reason }),
    })
  if (resumed) resumed.resume(report)
  else if (welcome.resumes) report({ type: 'holding', tasks: [] })
  link.open({
    onMessage: (message) => {
      if (message.type === 'stop') tell({ type: 'dismissed' })
      else if (self.getSnapshot().matches('ready'))
        context.receiver.send({ type: 'message', message, attempts, link, pulse: context.pulse })
    },
    onDrain: () => attempts.drained(),
    onClose: (error) => tell({ type: 'linkClosed', error }),
  })
  return attempts
}

function deliver({ message, attempts, link }: Heard): void {
  switch (message.type) {
    case 'tasks':
      return attempts.take(message)
    case 'recall':
      return attempts.recall(message.tasks)
    case 'cancel':
      return attempts.cancel(message.tasks, message.graceMs)
    case 'interrupt':
      return attempts.interrupt(message.graceMs)
    case 'restart':
      return attempts.restart()
    case 'noted':
      return attempts.noted(message.tasks)
    case 'pull':
      return attempts.pull(message.streams)
    case 'ping':
      link.send({ type: 'pong', sequence: message.sequence })
  }
}

function asError(thrown: unknown): Error {
  return thrown instanceof Error ? thrown : new Error(String(thrown))
}
