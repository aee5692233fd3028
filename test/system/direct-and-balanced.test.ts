import { firstValueFrom, take, toArray } from 'rxjs'
import { expect, it } from 'vitest'
import { Cluster } from 'yardmaster'
import { currentTask } from 'yardmaster/engine'

/** Direct and load-balanced tasks at the same engines. */

const spin = (ms: number) => {
  const until = performance.now() + ms
  while (performance.now() < until);
  return ms
}

it('a flood of load-balanced tasks holds up no direct task, and the other way round', async () => {
  await using cluster = await Cluster.start({ engines: 1, hwm: 0 })
  await using client = await cluster.connect()
  const view = client.loadBalancedView()
  const engine = client.directView(0)
  const wait = (at: Int32Array) => Atomics.wait(at, 0, 0)
  const place = (at: Int32Array) => Atomics.add(at, 1, 1)
  for (const [flooding, other] of [
    [view, engine],
    [engine, view],
  ] as const) {
    const gate = new Int32Array(new SharedArrayBuffer(8))
    const held = flooding.apply(wait, gate)
    const flood = Array.from({ length: 1_000 }, () => flooding.apply(place, gate))
    const places = Array.from({ length: 3 }, () => other.apply(place, gate))
    // All of them are there before any begins.
    await client.flush()
    Atomics.store(gate, 0, 1)
    Atomics.notify(gate, 0)
    for (const one of await Promise.all(places)) expect(one).toBeLessThan(500)
    await Promise.all([held, ...flood])
  }
})

it('direct tasks follow each other, though an engine runs several others at once', async () => {
  await using cluster = await Cluster.start({ engines: 1, concurrency: 4, hwm: 8 })
  await using client = await cluster.connect()
  const engine = client.directView(0)
  const add = async (n: number) => {
    const { namespace } = currentTask()
    const before = (namespace.log ?? []) as number[]
    await new Promise((resolve) => setTimeout(resolve, 1))
    namespace.log = [...before, n]
  }
  const others = client.loadBalancedView().map(
    async (x: number) => x,
    Array.from({ length: 100 }, (_, i) => i),
  )
  const numbers = Array.from({ length: 30 }, (_, i) => i)
  for (const n of numbers) engine.apply(add, n)
  expect(await engine.pull('log')).toEqual(numbers)
  expect(await others).toHaveLength(100)
})

it('an interrupt aborts load-balanced tasks that run there, retries or not, and no other', async () => {
  await using cluster = await Cluster.start({ engines: 1, hwm: 4, abortGraceMs: 20 })
  await using client = await cluster.connect()
  const view = client.loadBalancedView().with({ retries: 2 })
  const stuck = view.apply(() => {
    currentTask().emit('begun')
    for (;;);
  })
  const behind = [view.apply(spin, 1), client.directView(0).apply(spin, 1)]
  await firstValueFrom(stuck.emitted$)
  await client.directView(0).interrupt()
  await expect(stuck.get()).rejects.toMatchObject({ code: 'YM_ABORTED' })
  expect(await Promise.all(behind)).toEqual([1, 1])
})

it('after a restart, load-balanced tasks that ran there run again', async () => {
  await using cluster = await Cluster.start({ engines: 1 })
  await using client = await cluster.connect()
  const task = client.loadBalancedView().apply(() => {
    const { attempt } = currentTask()
    currentTask().emit(attempt)
    if (attempt === 1) for (;;);
    return attempt
  })
  const attempts = firstValueFrom(task.emitted$.pipe(take(2), toArray()))
  await firstValueFrom(task.emitted$)
  await client.directView(0).restart()
  expect(await task).toBe(2)
  expect(await attempts).toEqual([1, 2])
})

it('queueStatus counts direct tasks apart', async () => {
  await using cluster = await Cluster.start({ engines: 1 })
  await using client = await cluster.connect()
  const stuck = client.directView(0).apply(() => {
    currentTask().emit('begun')
    for (;;);
  })
  client.directView(0).apply(spin, 0)
  await firstValueFrom(stuck.emitted$)
  expect(await client.queueStatus()).toMatchObject({ engines: [{ id: 0, load: 0, direct: 2 }] })
  const [summary] = await client.query({ ids: stuck.ids })
  expect(summary?.flags).toEqual({ targets: [0], direct: true })
  await client.directView(0).restart()
})
