import { expect, it } from 'vitest'
import { Cluster } from 'yardmaster'

it('a cluster starts more engines at once than strangers may wait', async () => {
  await using cluster = await Cluster.start({ engines: 200, engineKind: 'inline', strangersMax: 10 })
  expect(cluster.engines).toHaveLength(200)
  const client = await cluster.connect()
  expect(await client.loadBalancedView().map((x: number) => x + 1, Array(1_000).keys())).toHaveLength(1_000)
})
