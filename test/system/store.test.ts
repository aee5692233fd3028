/** A cluster with a store, in one process: what waits for the store, and what the next cluster with it does. */
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { Cluster, MemoryStore, type StoreChange } from 'yardmaster'

/** Writes when it is let. */
class GatedStore extends MemoryStore {
  readonly sizes: number[] = []
  #open: Promise<void> = Promise.resolve()
  #release = () => {}
  #failure: Error | undefined

  shut(): void {
    this.#open = new Promise((resolve) => {
      this.#release = resolve
    })
  }

  release(failure?: Error): void {
    this.#failure = failure
    this.#release()
  }

  override async write(changes: readonly StoreChange[]): Promise<void> {
    this.sizes.push(changes.length)
    await this.#open
    if (this.#failure) throw this.#failure
    await super.write(changes)
  }
}

const isSettled = (promise: PromiseLike<unknown>, ms = 150) =>
  Promise.race([
    Promise.resolve(promise).then(
      () => true,
      () => true,
    ),
    new Promise<boolean>((resolve) => setTimeout(() => resolve(false), ms)),
  ])

it('a task leaves, and that it is accepted is told, when that is written; a result is told when it is', async () => {
  const store = new GatedStore()
  await using cluster = await Cluster.start({ engines: 2, store, recoveryMs: 0 })
  const client = await cluster.connect()
  const view = client.loadBalancedView()
  expect(await view.apply(() => 1)).toBe(1)
  const begun: string[] = []
  const shared = new Int32Array(new SharedArrayBuffer(8))
  store.shut()
  const plain = view.apply((at: Int32Array) => Atomics.add(at, 0, 1), shared)
  const once = view.with({ retryOnEngineLoss: false }).apply((at: Int32Array) => Atomics.add(at, 1, 1), shared)
  const flushed = client.flush().then(() => begun.push('flushed'))
  expect(await isSettled(plain)).toBe(false)
  expect([[...shared], begun]).toEqual([[0, 0], []])
  store.release()
  expect([await plain, await once]).toEqual([0, 0])
  await flushed
  expect([...shared]).toEqual([1, 1])
  const late = view.apply((at: Int32Array) => Atomics.wait(at, 0, 1), shared)
  await client.flush()
  store.shut()
  Atomics.store(shared, 0, 2)
  Atomics.notify(shared, 0)
  expect(await isSettled(late)).toBe(false)
  store.release()
  expect(await late).toMatch(/ok|not-equal/)
})

it('a task that is written leaves whatever else is not; one that comes after another waits until that one’s end is', async () => {
  const store = new GatedStore()
  await using cluster = await Cluster.start({ engines: 1, hwm: 1, store, recoveryMs: 0 })
  const client = await cluster.connect()
  const view = client.loadBalancedView()
  const began = new Int32Array(new SharedArrayBuffer(12))
  const first = view.apply((at: Int32Array) => Atomics.wait(at, 0, 0), began)
  const dependent = view.with({ after: first, priority: 1 }).apply((at: Int32Array) => Atomics.add(at, 1, 1), began)
  const other = view.apply((at: Int32Array) => Atomics.add(at, 2, 1), began)
  await client.flush()
  store.shut()
  Atomics.store(began, 0, 1)
  Atomics.notify(began, 0)
  // Of the two, the engine has room for one: `after` does not hold up who comes behind it.
  expect(await isSettled(Promise.all([first, dependent, other]))).toBe(false)
  expect([...began]).toEqual([1, 0, 0])
  store.release()
  await Promise.all([first, dependent, other])
  const next = view.apply((at: Int32Array) => Atomics.wait(at, 0, 1), began)
  const free = view.apply((at: Int32Array) => Atomics.add(at, 2, 1), began)
  await client.flush()
  store.shut()
  Atomics.store(began, 0, 2)
  Atomics.notify(began, 0)
  await expect.poll(() => began[2]).toBe(2)
  expect(await isSettled(next)).toBe(false)
  store.release()
  await Promise.all([next, free])
})

