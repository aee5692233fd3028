import { expect, it } from 'vitest'
import { Cluster } from 'yardmaster'
import { strategies } from 'yardmaster/scheduler'
import { scaled } from '../scale.ts'

const twice = (x: number) => 2 * x

it.each(Object.keys(strategies))(
  'a cluster runs under %s: in batches, one by one, in order, bound to engines',
  async (strategy) => {
    await using cluster = await Cluster.start({
      engines: 3,
      engineKind: scaled('thread', 'inline'),
      concurrency: 2,
      strategy,
    })
    await using client = await cluster.connect()
    expect((await client.queueStatus()).strategy).toBe(strategy)
    const view = client.loadBalancedView()
    const numbers = Array.from({ length: 60 }, (_, i) => i)
    const doubled = numbers.map((i) => 2 * i)
    expect(await view.map(twice, numbers)).toEqual(doubled)
    const single = numbers.map((i) => view.apply(twice, i))
    const chain = [view.apply(twice, 0)]
    for (let i = 1; i < 10; i += 1) chain.push(view.with({ after: chain.slice(-1) }).apply(twice, i))
    const bound = numbers.slice(0, 30).map((i) => view.with({ targets: [i % 3], priority: i % 2 }).apply(twice, i))
    expect(await Promise.all(single)).toEqual(doubled)
    expect(await Promise.all(bound)).toEqual(doubled.slice(0, 30))
    expect(bound.map(({ metadata }) => metadata[0]?.engineId)).toEqual(bound.map((_, i) => i % 3))
    expect(await Promise.all(chain)).toEqual(doubled.slice(0, 10))
    const ran = chain.map(({ metadata }) => metadata[0])
    for (const [i, link] of ran.slice(1).entries())
      expect(link?.startedAt).toBeGreaterThanOrEqual(ran[i]?.endedAt ?? Number.NaN)
  },
)
