/** Graphs through real links: nothing begins too early, whatever fails. */
import { describe, expect, it } from 'vitest'
import { Client, Cluster, CompositeError, type GraphNode, type LocalClusterOptions, node } from 'yardmaster'
import { seededRandom } from '../../core/random.ts'
import { brokenEdges, randomDag, runDag } from '../../examples/dag.ts'
import { scaled } from '../scale.ts'

const links: readonly { name: string; options: LocalClusterOptions }[] = [
  { name: 'threads', options: { engineKind: 'thread', transport: 'threads' } },
  { name: 'zeromq', options: { engineKind: 'thread', transport: 'zeromq' } },
  { name: 'websocket', options: { engineKind: 'process', transport: 'websocket' } },
]

async function withClient(options: LocalClusterOptions, body: (client: Client) => Promise<void>): Promise<void> {
  await using cluster = await Cluster.start({ engines: 4, ...options })
  const [address] = cluster.addresses
  await using client = address ? await Client.connect(address, { key: cluster.key }) : await cluster.connect()
  await body(client)
}

const add = (a: number, b: number) => a + b

describe.each(scaled(links, links.slice(1)))('on $name', ({ options }) => {
  it('a random graph of sleeping tasks keeps to its edges', async () => {
    await withClient(options, async (client) => {
      const seed = Math.floor(Math.random() * 2 ** 31)
      const random = seededRandom(seed)
      const dag = randomDag(60, 250, () => random.below(2 ** 30) / 2 ** 30)
      const spans = await runDag(client, dag, 15)
      expect(Object.keys(spans), `seed ${seed}`).toEqual(dag.nodes)
      expect(brokenEdges(dag, spans), `seed ${seed}`).toEqual([])
      // The same by the controller's book: an attempt is sent only when what it waits for has been answered.
      const records = new Map((await client.query()).map((record) => [record.label, record]))
      for (const [first, then] of dag.edges) {
        const [before, after] = [records.get(first), records.get(then)]
        expect(after?.startedAt, `seed ${seed}: ${first} → ${then}`).toBeGreaterThanOrEqual(before?.endedAt as number)
      }
    })
  })

  it('a failure spreads to those that need it, and to no others', async () => {
    await withClient(options, async (client) => {
      const fail = () => {
        throw new RangeError('no disk')
      }
      const nodes = {
        load: node(fail),
        fit: node(add, [1, 2], { after: 'load' }),
        plot: node(add, [3, 4], { after: ['fit'] }),
        mail: node(add, [5, 6], { after: [] }),
      }
      const lview = client.loadBalancedView()
      const inPlace = await lview.with({ returnExceptions: true }).graph(nodes)
      expect(inPlace).toMatchObject({
        load: { code: 'YM_REMOTE', remoteName: 'RangeError' },
        fit: { code: 'YM_IMPOSSIBLE_DEPENDENCY' },
        plot: { code: 'YM_IMPOSSIBLE_DEPENDENCY' },
        mail: 11,
      })
      const error = await lview.graph(nodes).then(
        () => undefined,
        (reason: unknown) => reason,
      )
      expect(error).toBeInstanceOf(CompositeError)
      expect((error as CompositeError).errors).toHaveLength(3)
      const records = await client.query({ label: 'plot', state: 'impossible' })
      expect(records).toHaveLength(2)
    })
  })

  it('thousands of nodes go out at once and come back right', async () => {
    await withClient(options, async (client) => {
      const count = scaled(12_000, 4_000)
      const nodes: Record<string, GraphNode<number>> = {}
      // Declared backwards: each waits for one or two that are declared later.
      for (let i = count - 1; i >= 0; i -= 1) {
        const after = i === 0 ? [] : [`n${Math.floor(i / 2)}`, `n${i - 1 - ((i * 7) % Math.min(i, 50))}`]
        nodes[`n${i}`] = node(add, [i, i], { after })
      }
      const graph = client.loadBalancedView().graph(nodes)
      expect(graph.ids).toHaveLength(count)
      const result = await graph
      const wrong = Object.entries(result).filter(([name, value]) => value !== 2 * Number(name.slice(1)))
      expect(wrong).toEqual([])
      expect(Object.keys(result)).toHaveLength(count)
      expect((await client.queueStatus()).ended).toBe(count)
    })
  })

  it('nodes follow each other to one engine, and may wait for tasks elsewhere', async () => {
    await withClient(options, async (client) => {
      const lview = client.loadBalancedView()
      const elsewhere = lview.with({ targets: 2 }).apply(add, 1, 1)
      const graph = lview.graph({
        here: node(add, [1, 2], { follow: elsewhere }),
        too: node(add, [3, 4], { follow: 'here', after: elsewhere }),
      })
      expect(await graph).toEqual({ here: 3, too: 7 })
      expect(graph.metadata.map(({ engineId }) => engineId)).toEqual([2, 2])
    })
  })
})
