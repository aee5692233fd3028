/** What was asked of the controller survives the link on which it was asked. */
import { describe, expect, it } from 'vitest'
import { Client, Cluster, type LocalClusterOptions } from 'yardmaster'
import { Cable } from './cable.ts'

const links: readonly { name: string; options: LocalClusterOptions }[] = [
  { name: 'zeromq', options: { engineKind: 'thread', transport: 'zeromq' } },
  { name: 'websocket', options: { engineKind: 'thread', transport: 'websocket' } },
]

const double = (x: number) => x * 2

/** A client over a cable, and one beside it that sees what arrived. */
async function withCable(
  options: LocalClusterOptions,
  body: (client: Client, cable: Cable, witness: Client) => Promise<void>,
): Promise<void> {
  await using cluster = await Cluster.start({ engines: 2, heartbeatMs: 500, ...options })
  const address = cluster.addresses[0] as string
  await using cable = await Cable.to(address)
  await using client = await Client.connect(cable.address, { key: cluster.key })
  const witness = await cluster.connect()
  await body(client, cable, witness)
}

async function until(condition: () => Promise<boolean>): Promise<void> {
  while (!(await condition())) await new Promise((resolve) => setTimeout(resolve, 5))
}

describe.each(links)('over $name', ({ options }) => {
  it('results, one’s own and another’s, come in on the next link', async () => {
    await withCable(options, async (client, cable, witness) => {
      const lview = client.loadBalancedView()
      const done = lview.apply(double, 1)
      await done
      const slow = lview.apply(() => new Promise<string>((resolve) => setTimeout(resolve, 300, 'slow')))
      const foreign = witness
        .loadBalancedView()
        .apply(() => new Promise<number>((resolve) => setTimeout(resolve, 300, 7)))
      await until(async () => Object.values(await witness.resultStatus(slow))[0] !== 'unknown')
      const watched = client.getResult<number>(foreign.ids[0] as string)
      cable.cut()
      expect(await watched).toBe(7)
      expect(await slow).toBe('slow')
      expect(await client.getResult<number>(done.ids[0] as string)).toBe(2)
      expect(await client.history()).toEqual([done, slow].flatMap(({ ids }) => ids))
    })
  })

  it('what was asked and not answered is done once, and answered', async () => {
    await withCable(options, async (client, cable, witness) => {
      const lview = client.loadBalancedView()
      const [first, second] = [lview.apply(double, 1), lview.apply(double, 2)]
      await Promise.all([first, second])
      cable.isMute = true
      const again = client.resubmit<number>(second.ids[0] as string)
      const purged = client.purge(first)
      const renamed = client.setStrategy('lru')
      const found = client.query({ state: 'succeeded', purged: false })
      const sent = lview.apply(double, 3)
      await until(async () => Object.values(await witness.resultStatus(sent))[0] === 'succeeded')
      cable.cut()
      expect(await again).toBe(4)
      expect(await purged).toBe(1)
      await renamed
      expect(await sent).toBe(6)
      expect((await found).map(({ id }) => id)).toEqual([second, again, sent].flatMap(({ ids }) => ids))
      const records = await witness.query({ client: client.session })
      expect(records.map(({ attempts }) => attempts)).toEqual([1, 1, 1, 1])
      expect((await witness.queueStatus()).strategy).toBe('lru')
      expect((await witness.queueStatus()).ended).toBe(4)
    })
  })
})
