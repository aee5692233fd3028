import { randomBytes } from 'node:crypto'
import { expect, test, vi } from 'vitest'
import { createActor, type InspectionEvent } from 'xstate'
import { Client, Cluster } from 'yardmaster'
import { startController } from '../../cluster/controller.ts'
import { startEngine } from '../../cluster/engine.ts'
import { inlineExecutor } from '../../cluster/executors/inline.ts'
import { Cluster as ClusterOfSources } from '../../views/cluster.ts'

vi.mock('xstate', async (load) => {
  const xstate = await load<typeof import('xstate')>()
  return { ...xstate, createActor: vi.fn(xstate.createActor) }
})

/** The states that a machine went through, in order. */
function statesOf(events: readonly InspectionEvent[], machine: string): unknown[] {
  const states: unknown[] = []
  for (const event of events) {
    if (event.type !== '@xstate.snapshot' || machineOf(event.snapshot) !== machine) continue
    const value = 'value' in event.snapshot ? event.snapshot.value : undefined
    const name = typeof value === 'object' && value !== null ? Object.keys(value)[0] : value
    if (states.at(-1) !== name) states.push(name)
  }
  return states
}

const machineOf = (snapshot: object) => ('machine' in snapshot ? (snapshot.machine as { id: string }).id : undefined)

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

test('a shutdown is seen to drain the scheduler first', async () => {
  const events: InspectionEvent[] = []
  const cluster = await Cluster.start({ engines: 1, engineKind: 'inline', inspect: { next: (e) => events.push(e) } })
  const client = await cluster.connect()
  // An inline engine has the environment of this test.
  const slow = client.loadBalancedView().apply(async () => {
    while (process.env.MAY_END === undefined) await new Promise((resolve) => setTimeout(resolve, 5))
    return 'done'
  })
  await expect.poll(() => slow.status).toBe('running')
  const shutdown = client.shutdown()
  vi.stubEnv('MAY_END', 'yes')
  expect(await slow).toBe('done')
  await shutdown
  await cluster.stop()
  expect(statesOf(events, 'scheduler')).toEqual(['accepting', 'draining', 'stopped'])
  expect(statesOf(events, 'controller')).toEqual(['starting', 'running', 'draining', 'closing', 'stopped'])
})

test('each part shows its own machines alone, where it is asked to', async () => {
  const seen = { controller: [] as InspectionEvent[], engine: [] as InspectionEvent[], client: [] as InspectionEvent[] }
  const inspect = (events: InspectionEvent[]) => ({ inspect: (event: InspectionEvent) => void events.push(event) })
  const key = new Uint8Array(randomBytes(32))
  const controller = await startController({ addresses: ['ws://127.0.0.1:0'], key, ...inspect(seen.controller) })
  const address = controller.addresses[0] as string
  const engine = await startEngine({ address, key, executors: inlineExecutor, ...inspect(seen.engine) })
  const client = await Client.connect(address, { key, ...inspect(seen.client) })
  await client.close()
  await engine.stop()
  await controller.stop()
  const machines = (events: readonly InspectionEvent[]) =>
    new Set(events.flatMap((event) => (event.type === '@xstate.snapshot' ? (machineOf(event.snapshot) ?? []) : [])))
  expect(machines(seen.controller)).toEqual(new Set(['controller', 'scheduler']))
  expect(machines(seen.engine)).toEqual(new Set(['engine']))
  expect(machines(seen.client)).toEqual(new Set(['client']))
})

test('a client’s own observer takes the place of its cluster’s', async () => {
  const [ofCluster, ofClient]: [InspectionEvent[], InspectionEvent[]] = [[], []]
  await using cluster = await Cluster.start({ engines: 0, inspect: (event) => ofCluster.push(event) })
  const client = await cluster.connect({ inspect: (event) => ofClient.push(event) })
  await client.close()
  expect(statesOf(ofCluster, 'client')).toEqual([])
  expect(statesOf(ofClient, 'client')).toContain('ready')
})

test('nobody looks unless asked to', async () => {
  const options = () => vi.mocked(createActor).mock.calls.map(([, given]) => given)
  const start = async (inspect: { inspect?: (event: InspectionEvent) => void }) => {
    vi.mocked(createActor).mockClear()
    await using cluster = await ClusterOfSources.start({ engines: 1, engineKind: 'inline', ...inspect })
    await cluster.connect()
  }
  await start({ inspect: () => {} })
  expect(options()).toEqual(Array(3).fill(expect.objectContaining({ inspect: expect.any(Function) })))
  await start({})
  expect(options()).toHaveLength(3)
  for (const given of options()) expect(given).not.toHaveProperty('inspect')
})
