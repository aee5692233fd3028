import { type ActorRefFrom, type ActorSystem, assign, fromPromise, fromTransition, setup } from 'xstate'
import type { ClientWelcome } from '../core/admission-messages.ts'
import { backOffMs } from '../core/back-off.ts'
import type { Clock } from '../core/clock.ts'
import {
  AuthenticationError,
  ClosedError,
  ConnectionLostError,
  InternalError,
  VersionError,
  YardmasterError,
} from '../core/errors.ts'
import type { SessionId } from '../core/ids.ts'
import type { ControllerToClient } from '../core/messages.ts'
import { Pulse } from '../core/pulse.ts'
import type { Random } from '../core/random.ts'
import type { Connection } from '../core/transport.ts'
import type { ClientLink } from './outbox.ts'
import type { Session } from './session.ts'

export interface Admission {
  readonly link: ClientLink
  readonly welcome: ClientWelcome
}

/** How to get a link. */
export interface Connector {
  dial(): Promise<Connection>
  /** Offers the session: a new one, or the one that comes back. */
  register(connection: Connection, session: SessionId): Promise<Admission>
  /** No link is wanted any more. Resolves when nothing is left of what they needed; never rejects. */
  end?(): Promise<void>
}

interface RegisterInput {
  readonly connector: Connector
  readonly connection: Connection
  readonly session: Session
}

export interface ClientMachineInput {
  readonly session: Session
  readonly connector: Connector
  readonly clock: Clock
  readonly random: Random
  /** For how long after a lost link to try again; 0: not at all. */
  readonly reconnectMs: number
}

export type ClientMachineEvent =
  | { readonly type: 'drain' }
  /** The controller took its leave: it will not be back. */
  | { readonly type: 'dismissed'; readonly reason: string }
  | { readonly type: 'linkClosed'; readonly link: ClientLink; readonly error: Error | undefined }
  | { readonly type: 'defect'; readonly error: unknown }
  | { readonly type: 'close' }

/** What the controller says, and who is told. */
interface Heard {
  readonly type: 'message'
  readonly message: ControllerToClient
  readonly session: Session
  readonly pulse: Pulse | undefined
  onDefect(error: unknown): void
}

/** Takes what the controller says to the session. Without states: the machine's transitions would cost each message several times as much. */
const receiver = fromTransition<undefined, Heard, ActorSystem<never>, undefined>(
  (_, { message, session, pulse, onDefect }) => {
    pulse?.hear()
    try {
      session.receive(message)
    } catch (error) {
      // Thrown from here, it would stop the actor without a word to anybody.
      onDefect(error)
    }
    return undefined
  },
  undefined,
)

interface ClientContext extends ClientMachineInput {
  readonly receiver: ActorRefFrom<typeof receiver>
  readonly connection: Connection | undefined
  readonly link: ClientLink | undefined
  readonly heartbeatMs: number
  /** Of the present link. */
  readonly pulse: Pulse | undefined
  /** Failed tries since the link was lost. */
  readonly failures: number
  /** Why the client ended, or why its last try failed. */
  readonly error: YardmasterError | undefined
}

/** After this many heartbeats without a sound the link counts as lost. Beats, not milliseconds: a busy client hears nothing either. */
const silentBeatsMax = 4
/** How long a full link may take to accept what was submitted before `close`. */
const closeGraceMs = 10_000
/** The longest delay that a timer takes, for when no heartbeat was agreed on. */
const neverMs = 2 ** 31 - 1

/**
 * A client's life: connecting → registering → ready ⇄ reconnecting → closing → closed. The machine owns the link; the
 * session, which its receiver feeds, owns the tasks. Each wire message is one event.
 */
