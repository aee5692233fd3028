/** What grows, recurses or forgets elsewhere when there is much of it. */
import { Session } from 'node:inspector/promises'
import { describe, expect, test } from 'vitest'
import { Cluster, node, YardmasterError } from 'yardmaster'
import { scaled } from '../scale.ts'
import { id, on, QuietWorld, spec } from '../scheduler/world.ts'

const fail = (message: string): never => {
  throw new RangeError(message)
}

test('a long chain of tasks whose head fails: every one of them gets its reply', { timeout: 120_000 }, async () => {
  await using cluster = await Cluster.start({ engines: 1, engineKind: 'inline' })
  const client = await cluster.connect()
  const length = scaled(100_000, 20_000)
  const chain = Object.fromEntries(
    Array.from({ length }, (_, i) => [
      `n${i}`,
      i === 0 ? node(fail, ['the head']) : node(fail, ['never'], { after: `n${i - 1}` }),
    ]),
  )
  const results = Object.values(await client.loadBalancedView().with({ returnExceptions: true }).graph(chain))
  const codes = results.map((result: unknown) => (result instanceof YardmasterError ? result.code : undefined))
  expect(codes[0]).toBe('YM_REMOTE')
  expect(codes.slice(1).every((code) => code === 'YM_IMPOSSIBLE_DEPENDENCY')).toBe(true)
  expect(codes).toHaveLength(length)
})

describe('results beyond 1,024', () => {
  const values = Array.from({ length: 3_000 }, (_, i) => i)

  test('are all there, for another client too', async () => {
    await using cluster = await Cluster.start({ engines: 2 })
    const lview = (await cluster.connect()).loadBalancedView()
    const results = values.map((value) => lview.apply((x: number) => x, value))
    expect(await Promise.all(results)).toEqual(values)
    expect(await (await cluster.connect()).getResult(results)).toEqual(values)
  })

  test('and beyond the stated limit say that they were purged', async () => {
    await using cluster = await Cluster.start({ engines: 2, retention: { countMax: 1_500 } })
    const lview = (await cluster.connect()).loadBalancedView()
    const results = values.map((value) => lview.apply((x: number) => x, value))
    expect(await Promise.all(results)).toEqual(values)
    const other = await cluster.connect()
    const statuses = await other.resultStatus(results)
    const kept = results.filter(({ ids }) => ids.some((id) => statuses[id] === 'succeeded'))
    const purged = results.filter(({ ids }) => ids.some((id) => statuses[id] === 'purged'))
    // What ended in the last step is kept beyond the limit until the next.
    expect(kept.length).toBeGreaterThanOrEqual(1_500)
    expect(purged.length).toBeGreaterThan(1_000)
    expect(kept.length + purged.length).toBe(results.length)
    expect(await other.getResult(kept)).toEqual(await Promise.all(kept))
    const [gone = kept] = purged
    await expect(other.getResult(gone)).rejects.toMatchObject({ code: 'YM_PURGED' })
  })
})

/** How often each stretch of the scheduler's code was run meanwhile, all added up. */
async function countSteps(work: () => void): Promise<number> {
  const session = new Session()
  session.connect()
  await session.post('Profiler.enable')
  await session.post('Profiler.startPreciseCoverage', { callCount: true, detailed: true })
  await session.post('Profiler.takePreciseCoverage')
  work()
  const { result } = await session.post('Profiler.takePreciseCoverage')
  await session.post('Profiler.stopPreciseCoverage')
  session.disconnect()
  const ranges = result
    .filter(({ url }) => /\/scheduler\/(?!.*test)/.test(url))
    .flatMap(({ functions }) => functions.flatMap((one) => one.ranges))
  return ranges.reduce((sum, { count }) => sum + count, 0)
}

test('scheduling a task costs the same whether 200 or 20,000 are blocked', async () => {
  const steps = async (blocked: number) => {
    const world = new QuietWorld({ hwm: 1 })
    world.join(2)
    world.submit(spec('long', { targets: [1] }))
    const kinds = [{ targets: [1] }, { after: [on([id('long')])] }, { follow: [on([id('long')])] }]
    world.submit(...Array.from({ length: blocked }, (_, i) => spec(i, kinds[i % kinds.length])))
    return countSteps(() => {
      for (let i = 0; i < 100; i += 1) {
        world.submit(spec(`free${i}`))
        world.end(id(`free${i}`))
      }
    })
  }
  const few = await steps(200)
  expect(few).toBeGreaterThan(1_000)
  // The depth of a heap may show.
  expect(await steps(20_000)).toBeLessThan(few * 1.2)
})
