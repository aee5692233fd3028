import { describe, expect, it } from 'vitest'
import { Client, Cluster, type LocalClusterOptions } from 'yardmaster'
import { strategy } from 'yardmaster/scheduler'
import { scaled } from '../scale.ts'

const links: readonly { name: string; options: LocalClusterOptions }[] = [
  { name: 'threads', options: { engineKind: 'thread', transport: 'threads' } },
  { name: 'zeromq', options: { engineKind: 'thread', transport: 'zeromq' } },
]

const engineCount = 3
const names = ['lru', 'plainrandom', 'twobin', 'weighted', 'pure', 'powerOf2', 'powerOf3', 'leastload']

/** Counts, in its engine, how often it is called. */
const counted = (x: number) => {
  const counter = globalThis as { calls?: number }
  counter.calls = (counter.calls ?? 0) + 1
  return 2 * x
}
const calls = () => (globalThis as { calls?: number }).calls ?? 0

async function connect(cluster: Cluster): Promise<Client> {
  const [address] = cluster.addresses
  return address ? Client.connect(address, { key: cluster.key }) : cluster.connect()
}

it('a cluster starts with each strategy by its name', async () => {
  for (const strategy of [...names, 'powerOf17']) {
    await using cluster = await Cluster.start({ engines: 1, engineKind: 'inline', strategy })
    const client = await cluster.connect()
    expect((await client.queueStatus()).strategy).toBe(strategy)
    expect(await client.loadBalancedView().apply(counted, 4)).toBe(8)
  }
  await expect(Cluster.start({ engines: 0, strategy: 'powerOf0' })).rejects.toMatchObject({
    code: 'YM_CONFIGURATION',
    message: expect.stringContaining('powerOf2'),
  })
})

describe.each(scaled(links, links.slice(1)))('on $name', ({ options }) => {
  it('another strategy takes over under load, and no task is lost or repeated', async () => {
    // A low mark: most tasks are still to be assigned when a strategy goes.
    await using cluster = await Cluster.start({ engines: engineCount, hwm: 8, ...options })
    await using client = await connect(cluster)
    const lview = client.loadBalancedView()
    expect((await client.queueStatus()).strategy).toBe('leastload')
    const count = 21_000
    const results = Array.from({ length: count }, (_, i) => lview.apply(counted, i))
    const chosen = new Map<string, number>()
    const spying = strategy('spying', (_task, engines) => {
      const engine = engines.leastLoaded()
      chosen.set('spying', (chosen.get('spying') ?? 0) + 1)
      return engine
    })
    const seen = new Set<string>()
    for (const [i, name] of names.entries()) {
      // Each takes over when a further part of the tasks has ended.
      await results[(i + 1) * 2_500]
      if (i === 3) cluster.setStrategy(spying)
      else await client.setStrategy(name)
      seen.add((await client.queueStatus()).strategy)
    }
    expect([...seen]).toEqual(names.map((name, i) => (i === 3 ? 'spying' : name)))
    let wrong = 0
    for (const [i, result] of results.entries()) {
      if ((await result) !== 2 * i || result.metadata[0]?.attempts !== 1) wrong += 1
    }
    expect(wrong).toBe(0)
    expect(chosen.get('spying')).toBeGreaterThan(0)
    const perEngine = await Promise.all(client.ids.map((id) => lview.with({ targets: id }).apply(calls).get()))
    expect(perEngine.reduce((a, b) => a + b)).toBe(count)
    expect(await client.queueStatus()).toMatchObject({ waiting: 0, ready: 0, running: 0, ended: count + engineCount })
  })

  it('an unknown strategy, or one that cannot start, is refused, and the old one stays in force', async () => {
    await using cluster = await Cluster.start({ engines: 1, strategy: 'lru', ...options })
    await using client = await connect(cluster)
    await expect(client.setStrategy('fastest')).rejects.toMatchObject({
      code: 'YM_CONFIGURATION',
      message: expect.stringContaining('leastload'),
      details: { strategy: 'fastest' },
    })
    expect(() => cluster.setStrategy('fastest')).toThrow(expect.objectContaining({ code: 'YM_CONFIGURATION' }))
    const broken = strategy('broken', {
      start: () => {
        throw new Error('no model file')
      },
    })
    expect(() => cluster.setStrategy(broken)).toThrow(/'broken' cannot start: no model file/)
    expect((await client.queueStatus()).strategy).toBe('lru')
    expect(await client.loadBalancedView().apply(counted, 4)).toBe(8)
    await cluster.stop()
    expect(() => cluster.setStrategy('pure')).toThrow(/stopped/)
  })
})
