/** What simulations have found, each as it came about. */
import { expect, test } from 'vitest'
import { currentTask, type TaskContext } from '../../cluster/task-context.ts'
import type { SimulatedWorld } from '../../sim/simulate.ts'
import { type SimulationOptions, simulate } from '../../sim/simulate.ts'
import type { SimulatedCluster } from '../../sim/simulated-cluster.ts'
import type { SimulatedProcess } from '../../sim/simulated-process.ts'
import type { AsyncResult } from '../../views/async-result.ts'
import type { Client } from '../../views/client.ts'
import type { TaskMetadata } from '../../views/task-record.ts'

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
  options: Partial<SimulationOptions>,
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

/** What is being written when a process ends has been written, or not: that is the seed's. */
const seeds = [1, 2, 3, 4]

test.for(seeds)('a task that ends as it is submitted is told so when that is stored (seed %i)', (seed) =>
  run({ seed }, async ({ cluster }, client, engine) => {
    cluster.disk.slow(500)
    // The client is not to know that the engine has left.
    cluster.network.block('controller', 'program')
    cluster.kill(engine, true)
    // Until nothing is being written.
    await pause(2_000)
    const result = client.directView(0).apply(work, 0)
    await pause(100)
    cluster.network.heal()
    await expect(result.get()).rejects.toMatchObject({ code: 'YM_ENGINE_LOST' })
    cluster.kill(cluster.controllerProcess, true)
    await pause(10_000)
    const other = await cluster.connect(cluster.program)
    await expect(other.getResult(result.ids[0] as string).get()).rejects.toMatchObject({ code: 'YM_ENGINE_LOST' })
  }),
)