export const clientMachine = setup({
  types: {
    input: {} as ClientMachineInput,
    context: {} as ClientContext,
    events: {} as ClientMachineEvent,
  },
  actors: {
    receiver,
    dial: fromPromise<Connection, Connector>(async ({ input, signal }) => {
      const connection = await input.dial()
      if (signal.aborted) connection.abort()
      return connection
    }),
    register: fromPromise<Admission, RegisterInput>(async ({ input, signal }) => {
      const { connector, connection, session } = input
      const drop = (): void => connection.abort()
      signal.addEventListener('abort', drop)
      try {
        return await connector.register(connection, session.id)
      } catch (error) {
        drop()
        throw error
      } finally {
        signal.removeEventListener('abort', drop)
      }
    }),
    part: fromPromise<void, ClientLink>(async ({ input: link }) => {
      link.send({ type: 'goodbye' })
      await link.close()
    }),
  },
  actions: {
    noteError: assign({ error: (_, { error }: { error: unknown }) => asYardmasterError(error) }),
    noteClosed: assign({ error: undefined }),
    noteFailure: assign({ failures: ({ context }) => context.failures + 1 }),
    noteUnreached: assign({
      error: ({ context }) =>
        new ConnectionLostError(`the link was lost, and not restored within ${context.reconnectMs} ms`, {
          cause: context.error,
        }),
    }),
    admit: assign((_, { link, welcome }: Admission) => ({
      link,
      heartbeatMs: welcome.heartbeatMs,
      pulse: new Pulse(link.connection),
      failures: 0,
      error: undefined,
    })),
    startLink: ({ context: { receiver, session, pulse }, self }, { link, welcome }: Admission) => {
      const send = (event: ClientMachineEvent): void => {
        // A link may speak on when the machine has ended.
        if (self.getSnapshot().status === 'active') self.send(event)
      }
      const onDefect = (error: unknown): void => send({ type: 'defect', error })
      link.open({
        onMessage: (message) => {
          if (message.type === 'goodbye') send({ type: 'dismissed', reason: message.reason })
          else if (self.getSnapshot().status === 'active')
            receiver.send({ type: 'message', message, session, pulse, onDefect })
        },
        onDrain: () => send({ type: 'drain' }),
        onClose: (error) => send({ type: 'linkClosed', link, error }),
      })
      session.attach(link, welcome)
    },
    drained: ({ context }) => context.session.drained(),
    beat: ({ context }) => {
      context.pulse?.beat()
      context.link?.send({ type: 'ping', sequence: silentBeatsOf(context) })
    },
    dropLink: ({ context }) => {
      context.session.detach()
      context.link?.abort()
    },
    flush: ({ context }) => context.session.flush(),
    endSession: ({ context }) => context.session.end(context.error ?? new ClosedError('the client has been closed')),
  },
  guards: {
    isCurrentLink: ({ context }, { link }: { link: ClientLink }) => link === context.link,
    mayNotReconnect: ({ context }) => context.reconnectMs <= 0,
    isHopeless: (_, { error }: { error: unknown }) =>
      error instanceof AuthenticationError || error instanceof VersionError,
    isSilent: ({ context }) => silentBeatsOf(context) >= silentBeatsMax,
    isFlushed: ({ context }) => context.session.isFlushed,
  },
  delays: {
    pause: ({ context }) => backOffMs(context.failures, context.random),
    giveUp: ({ context }) => context.reconnectMs,
    heartbeat: ({ context }) => (context.heartbeatMs > 0 ? context.heartbeatMs : neverMs),
    closeGrace: closeGraceMs,
  },
}).createMachine({
  id: 'client',
  context: ({ input, spawn }) => ({
    ...input,
    receiver: spawn('receiver', { id: 'receiver' }),
    connection: undefined,
    link: undefined,
    heartbeatMs: 0,
    pulse: undefined,
    failures: 0,
    error: undefined,
  }),
  initial: 'connecting',
  states: {
    connecting: {
      invoke: {
        src: 'dial',
        input: ({ context }) => context.connector,
        onDone: { target: 'registering', actions: assign({ connection: ({ event }) => event.output }) },
        onError: { target: 'closed', actions: { type: 'noteError', params: errorOf } },
      },
      on: { close: 'closed' },
    },
    registering: {
      invoke: {
        src: 'register',
        input: ({ context }) => registration(context),
        onDone: {
          target: 'ready',
          actions: [
            { type: 'admit', params: outputOf },
            { type: 'startLink', params: outputOf },
          ],
        },
        onError: { target: 'closed', actions: { type: 'noteError', params: errorOf } },
      },
      on: { close: 'closed' },
    },
    ready: {
      on: {
        drain: { actions: 'drained' },
        linkClosed: {
          guard: { type: 'isCurrentLink', params: ({ event }) => event },
          target: 'reconnecting',
          actions: { type: 'noteError', params: lossOf },
        },
        dismissed: { target: 'closed', actions: { type: 'noteError', params: dismissalOf } },
        defect: { target: 'closed', actions: { type: 'noteError', params: errorOf } },
        close: 'closing',
      },
      after: {
        heartbeat: [
          { guard: 'isSilent', target: 'reconnecting', actions: { type: 'noteError', params: silenceOf } },
          { target: 'ready', reenter: true, actions: 'beat' },
        ],
      },
    },
    reconnecting: {
      entry: 'dropLink',
      always: { guard: 'mayNotReconnect', target: 'closed' },
      after: { giveUp: { target: 'closed', actions: 'noteUnreached' } },
      on: { close: { target: 'closed', actions: 'noteClosed' } },
      initial: 'pausing',
      states: {
        pausing: { after: { pause: 'dialing' } },
        dialing: {
          invoke: {
            src: 'dial',
            input: ({ context }) => context.connector,
            onDone: { target: 'registering', actions: assign({ connection: ({ event }) => event.output }) },
            onError: [
              {
                guard: { type: 'isHopeless', params: errorOf },
                target: '#client.closed',
                actions: { type: 'noteError', params: errorOf },
              },
              { target: 'pausing', actions: ['noteFailure', { type: 'noteError', params: errorOf }] },
            ],
          },
        },
        registering: {
          invoke: {
            src: 'register',
            input: ({ context }) => registration(context),
            onDone: {
              target: '#client.ready',
              actions: [
                { type: 'admit', params: outputOf },
                { type: 'startLink', params: outputOf },
              ],
            },
            onError: [
              {
                guard: { type: 'isHopeless', params: errorOf },
                target: '#client.closed',
                actions: { type: 'noteError', params: errorOf },
              },
              { target: 'pausing', actions: ['noteFailure', { type: 'noteError', params: errorOf }] },
            ],
          },
        },
      },
    },
    closing: {
      entry: 'flush',
      on: {
        drain: { actions: 'drained' },
        linkClosed: { guard: { type: 'isCurrentLink', params: ({ event }) => event }, target: 'closed' },
        dismissed: 'closed',
        defect: 'closed',
      },
      after: { closeGrace: 'closed' },
      initial: 'flushing',
      states: {
        flushing: { always: { guard: 'isFlushed', target: 'parting' } },
        parting: {
          invoke: {
            src: 'part',
            input: ({ context }) => context.link as ClientLink,
            onDone: '#client.closed',
            onError: '#client.closed',
          },
        },
      },
    },
    closed: { type: 'final', entry: ['dropLink', 'endSession'] },
  },
})

function silentBeatsOf({ pulse }: ClientContext): number {
  return pulse?.silentBeats ?? 0
}

function registration({ connector, connection, session }: ClientContext): RegisterInput {
  return { connector, connection: connection as Connection, session }
}

function outputOf({ event }: { event: { output: Admission } }): Admission {
  return event.output
}

function errorOf({ event }: { event: { error: unknown } }): { error: unknown } {
  return { error: event.error }
}

function lossOf({ event }: { event: { error: Error | undefined } }): { error: unknown } {
  return { error: event.error ?? new ConnectionLostError('the controller closed the link') }
}

function silenceOf({ context }: { context: ClientContext }): { error: unknown } {
  const silentMs = silentBeatsOf(context) * context.heartbeatMs
  return { error: new ConnectionLostError(`nothing was heard from the controller for ${silentMs} ms`) }
}

function dismissalOf({ event }: { event: { reason: string } }): { error: unknown } {
  return { error: new ClosedError(`the controller has ended: ${event.reason}`) }
}

function asYardmasterError(thrown: unknown): YardmasterError {
  if (thrown instanceof YardmasterError) return thrown
  const message = thrown instanceof Error ? thrown.message : String(thrown)
  return new InternalError(message, { cause: thrown })
}
