import { type ActorSystem, fromTransition } from 'xstate'
import { LimitError } from '../core/errors.ts'
import { heldBytesOf, heldBytesOfNews } from '../core/limits.ts'
import type { ClientToController, EngineInfo, EngineToController } from '../core/messages.ts'
import type { ClientPeer } from './client-peer.ts'
import type { EnginePeer } from './engine-peer.ts'
import type { Recovery } from './recovery.ts'
import type { Router } from './router.ts'

/** What peers say and do: one event, one message. */
export type PeerEvent =
  | { readonly type: 'clientJoined'; readonly peer: ClientPeer; readonly told: readonly EngineInfo[] }
  | { readonly type: 'clientMessage'; readonly peer: ClientPeer; readonly message: ClientToController }
  | { readonly type: 'clientLeft'; readonly peer: ClientPeer }
  | { readonly type: 'clientDrained'; readonly peer: ClientPeer }
  | { readonly type: 'engineJoined'; readonly peer: EnginePeer }
  | { readonly type: 'engineMessage'; readonly peer: EnginePeer; readonly message: EngineToController }
  | { readonly type: 'engineLeft'; readonly peer: EnginePeer; readonly reason: string }

export type ReceptionEvent =
  | PeerEvent
  /** What waited for the engines of an earlier controller is routed now. */
  | { readonly type: 'recover' }
  /** Newcomers are turned away from here on. */
  | { readonly type: 'close' }

export interface ReceptionInput {
  readonly router: Router
  /** Where there is a store. */
  readonly recovery: Recovery<PeerEvent> | undefined
  /** The engines that an earlier controller had are back. */
  onRecovered(): void
  /** One has come that joins when they are: whoever started it need not wait for that. */
  onEngineWaits(engine: EngineInfo): void
}

/** @internal */
export interface ReceptionState extends ReceptionInput {
  isClosing: boolean
}

/**
 * Takes what peers say to the router. An actor of its own, without states: the controller's transitions would cost each message several
 * times what is done about it.
 */
export const reception = fromTransition<ReceptionState, ReceptionEvent, ActorSystem<never>, ReceptionInput>(
  (state, event) => {
    receive(state, event)
    return state
  },
  ({ input }) => ({ ...input, isClosing: false }),
)

function receive(state: ReceptionState, event: ReceptionEvent): void {
  const { router, recovery } = state
  if (event.type === 'close') state.isClosing = true
  else if (event.type === 'recover') recover(state)
  else if (state.isClosing && event.type === 'clientJoined') void event.peer.close('the controller was stopped')
  else if (state.isClosing && event.type === 'engineJoined') void event.peer.close()
  else if (state.isClosing && isEnd(event)) return
  else if (recovery?.isOver === false) {
    defer(recovery, event)
    if (event.type === 'engineJoined') state.onEngineWaits(event.peer.info)
    if (recovery.isComplete) state.onRecovered()
  } else route(router, event)
}

function recover({ router, recovery }: ReceptionState): void {
  if (recovery === undefined) return
  for (const deferred of recovery.finish(router)) route(router, deferred)
  for (const [id, count] of recovery.leftOut) router.emitsDropped(id, count)
}

/** The scheduler takes no more of them: the engine keeps what nobody notes. */
function isEnd(event: ReceptionEvent): boolean {
  return event.type === 'engineMessage' && event.message.type === 'ended'
}

const tooMuchDeferred =
  'more is submitted than limits.queuedBytesMax while the controller waits for the engines of the one before it'

function defer(recovery: Recovery<PeerEvent>, event: PeerEvent): void {
  if (event.type === 'engineJoined') recovery.engineJoined(event.peer)
  else if (event.type === 'engineMessage' && event.message.type === 'holding') {
    recovery.holds(event.peer.id, event.message.tasks)
  } else if (event.type === 'engineMessage' && event.message.type === 'pong') {
    // It only says that it is there.
    return
  } else if (event.type === 'engineMessage' && event.message.type === 'news') {
    const { news } = event.message
    if (recovery.defer(event, heldBytesOfNews(news))) return
    const kept = news.filter((one) => !recovery.leavesOut(one))
    if (kept.length > 0) recovery.defer({ ...event, message: { type: 'news', news: kept } })
  } else if (event.type === 'clientMessage' && event.message.type === 'ping') {
    event.peer.tell({ type: 'pong', sequence: event.message.sequence })
  } else if (event.type === 'clientMessage') {
    // It will come again, by another link.
    if (!recovery.defer(event, heldBytesOf(event.message))) event.peer.link.abort(new LimitError(tooMuchDeferred))
  } else {
    if (event.type === 'engineLeft') recovery.engineLeft(event.peer.id)
    recovery.defer(event)
  }
}

function route(router: Router, event: PeerEvent): void {
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
  }
}

/** A peer that breaks the protocol loses its link; nobody else notices. */
function guarded(peer: ClientPeer | EnginePeer, handle: () => void): void {
  try {
    handle()
  } catch (error) {
    peer.link.abort(error instanceof Error ? error : new Error(String(error)))
  }
}
