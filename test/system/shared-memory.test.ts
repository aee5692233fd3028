import { expect, it } from 'vitest'
import { Cluster } from 'yardmaster'

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
