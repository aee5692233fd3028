import { expect, it } from 'vitest'
import { Client, Cluster } from 'yardmaster'
import { launchProcessEngine } from './from-dist.ts'

const bytes = () => new Uint8Array(new SharedArrayBuffer(8_192)).fill(1)

it('shared memory is refused at once where every engine is in another process, and the cluster goes on', async () => {
  await using cluster = await Cluster.start({ engines: 1, engineKind: 'process' })
  const lview = (await cluster.connect()).loadBalancedView()
  const refused = expect.objectContaining({
    code: 'YM_CLONE',
    message: expect.stringMatching(/SharedArrayBuffer.*engineKind: 'thread'/),
  })
  expect(() => lview.apply((shared: Uint8Array) => shared.length, bytes())).toThrow(refused)
  await expect(lview.map((shared: Uint8Array) => shared.length, [bytes()]).get()).rejects.toThrow(refused)
  expect(await lview.apply((x: number) => x + 1, 1)).toBe(2)
})

it('shared memory is refused for one engine in another process, where others are threads', async () => {
  await using cluster = await Cluster.start({ engines: 1, addresses: ['ws://127.0.0.1:0'] })
  const [address] = cluster.addresses as [string]
  const options = { address, key: cluster.key, concurrency: 1, reconnectMs: 0, name: 'apart', kind: 'process' }
  const apart = launchProcessEngine(options)
  const client = await cluster.connect()
  const [, id] = await client.waitForEngines(2)
  const lview = client.loadBalancedView()
  const call = (shared: Uint8Array) => shared.length
  await expect(
    lview
      .with({ targets: id as number })
      .apply(call, bytes())
      .get(),
  ).rejects.toMatchObject({
    code: 'YM_REMOTE',
    message: expect.stringMatching(/SharedArrayBuffer.*threads, or pass a copy/),
  })
  expect(await lview.with({ targets: 0 }).apply(call, bytes())).toBe(8_192)
  await apart.stop()
})

it('shared memory is shared with an engine in this process', async () => {
  await using cluster = await Cluster.start({ engines: 1, engineKind: 'thread' })
  const lview = (await cluster.connect()).loadBalancedView()
  const shared = bytes()
  await lview.apply((there: Uint8Array) => {
    there[5] = 42
  }, shared)
  expect(shared[5]).toBe(42)
})

it('a result that shares memory fails where it would leave its process, towards an engine as towards a client', async () => {
  await using apart = await Cluster.start({ engines: 1, engineKind: 'process' })
  await using together = await Cluster.start({ engines: 1, addresses: ['ws://127.0.0.1:0'] })
  await using remote = await Client.connect(together.addresses[0], { key: together.key })
  for (const client of [await apart.connect(), remote]) {
    const lview = client.loadBalancedView()
    const shared = lview.apply(() => new Uint8Array(new SharedArrayBuffer(8_192)))
    await expect(shared.get()).rejects.toMatchObject({ message: expect.stringContaining('SharedArrayBuffer') })
    expect(await lview.apply(() => 'goes on')).toBe('goes on')
  }
})

it('a function that captures shared memory is refused: what is captured is copied', async () => {
  await using cluster = await Cluster.start({ engines: 1 })
  const lview = (await cluster.connect()).loadBalancedView()
  const shared = bytes()
  expect(() => lview.apply(() => shared[0])).toThrow(
    expect.objectContaining({ code: 'YM_CAPTURE', message: expect.stringMatching(/'shared'.*argument/) }),
  )
})
