/**
 * The lives of the four machines, printed as they go on: controller, scheduler, engines and client of a cluster in this thread.
 * Run: `npx tsx examples/watch-machines.ts`, after `npm run build`.
 */
import type { InspectionEvent } from 'xstate'
import { Cluster, statesOnly } from 'yardmaster'

const lastStates = new Map<string, string>()

/** A line for each state that a machine enters. */
function print(event: InspectionEvent): void {
  if (event.type !== '@xstate.snapshot' || !('value' in event.snapshot)) return
  const { sessionId } = event.actorRef
  const { logic } = event.actorRef as { logic?: { config?: { id?: string } } }
  const { value } = event.snapshot
  const state = typeof value === 'string' ? value : (Object.keys(value as object)[0] ?? '')
  if (lastStates.get(sessionId) === state) return
  lastStates.set(sessionId, state)
  console.log(`${(logic?.config?.id ?? sessionId).padEnd(12)}${state.padEnd(14)}on ${event.event.type}`)
}

await using cluster = await Cluster.start({ engines: 2, inspect: statesOnly(print) })
const client = await cluster.connect()
console.log(await client.loadBalancedView().map((x: number) => x ** 2, [1, 2, 3]))
await client.close()
