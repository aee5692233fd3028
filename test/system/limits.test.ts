/** What is over a limit is told to who has submitted it, and to nobody else; all else goes on. */
import { expect, it } from 'vitest'
import { Client, Cluster, type LocalClusterOptions } from 'yardmaster'
import { startEngine } from '../../cluster/engine.ts'
import { inlineExecutor } from '../../cluster/executors/inline.ts'

const key = new Uint8Array(32).fill(4)
const double = (x: number) => 2 * x
const settled = (results: readonly PromiseLike<unknown>[]) => Promise.allSettled(results)

/** A cluster without engines, so that what is submitted waits; and two clients. */
async function cluster(scheme: string, limits: LocalClusterOptions['limits']) {
  const addresses = [`${scheme}://127.0.0.1:0`]
  const started = await Cluster.start({ engines: 0, addresses, key, ...(limits ? { limits } : {}) })
  const [address = ''] = started.addresses
  const connect = () => Client.connect(address, { key, reconnectMs: 0 })
  const [one, other] = [await connect(), await connect()]
  return {
    cluster: started,
    one,
    other,
    /** Everything goes on. */
    async serve() {
      const client = await started.connect()
      await startEngine({ address, key, executors: inlineExecutor, reconnectMs: 0 })
      await client.waitForEngines(1)
    },
  }
}

it.each(['ws', 'tcp'])(
  'a client has as many tasks as the limit says, and room again as they end (%s)',
  async (scheme) => {
    const { cluster: hosted, one, other, serve } = await cluster(scheme, { clientTasksMax: 2_500 })
    await using _ = hosted
    const [view, otherView] = [one.loadBalancedView(), other.loadBalancedView()]
    const results = Array.from({ length: 2_500 }, (_, i) => view.apply(double, i))
    expect(() => view.apply(double, 1)).toThrow(/limits\.clientTasksMax of the controller is 2500/)
    const theirs = otherView.apply(double, 7)
    const room = one.room()
    await Promise.all([one.flush(), other.flush()])
    expect(await one.queueStatus()).toMatchObject({ ready: 2_501 })
    await serve()
    await room
    expect(await Promise.all(results)).toEqual(results.map((_, i) => 2 * i))
    expect([await theirs, await view.apply(double, 4)]).toEqual([14, 8])
  },
)

it.each(['ws', 'tcp'])('of a batch only what is over the limit fails, at its submitter (%s)', async (scheme) => {
  const bytes = 40_000
  const { cluster: hosted, one, other, serve } = await cluster(scheme, { queuedBytesMax: 10 * bytes })
  await using _ = hosted
  const sum = (given: Uint8Array) => given.length
  const submit = (client: Client, count: number) =>
    Array.from({ length: count }, () => client.loadBalancedView().apply(sum, new Uint8Array(bytes)))
  const first = submit(one, 6)
  await one.flush()
  const second = submit(other, 8)
  await other.flush()
  await serve()
  expect(await Promise.all(first)).toEqual(Array(6).fill(bytes))
  const ends = await settled(second)
  expect(ends.map(({ status }) => status)).toEqual([...Array(4).fill('fulfilled'), ...Array(4).fill('rejected')])
  expect(ends.at(-1)).toMatchObject({
    reason: {
      name: 'LimitError',
      code: 'YM_LIMIT',
      details: { limit: 'queuedBytesMax', max: 10 * bytes },
      message: expect.stringMatching(/all clients .* limits\.queuedBytesMax of the controller is 400000/),
    },
  })
  expect(await Promise.all(submit(other, 4))).toEqual(Array(4).fill(bytes))
})

it('a map goes on when there is room, and loses nothing', async () => {
  const { cluster: hosted, one, serve } = await cluster('ws', { clientTasksMax: 10 })
  await using _ = hosted
  const view = one.loadBalancedView()
  const calls = Array.from({ length: 10 }, (_, i) => view.apply(double, i))
  const map = view.with({ chunk: 1 }).map(
    double,
    Array.from({ length: 100 }, (_, i) => i),
  )
  await one.flush()
  expect(await one.queueStatus()).toMatchObject({ ready: 10 })
  await serve()
  expect(await map).toEqual(Array.from({ length: 100 }, (_, i) => 2 * i))
  expect(await Promise.all(calls)).toHaveLength(10)
})

it('what a function captures counts once', async () => {
  const table = new Uint8Array(100_000)
  const { cluster: hosted, one, serve } = await cluster('ws', { clientBytesMax: 150_000 })
  await using _ = hosted
  const view = one.loadBalancedView()
  const size = () => table.length
  const results = Array.from({ length: 40 }, () => view.apply(size))
  const another = new Uint8Array(100_000)
  const more = Array.from({ length: 12 }, () => view.apply(() => another.length))
  await one.flush()
  await serve()
  const ends = await settled([...results, ...more])
  // 40 of 1,000 bytes, one table, and what goes over by one.
  const refused = ends.findIndex(({ status }) => status === 'rejected')
  expect(refused).toBe(41)
  expect(ends[41]).toMatchObject({ reason: { code: 'YM_LIMIT', details: { limit: 'clientBytesMax' } } })
})

it('a broadcast brings its arguments once', async () => {
  await using hosted = await Cluster.start({ engines: 4, engineKind: 'inline', limits: { clientBytesMax: 150_000 } })
  const all = (await hosted.connect()).directView('all')
  const bytes = new Uint8Array(100_000)
  const [lengths, again] = [all.apply((given: Uint8Array) => given.length, bytes), all.apply(double, 1)]
  expect([await lengths, await again]).toEqual([Array(4).fill(100_000), [2, 2, 2, 2]])
})

it('of tasks that are submitted again, only those over a limit fail', async () => {
  const { cluster: hosted, one, other, serve } = await cluster('ws', { queuedBytesMax: 3_500 })
  await using _ = hosted
  const done = [1, 2, 3].map((x) => one.loadBalancedView().apply(double, x))
  await one.flush()
  one.abort()
  await settled(done)
  const foreign = other.loadBalancedView().apply(double, 7)
  await other.flush()
  const ids = done.flatMap(({ ids: [id] }) => id ?? [])
  const again = [...ids, ...ids].map((id) => other.resubmit<number>(id))
  await other.flush()
  expect(await other.queueStatus()).toMatchObject({ ready: 4 })
  await serve()
  const ends = await settled([foreign, ...again])
  expect(ends.slice(0, 4)).toMatchObject([14, 2, 4, 6].map((value) => ({ value })))
  expect(ends.slice(4)).toMatchObject(Array(3).fill({ reason: { code: 'YM_LIMIT' } }))
})

it('limits that are none are refused, by name', async () => {
  await expect(Cluster.start({ engines: 0, limits: { clientTasksMax: 0 } })).rejects.toMatchObject({
    code: 'YM_CONFIGURATION',
    message: expect.stringMatching(/limits\.clientTasksMax must be a number from 1 on, not 0/),
  })
  const limits = { clientTaskMax: 5 } as LocalClusterOptions['limits']
  await expect(Cluster.start({ engines: 0, ...(limits ? { limits } : {}) })).rejects.toMatchObject({
    message: expect.stringMatching(/no limits\.clientTaskMax; there are clientTasksMax/),
  })
})
