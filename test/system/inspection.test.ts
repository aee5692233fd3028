import { expect, test } from 'vitest'
import type { InspectionEvent } from 'xstate'
import { Cluster } from 'yardmaster'

/** The states that a machine went through, in order. */
function statesOf(events: readonly InspectionEvent[], machine: string): unknown[] {
  const states: unknown[] = []
  for (const event of events) {
    if (event.type !== '@xstate.snapshot' || !('machine' in event.snapshot)) continue
    if ((event.snapshot.machine as { id: string }).id !== machine || !('value' in event.snapshot)) continue
    const { value } = event.snapshot
    const name = typeof value === 'object' && value !== null ? Object.keys(value)[0] : value
    if (states.at(-1) !== name) states.push(name)
  }
  return states
}

test('one option shows the lives of all four machines', async () => {
  const events: InspectionEvent[] = []
  const cluster = await Cluster.start({ engines: 1, inspect: (event) => events.push(event) })
  const client = await cluster.connect()
  expect(await client.loadBalancedView().apply((x: number) => x + 1, 1)).toBe(2)
  await cluster.stop()
  expect(statesOf(events, 'controller')).toEqual(['starting', 'running', 'closing', 'stopped'])
  expect(statesOf(events, 'scheduler')).toEqual(['accepting', 'stopped'])
  expect(statesOf(events, 'engine')).toEqual(['connecting', 'registering', 'ready', 'leaving', 'stopped'])
  expect(statesOf(events, 'client')).toEqual(['connecting', 'registering', 'ready', 'closing', 'closed'])
})