it('a controller that has nothing left to do tells how the last task ended before it goes, however long that takes to write', async () => {
  const store = new GatedStore()
  await using cluster = await Cluster.start({ engines: 1, store, recoveryMs: 0 })
  const client = await cluster.connect()
  const shared = new Int32Array(new SharedArrayBuffer(4))
  const last = client.loadBalancedView().apply((at: Int32Array) => Atomics.wait(at, 0, 0), shared)
  await client.flush()
  const ended = client.shutdown()
  store.shut()
  Atomics.store(shared, 0, 1)
  Atomics.notify(shared, 0)
  const isTold = await isSettled(last)
  store.release()
  expect(isTold).toBe(false)
  expect(await last).toMatch(/ok|not-equal/)
  await ended
})

it('what comes while it writes is one write', async () => {
  const store = new GatedStore()
  await using cluster = await Cluster.start({ engines: 0, store, recoveryMs: 0 })
  const client = await cluster.connect()
  const view = client.loadBalancedView()
  void view.apply(() => 0)
  await client.flush()
  store.shut()
  const before = store.sizes.length
  for (let i = 0; i < 100; i += 1) {
    void view.apply((x: number) => x, i)
    await new Promise((resolve) => setImmediate(resolve))
  }
  store.release()
  await client.flush()
  expect(store.sizes.length - before).toBeLessThanOrEqual(3)
  expect([...store.entries.keys()].filter((key) => key.startsWith('task/'))).toHaveLength(101)
})

it('when the store fails the controller stops with its error, tells no result that is not written, and dismisses nobody', async () => {
  const store = new GatedStore()
  const cluster = await Cluster.start({ engines: 1, store, recoveryMs: 0 })
  const client = await cluster.connect({ reconnectMs: 100 })
  const view = client.loadBalancedView()
  await view.apply(() => 1)
  const gate = new Int32Array(new SharedArrayBuffer(4))
  const result = view.apply((at: Int32Array) => Atomics.wait(at, 0, 0), gate)
  result.get().catch(() => {})
  await client.flush()
  await expect.poll(() => result.status).toBe('running')
  store.shut()
  Atomics.store(gate, 0, 1)
  Atomics.notify(gate, 0)
  expect(await isSettled(result)).toBe(false)
  store.release(new Error('disk full'))
  await expect(cluster.stopped).rejects.toMatchObject({
    code: 'YM_STORE',
    message: expect.stringContaining('disk full'),
  })
  await expect(result.get()).rejects.toMatchObject({ code: 'YM_CONNECTION_LOST' })
  expect([...store.entries.keys()].filter((key) => key.startsWith('end/'))).toHaveLength(1)
  await cluster.stop().catch(() => {})
})

it('the next cluster goes on: results, output, records, purged ones and what waits', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'yardmaster-store-'))
  try {
    const options = { store: join(folder, 'store'), recoveryMs: 0 }
    let ids: string[]
    {
      await using cluster = await Cluster.start({ engines: 1, ...options })
      const client = await cluster.connect()
      const view = client.loadBalancedView()
      const good = view.with({ label: 'good' }).apply(() => {
        console.log('said')
        return new Map([[1, { deep: [2n] }]])
      })
      const purged = view.apply(() => 'gone')
      const big = view.apply(() => new Float64Array(1_000_000).fill(1))
      const parts = view.apply(function* () {
        yield 1
        yield 2
      })
      await Promise.all([good, purged, big, parts])
      const again = client.resubmit(good)
      await again
      await client.purge(purged)
      const waiting = view.with({ targets: 7, after: [good, purged] }).apply((x: number) => x, 5)
      await client.flush()
      ids = [good, purged, big, parts, again, waiting].map((result) => result.ids[0] as string)
      await client.close()
    }
    await using cluster = await Cluster.start({ engines: 0, ...options })
    const client = await cluster.connect()
    const [good, purged, big, parts, again, waiting] = ids.map((id) => client.getResult(id))
    expect(await good).toEqual(new Map([[1, { deep: [2n] }]]))
    expect(good?.stdout).toBe('said\n')
    await expect(purged?.get()).rejects.toMatchObject({ code: 'YM_PURGED' })
    expect((await big) as Float64Array).toHaveLength(1_000_000)
    expect(await parts).toEqual([1, 2])
    expect(await again).toEqual(new Map([[1, { deep: [2n] }]]))
    expect(await isSettled(waiting as PromiseLike<unknown>)).toBe(false)
    expect((await client.query({ client: 'any', state: ['waiting', 'ready'] })).map(({ id }) => id)).toEqual([ids[5]])
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
})

