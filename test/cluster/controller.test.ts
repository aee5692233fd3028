/** Who comes at an odd moment of a controller's life is served, or let go. */
import { afterEach, expect, it } from 'vitest'
import { type Controller, startController } from '../../cluster/controller.ts'
import { type Engine, startEngine } from '../../cluster/engine.ts'
import { inlineExecutor } from '../../cluster/executors/inline.ts'
import { MemoryStore } from '../../cluster/stores/memory-store.ts'
import { engineWelcome } from '../../core/admission-messages.ts'
import { type Clock, systemClock } from '../../core/clock.ts'
import { offerHandshake } from '../../core/handshake.ts'
import { type ControllerToEngine, controllerToEngine, engineToController } from '../../core/messages.ts'
import type { StoreChange } from '../../core/task-store.ts'
import type { Connection, Transport } from '../../core/transport.ts'
import { memoryTransport, registerTransport, transportFor } from '../../transports/index.ts'
import { Client } from '../../views/client.ts'

const key = new Uint8Array(32).fill(5)

/** A memory transport whose listeners open, and close, when the test says so; meanwhile they accept. */
function gated(scheme: string) {
  const inner = memoryTransport()
  const gate = { open: Promise.resolve(), close: Promise.resolve() }
  const rename = (address: string) => address.replace(`${scheme}:`, 'memory:')
  const transport: Transport = {
    name: scheme,
    schemes: [scheme],
    async listen(address, onConnection) {
      const listener = await inner.listen(rename(address), onConnection)
      await gate.open
      return { address, close: () => gate.close.then(() => listener.close()) }
    },
    connect: (address) => inner.connect(rename(address)),
  }
  registerTransport(transport)
  return gate
}

function latch() {
  let open = () => {}
  const opened = new Promise<void>((resolve) => {
    open = resolve
  })
  return { open: () => open(), opened }
}

const engineAt = (address: string, connections: Connection[] = []): Promise<Engine> =>
  startEngine({
    address,
    key,
    executors: inlineExecutor,
    connect: async () => {
      const connection = await (await transportFor(address)).connect(address)
      connections.push(connection)
      return connection
    },
  })

const stops: (() => Promise<unknown>)[] = []
afterEach(async () => {
  for (const stop of stops.splice(0).reverse()) await stop()
})

it('an engine that comes back while the controller drains finishes what is left', async () => {
  const address = 'memory:draining'
  const controller: Controller = await startController({ addresses: [address], key, drainMs: 30_000 })
  const links: Connection[] = []
  const engine = await engineAt(address, links)
  const client = await Client.connect(address, { key })
  stops.push(
    () => controller.stop(),
    () => engine.stop(),
    () => client.close(),
  )
  const gate = latch()
  Object.assign(globalThis, { gate: gate.opened })
  const result = client
    .loadBalancedView()
    .apply(() => (globalThis as { gate?: Promise<void> }).gate?.then(() => 'done'))
  while (result.status !== 'running') await new Promise((resolve) => setTimeout(resolve, 10))
  const drained = controller.drain()
  links[0]?.abort()
  while (links.length < 2) await new Promise((resolve) => setTimeout(resolve, 10))
  gate.open()
  expect(await result).toBe('done')
  await drained
})

it('a client hears of more engines than a welcome can name', async () => {
  const controller = await startController({ addresses: ['memory:many', 'ws://127.0.0.1:0'], key })
  const info = { name: 'n'.repeat(256) }
  const connecting = () => startEngine({ address: 'memory:many', key, executors: inlineExecutor, info })
  const engines = await Promise.all(Array.from({ length: 120 }, connecting))
  engines.push(...(await Promise.all(Array.from({ length: 120 }, connecting))))
  const client = await Client.connect(controller.addresses[1] ?? '', { key })
  stops.push(
    () => controller.stop(),
    () => client.close(),
  )
  expect(await client.waitForEngines(240)).toHaveLength(240)
})

