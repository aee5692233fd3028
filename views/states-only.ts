import type { InspectionEvent, Observer, Snapshot } from 'xstate'

type Inspector = Observer<InspectionEvent> | ((event: InspectionEvent) => void)

/**
 * For the option `inspect`: shows an inspector the machines of client, controller, scheduler and engine, their states and the types of their
 * events, and nothing of what is in them. An inspector that writes down all that it sees, to send it elsewhere, would otherwise write down every
 * task at each message.
 *
 *     const { inspect } = createWebSocketInspector({ url: 'ws://localhost:8080' }) // from @statelyai/inspect
 *     await using cluster = await Cluster.start({ engines: 2, inspect: statesOnly(inspect) })
 */
export function statesOnly(inspector: Inspector): (event: InspectionEvent) => void {
  const tell = (event: InspectionEvent) => {
    if (typeof inspector === 'function') inspector(event)
    else inspector.next?.(event)
  }
  return (event) => {
    if (!isMachine(event.actorRef)) return
    const actorRef = withoutContent(event.actorRef)
    switch (event.type) {
      case '@xstate.actor':
        return tell({ ...event, actorRef })
      case '@xstate.event':
        return tell({ ...event, actorRef, event: typeOf(event.event) })
      case '@xstate.snapshot':
        return tell({ ...event, actorRef, event: typeOf(event.event), snapshot: stateOf(event.snapshot) })
    }
  }
}

type Actor = InspectionEvent['actorRef']

function isMachine(actor: Actor): boolean {
  const { logic } = actor as { logic?: { config?: { states?: object } } }
  return logic?.config?.states !== undefined
}

const typeOf = <Event extends { type: string }>({ type }: Event) => ({ type })

/** The actor, but for its snapshot. */
function withoutContent(actor: Actor): Actor {
  return Object.create(actor, { getSnapshot: { value: () => stateOf(actor.getSnapshot() as Snapshot<unknown>) } })
}

function stateOf(snapshot: Snapshot<unknown>): Snapshot<unknown> {
  const { status } = snapshot
  const value = 'value' in snapshot ? snapshot.value : undefined
  return { status, output: undefined, error: undefined, ...{ value, context: {} } } as Snapshot<unknown>
}