test('a task is not sent to an engine before it is stored: a later controller would take it for a stranger’s', () =>
  run({}, async ({ cluster }, client) => {
    cluster.disk.failNext()
    const result = client.directView(0).apply(work, 10_000)
    await pause(5_000)
    expect(await result.get()).toBe('done')
    expect(cluster.controllerLosses).toBe(1)
    expect(begun).toBe(1)
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

/** Takes note of where tasks begin from here on. Answers where the last one did. */
function placeOfTheLast({ timeline }: SimulatedCluster): () => SimulatedProcess {
  let place: unknown
  Reflect.set(globalThis, 'found', {
    begin: () => {
      begun += 1
      place = timeline.current
    },
  })
  return () => place as SimulatedProcess
}

/** Two engines, and a task that must not run twice at the one that would not be chosen first after a restart. */
function runOnce(
  options: Partial<SimulationOptions>,
  program: (world: SimulatedWorld, place: Place, result: AsyncResult<string>) => Promise<void>,
): Promise<void> {
  return run({ engines: 2, ...options }, async (world, client) => {
    const { cluster } = world
    await client.waitForEngines(2)
    const last = placeOfTheLast(cluster)
    await client.loadBalancedView().apply(work, 10)
    const result = client.loadBalancedView().with({ retryOnEngineLoss: false }).apply(work, 60_000)
    result.get().catch(() => {})
    await pause(1_000)
    begun = 1
    await program(world, new Place(cluster, last()), result)
    await expect(result.get()).rejects.toMatchObject({ code: 'YM_ENGINE_LOST' })
    expect(begun).toBe(1)
  })
}

/** Where that task runs. */
class Place {
  readonly process: SimulatedProcess
  readonly #cluster: SimulatedCluster
  readonly #number: string | undefined

  constructor(cluster: SimulatedCluster, process: SimulatedProcess) {
    const ready = new RegExp(`${process.name} is ready, as engine (\\d+)`)
    this.process = process
    this.#cluster = cluster
    this.#number = cluster.story.lines.map((line) => ready.exec(line)?.[1]).find(Boolean)
  }

  /** It has been welcomed so often, by the number that it had first; what it holds may be on its way. */
  async welcomed(times: number): Promise<void> {
    const joined = `: engine ${this.#number} joined`
    const count = () => this.#cluster.story.lines.filter((line) => line.includes(joined)).length
    for (let i = 0; i < 1_000 && count() < times; i += 1) await pause(10)
    expect(count()).toBe(times)
  }
}

test('an engine that has not said in time what it holds is not taken for one that holds nothing', () =>
  runOnce({}, async ({ cluster }, place) => {
    cluster.network.slow(place.process.name, 'controller', 300)
    cluster.kill(cluster.controllerProcess, true)
    await place.welcomed(2)
    // Of what is not on its way yet.
    cluster.network.slow(place.process.name, 'controller', 10_000)
    await pause(20_000)
    cluster.network.heal()
  }))

test('nor is one that comes back and leaves before it has said so', () =>
  runOnce({}, async ({ cluster }, place) => {
    cluster.network.slow(place.process.name, 'controller', 300)
    cluster.kill(cluster.controllerProcess, true)
    await place.welcomed(2)
    cluster.network.cut(place.process, 0)
    cluster.network.heal()
  }))

test('nor one that has dropped it, having come back to an earlier controller as a new one', () =>
  runOnce({ controller: { recoveryMs: 20_000 } }, async ({ cluster }, place) => {
    const other = [...cluster.engines.values()].find((engine) => engine !== place.process) as SimulatedProcess
    // It is waited for, so that the recovery goes on.
    cluster.network.block(other.name, 'controller')
    cluster.network.slow(place.process.name, 'controller', 300)
    cluster.kill(cluster.controllerProcess, true)
    await place.welcomed(2)
    cluster.network.cut(place.process, 0)
    await pause(5_000)
    cluster.kill(cluster.controllerProcess, true)
    cluster.network.heal()
  }))

test('of a task that was tried at two engines, a later controller goes on with the last attempt', () =>
  run({ engines: 2 }, async ({ cluster }, client) => {
    await client.waitForEngines(2)
    const places: (SimulatedProcess | undefined)[] = []
    Reflect.set(globalThis, 'found', {
      begin: () => {
        const { current } = cluster.timeline
        places.push(current)
        if (current === undefined || places.length > 1) return
        // It will not hear that its end was noted, and so keeps it.
        cluster.network.block('controller', current.name)
        throw new Error('not the first time')
      },
    })
    const result = client.loadBalancedView().with({ retries: 1 }).apply(work, 60_000)
    await pause(1_000)
    expect(places).toHaveLength(2)
    cluster.kill(cluster.controllerProcess, true)
    cluster.network.heal()
    // So that it speaks last.
    cluster.network.slow(places[0]?.name ?? '', 'controller', 200)
    expect(await result.get()).toBe('done')
    expect(places).toHaveLength(2)
  }))

test.for(seeds)('an engine’s number is stored before it is given (seed %i)', (seed) =>
  run({ seed }, async ({ cluster }, client, engine) => {
    cluster.disk.slow(500)
    cluster.kill(engine, true)
    for (let i = 0; i < 2_000 && !client.ids.includes(1); i += 1) await pause(5)
    expect(client.ids).toEqual([1])
    cluster.kill(cluster.controllerProcess, true)
    cluster.kill(cluster.engines.get(0) as SimulatedProcess, true)
    await pause(20_000)
    expect(client.ids).toEqual([2])
  }),
)

/** Begins under a name that `ran` notes. */
async function named(name: string, ms: number): Promise<string> {
  const { ran } = Reflect.get(globalThis, 'found') as { ran: string[] }
  ran.push(name)
  await new Promise((resolve) => setTimeout(resolve, ms))
  return name
}

test.for(seeds)(
  'a task that must not run twice stays at its engine though others fill it, when its end was not stored (seed %i)',
  (seed) =>
    run({ seed, controller: { hwm: 1 } }, async ({ cluster }, client) => {
      const ran: string[] = []
      Reflect.set(globalThis, 'found', { ran })
      const view = client.loadBalancedView()
      view.apply(named, 'first', 1_000)
      await pause(100)
      const plain = view.apply(named, 'plain', 60_000)
      const once = view.with({ priority: 1, retryOnEngineLoss: false }).apply(named, 'once', 3_000)
      await pause(2_000)
      cluster.disk.slow(5_000)
      while (!ran.includes('plain')) await pause(10)
      cluster.kill(cluster.controllerProcess, true)
      cluster.disk.slow(0)
      expect(await Promise.all([plain.get(), once.get()])).toEqual(['plain', 'once'])
      expect(ran.filter((name) => name === 'once')).toHaveLength(1)
    }),
)

test('a task goes on in a later controller that came after one which the first has forgotten', () =>
  run({ concurrency: 3, controller: { retention: { countMax: 1, purgedMax: 1 } } }, async ({ cluster }, client) => {
    const view = client.loadBalancedView()
    const first = view.apply(work, 1)
    await first
    const after = view.with({ after: first }).apply(work, 60_000)
    await pause(1_000)
    for (let i = 0; i < 5; i += 1) await view.apply(() => 0)
    cluster.kill(cluster.controllerProcess, true)
    expect(await after.get()).toBe('done')
    expect(begun).toBe(2)
  }))

test('engines that have come back and clients stay, however long a controller waits for others', () =>
  run({ engines: 2, controller: { recoveryMs: 60_000, heartbeatMs: 1_000 } }, async ({ cluster }, client) => {
    await client.waitForEngines(2)
    const last = placeOfTheLast(cluster)
    const result = client.loadBalancedView().with({ retryOnEngineLoss: false }).apply(work, 120_000)
    await pause(1_000)
    const other = [...cluster.engines.values()].find((engine) => engine !== last()) as SimulatedProcess
    cluster.network.block(other.name, 'controller')
    cluster.kill(cluster.controllerProcess, true)
    expect(await result.get()).toBe('done')
    expect(begun).toBe(1)
    expect(cluster.story.lines.filter((line) => line.includes(`client ${client.session} joined`))).toHaveLength(2)
  }))

test('what tasks emit while a controller waits for others is bounded, and counted where it is left out', () =>
  run(
    { engines: 2, controller: { recoveryMs: 10_000, limits: { queuedBytesMax: 100_000 } } },
    async ({ cluster }, client) => {
      await client.waitForEngines(2)
      let place: SimulatedProcess | undefined
      const begin = () => {
        place = cluster.timeline.current
        return currentTask()
      }
      Reflect.set(globalThis, 'found', { begin })
      const speak = async (times: number) => {
        const task = (Reflect.get(globalThis, 'found') as { begin(): TaskContext }).begin()
        for (let i = 0; i < times; i += 1) {
          task.emit('x'.repeat(1_000))
          await new Promise((resolve) => setTimeout(resolve, 10))
        }
      }
      const result = client.loadBalancedView().apply(speak, 2_000)
      await pause(1_000)
      const other = [...cluster.engines.values()].find((engine) => engine !== place) as SimulatedProcess
      cluster.network.block(other.name, 'controller')
      cluster.kill(cluster.controllerProcess, true)
      let heard = 0
      result.emitted$.subscribe(() => {
        heard += 1
      })
      await result
      const { emitsDropped = 0 } = result.metadata[0] as TaskMetadata
      expect(emitsDropped).toBeGreaterThan(500)
      // Between the controllers nobody counts.
      expect(heard + emitsDropped).toBeLessThanOrEqual(2_000)
      expect(heard).toBeGreaterThan(500)
    },
  ))