it('how a task ended is kept as long as one that came after it lives, though it was forgotten', async () => {
  const store = new MemoryStore()
  const options = { store, recoveryMs: 0, retention: { countMax: 1, purgedMax: 0 } }
  const ends = () => [...store.entries.keys()].filter((key) => key.startsWith('end/'))
  let first = ''
  let id = ''
  {
    await using cluster = await Cluster.start({ engines: 1, ...options })
    const client = await cluster.connect()
    const view = client.loadBalancedView()
    const before = view.apply(() => 1)
    await before
    const waiting = view.with({ after: before, targets: 7 }).apply(() => 2)
    await client.flush()
    for (let i = 0; i < 3; i += 1) await view.apply(() => 3)
    first = before.ids[0] as string
    id = waiting.ids[0] as string
  }
  expect(ends()).toContain(`end/${first}`)
  await using cluster = await Cluster.start({ engines: 1, ...options })
  const client = await cluster.connect()
  expect(await client.resultStatus(id)).toEqual({ [id]: 'ready' })
  const waiting = client.getResult(id)
  waiting.abort()
  await expect(waiting.get()).rejects.toMatchObject({ code: 'YM_ABORTED' })
  for (let i = 0; i < 2; i += 1) await client.loadBalancedView().apply(() => 3)
  await expect.poll(ends).not.toContain(`end/${first}`)
})

it('a cluster that waits for the engines of the one before tells of its own, which are ready', async () => {
  const store = new MemoryStore()
  const copy = new MemoryStore()
  {
    await using before = await Cluster.start({ engines: 2, engineKind: 'inline', transport: 'websocket', store })
    await expect.poll(() => [...store.entries.keys()].filter((key) => key.startsWith('engine/'))).toHaveLength(2)
    expect(before.engines).toHaveLength(2)
    // As `kill -9` would leave it: whoever stops in order takes leave of its engines.
    for (const [key, value] of store.entries) copy.entries.set(key, value)
  }
  await using cluster = await Cluster.start({ engines: 1, store: copy, recoveryMs: 600_000 })
  expect(cluster.engines).toMatchObject([{ id: 2 }])
})

it('a cluster that cannot begin leaves its store to the next', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'yardmaster-store-'))
  try {
    for (const wrong of [{ strategy: 'nosuch' }, { addresses: ['ws://203.0.113.1:1'] }]) {
      const starting = Cluster.start({ engines: 0, store: folder, ...wrong })
      await expect(starting).rejects.toMatchObject({ code: expect.stringMatching(/YM_(CONFIGURATION|ADDRESS)/) })
    }
    await using cluster = await Cluster.start({ engines: 0, store: folder })
    expect(cluster.engines).toEqual([])
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
})

it('says what to do where the store is in use', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'yardmaster-store-'))
  try {
    await using cluster = await Cluster.start({ engines: 0, store: folder })
    await expect(Cluster.start({ engines: 0, store: folder })).rejects.toMatchObject({
      code: 'YM_STORE',
      message: expect.stringContaining('in use'),
    })
    expect(cluster.engines).toEqual([])
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
})