it('who comes before all addresses are open is served', async () => {
  const slow = latch()
  gated('slowopen').open = slow.opened
  const starting = startController({ addresses: ['memory:early', 'slowopen:late'], key })
  // The first address opens on a later turn.
  await new Promise((resolve) => setTimeout(resolve, 20))
  const client = await Client.connect('memory:early', { key })
  const engine = await engineAt('memory:early')
  stops.push(
    () => starting.then((controller) => controller.stop()),
    () => engine.stop(),
    () => client.close(),
  )
  slow.open()
  await starting
  expect(await client.loadBalancedView().apply(() => 1)).toBe(1)
})

it('who comes when the controller is closing is let go', async () => {
  const slow = latch()
  gated('slowclose').close = slow.opened
  const controller = await startController({ addresses: ['slowclose:late'], key })
  const stopped = controller.stop()
  // Let go during the handshake, or just after.
  const called = Client.connect('slowclose:late', { key }).then((client) =>
    client
      .loadBalancedView()
      .apply(() => 1)
      .get(),
  )
  await expect(called).rejects.toMatchObject({ code: 'YM_CLOSED' })
  await engineAt('slowclose:late').then(
    (engine) => engine.stopped,
    () => {},
  )
  slow.open()
  await stopped
})

it('of an end that comes when the controller is closing nothing is noted: it is not kept', async () => {
  const shut = latch()
  let isShut = false
  class GatedStore extends MemoryStore {
    override async write(changes: readonly StoreChange[]): Promise<void> {
      if (isShut) await shut.opened
      await super.write(changes)
    }
  }
  const handled = latch()
  const controller = await startController({
    addresses: ['ws://127.0.0.1:0'],
    key,
    store: new GatedStore(),
    inspect: (seen) => {
      if (seen.type !== '@xstate.event' || seen.event.type !== 'engineMessage') return
      if (seen.event.message.type === 'ended') handled.open()
    },
  })
  const [address = ''] = controller.addresses
  const client = await Client.connect(address, { key, reconnectMs: 0 })
  stops.push(() => client.close())
  const heard: ControllerToEngine[] = []
  const closed = latch()
  const { link } = await offerHandshake(await (await transportFor(address)).connect(address, { key }), {
    role: 'engine',
    key,
    clock: systemClock,
    details: { name: 'e', kind: 'raw', pid: 1, host: 'h', instance: 'i' },
    sends: engineToController,
    receives: controllerToEngine,
    welcome: engineWelcome,
  })
  link.open({ onMessage: (message) => heard.push(message), onClose: closed.open })
  const sent = () => heard.flatMap((message) => (message.type === 'tasks' ? message.tasks : []))
  const ignore = () => {}
  const view = client.loadBalancedView().with({ retryOnEngineLoss: false })
  view.apply(() => 1).then(ignore, ignore)
  while (sent().length === 0) await new Promise((resolve) => setTimeout(resolve, 10))
  isShut = true
  view.apply(() => 2).then(ignore, ignore)
  await client.queueStatus()
  const stopped = controller.stop()
  const results = sent().map(({ id, attempt }) => ({ id, attempt, outcome: 'succeeded' as const, durationMs: 1 }))
  link.send({ type: 'ended', results })
  await handled.opened
  shut.open()
  await closed.opened
  await stopped
  expect(heard.map(({ type }) => type)).toContain('stop')
  expect(heard.map(({ type }) => type)).not.toContain('noted')
})

it('a defect in its scheduler ends the controller, which says what it was', async () => {
  const defect = new Error('a defect')
  let isDefective = false
  const clock: Clock = {
    ...systemClock,
    now() {
      if (isDefective && new Error().stack?.includes('stepper.ts')) throw defect
      return systemClock.now()
    },
  }
  const controller = await startController({ addresses: ['memory:defect'], key, clock })
  const client = await Client.connect('memory:defect', { key, reconnectMs: 0 })
  stops.push(() => client.close())
  isDefective = true
  const lost = expect(
    client
      .loadBalancedView()
      .apply(() => 1)
      .get(),
  ).rejects.toMatchObject({ code: expect.stringMatching(/^YM_/) })
  await expect(controller.stopped).rejects.toBe(defect)
  await lost
})
