import { expect, test, vi } from 'vitest'
import { Cluster } from 'yardmaster'

test('an engine that hangs while the controller drains is noticed, and its task moves on', async () => {
  // XState tells so of what is sent to a machine that has stopped.
  const warn = vi.spyOn(console, 'warn')
  await using cluster = await Cluster.start({
    engines: 2,
    engineKind: 'process',
    heartbeatMs: 400,
    reconnectMs: 0,
    drainMs: 600_000,
    strategy: 'pure',
  })
  const client = await cluster.connect()
  const sleep = (ms: number) => new Promise<number>((resolve) => setTimeout(resolve, ms, ms))
  const map = client.loadBalancedView().with({ chunk: 1 }).map(sleep, [300, 300, 300, 300])
  await expect.poll(() => map.status).toBe('running')
  const hung = cluster.engines[0]?.pid as number
  process.kill(hung, 'SIGSTOP')
  try {
    await client.shutdown()
    expect(await map).toEqual([300, 300, 300, 300])
    await cluster.stopped
  } finally {
    process.kill(hung, 'SIGCONT')
    await cluster.stop()
  }
  expect(warn).not.toHaveBeenCalled()
})
