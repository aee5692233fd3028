import { expect, it } from 'vitest'
import { Client, Cluster } from 'yardmaster'

const bytes = () => new Uint8Array(new SharedArrayBuffer(8_192)).fill(1)

it('shared memory is refused for an engine in another process, and the cluster goes on', async () => {
  await using cluster = await Cluster.start({ engines: 1, engineKind: 'process' })
  const lview = (await cluster.connect()).loadBalancedView()
  const error = await lview
    .apply((shared: Uint8Array) => shared.length, bytes())
    .then(
      () => undefined,
      (reason: unknown) => reason,
    )
  expect(error).toMatchObject({ code: 'YM_REMOTE', message: expect.stringContaining('SharedArrayBuffer') })
  expect(await lview.apply((x: number) => x + 1, 1)).toBe(2)
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
