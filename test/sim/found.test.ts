/** What simulations have found, each as it came about. */
import { expect, test } from 'vitest'
import type { SimulatedWorld } from '../../sim/simulate.ts'
import { type SimulationOptions, simulate } from '../../sim/simulate.ts'
import type { SimulatedProcess } from '../../sim/simulated-process.ts'
import type { Client } from '../../views/client.ts'

const pause = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms))

let begun = 0

async function work(ms: number): Promise<string> {
  const { begin } = Reflect.get(globalThis, 'found') as { begin(): void }
  begin()
  await new Promise((resolve) => setTimeout(resolve, ms))
  return 'done'
}

/** A program whose client and one engine are there. */
async function run(
  options: Omit<SimulationOptions, 'seed'>,
  program: (world: SimulatedWorld, client: Client, engine: SimulatedProcess) => Promise<void>,
): Promise<void> {
  begun = 0
  Reflect.set(globalThis, 'found', {
    begin: () => {
      begun += 1
    },
  })
  await simulate({ seed: 1, engines: 1, faults: false, ...options }, async (world) => {
    const client = await world.cluster.connect(world.cluster.program)
    await client.waitForEngines(1)
    await program(world, client, world.cluster.engines.get(0) as SimulatedProcess)
  })
}

test('a task that ends as it is submitted is told so when that is stored', () =>
  run({}, async ({ cluster }, client, engine) => {
    cluster.disk.slow(500)
    // The client is not to know that the engine has left.
    cluster.network.block('controller', 'program')
    cluster.kill(engine, true)
    await pause(100)
    const result = client.directView(0).apply(work, 0)
    await pause(100)
    cluster.network.heal()
    await expect(result.get()).rejects.toMatchObject({ code: 'YM_ENGINE_LOST' })
    cluster.kill(cluster.controllerProcess, true)
    await pause(10_000)
    const other = await cluster.connect(cluster.program)
    await expect(other.getResult(result.ids[0] as string).get()).rejects.toMatchObject({ code: 'YM_ENGINE_LOST' })
  }))

test('a task is not sent to an engine before it is stored: a later controller would take it for a stranger’s', () =>
  run({}, async ({ cluster }, client) => {
    cluster.disk.failNext()
    const result = client.directView(0).apply(work, 10_000)
    await pause(5_000)
    expect(await result.get()).toBe('done')
    expect(cluster.controllerLosses).toBe(1)
    expect(begun).toBe(1)
  }))

test('an engine that has not said in time what it holds comes back as a new one', () =>
  run({ controller: { recoveryMs: 1_000 } }, async ({ cluster }, client, engine) => {
    const result = client.loadBalancedView().apply(work, 60_000)
    await pause(1_000)
    cluster.network.slow(engine.name, 'controller', 800)
    cluster.kill(cluster.controllerProcess, true)
    await pause(20_000)
    cluster.network.heal()
    expect(await result.get()).toBe('done')
    expect(begun).toBe(2)
  }))

test('a direct task is not sent to the engines of another controller', () =>
  run({ store: false }, async ({ cluster }, client) => {
    const result = client.directView(0).apply(work, 60_000)
    await pause(1_000)
    cluster.kill(cluster.controllerProcess, true)
    await expect(result.get()).rejects.toMatchObject({ code: 'YM_ENGINE_LOST' })
    await pause(120_000)
    expect(begun).toBe(1)
  }))

test('a direct task that the link lost on its way is sent again to the same controller', () =>
  run({}, async ({ cluster }, client) => {
    cluster.network.block('program', 'controller')
    const result = client.directView(0).apply(work, 10)
    await pause(100)
    cluster.network.cut(cluster.program, 0)
    cluster.network.heal()
    expect(await result.get()).toBe('done')
    expect(begun).toBe(1)
  }))

test('after flush it is known of a task that must not run twice whether it came', () =>
  run({}, async ({ cluster }, client) => {
    cluster.network.block('program', 'controller')
    const result = client.loadBalancedView().with({ retryOnEngineLoss: false }).apply(work, 10)
    result.get().catch(() => {})
    const flushed = client.flush()
    await pause(100)
    cluster.network.cut(cluster.program, 0)
    cluster.network.heal()
    await flushed
    expect(result.status).toBe('failed')
    await expect(result.get()).rejects.toMatchObject({ code: 'YM_UNKNOWN_TASK' })
    expect(begun).toBe(0)
  }))

test('when the store fails nobody is dismissed: clients and engines go on with the next controller', () =>
  run({}, async ({ cluster }, client) => {
    const before = client.loadBalancedView().apply(work, 20_000)
    await client.flush()
    cluster.disk.failNext()
    const after = client.loadBalancedView().apply(work, 10)
    expect(await Promise.all([before.get(), after.get()])).toEqual(['done', 'done'])
    expect(cluster.controllerLosses).toBe(1)
    expect(client.status).toBe('ready')
    expect(begun).toBe(2)
  }))

test('an engine that comes back and leaves before it has said what it holds may hold a task that must not run twice', () =>
  run({ engines: 2 }, async ({ cluster }, client) => {
    await client.waitForEngines(2)
    let place: SimulatedProcess | undefined
    Reflect.set(globalThis, 'found', {
      begin: () => {
        begun += 1
        place = cluster.timeline.current
      },
    })
    // So that the task goes to the engine that would not be chosen first after a restart.
    await client.loadBalancedView().apply(work, 10)
    const result = client.loadBalancedView().with({ retryOnEngineLoss: false }).apply(work, 60_000)
    result.get().catch(() => {})
    await pause(1_000)
    const engine = place as unknown as SimulatedProcess
    const number = cluster.story.lines
      .map((line) => new RegExp(`${engine.name} is ready, as engine (\\d+)`).exec(line)?.[1])
      .find(Boolean)
    cluster.network.slow(engine.name, 'controller', 300)
    cluster.kill(cluster.controllerProcess, true)
    // Until it has been welcomed a second time: what it holds is on its way.
    const welcomes = () => cluster.story.lines.filter((line) => line.includes(`: engine ${number} joined`)).length
    for (let i = 0; i < 1_000 && welcomes() < 2; i += 1) await pause(10)
    expect(welcomes()).toBe(2)
    cluster.network.cut(engine, 0)
    cluster.network.heal()
    await expect(result.get()).rejects.toMatchObject({ code: 'YM_ENGINE_LOST' })
    expect(begun).toBe(2)
  }))
