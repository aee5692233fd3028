/** What the controller keeps of tasks, and what any client can do with it, through real links. */
import { describe, expect, it } from 'vitest'
import { Client, Cluster, Dependency, type LocalClusterOptions, type TaskQuery, type ViewFlags } from 'yardmaster'

const links: readonly { name: string; options: LocalClusterOptions }[] = [
  { name: 'threads', options: { engineKind: 'thread', transport: 'threads' } },
  { name: 'zeromq', options: { engineKind: 'thread', transport: 'zeromq' } },
  { name: 'websocket', options: { engineKind: 'process', transport: 'websocket' } },
]

const double = (x: number) => x * 2
const fail = (x: number) => {
  throw new RangeError(`no ${x}`)
}

/** Two clients of one cluster: over the wire where there is one. */
async function withTwo(
  options: LocalClusterOptions,
  body: (one: Client, other: Client, cluster: Cluster) => Promise<void>,
): Promise<void> {
  await using cluster = await Cluster.start({ engines: 2, ...options })
  const [address] = cluster.addresses
  const connect = () => (address ? Client.connect(address, { key: cluster.key }) : cluster.connect())
  await using one = await connect()
  await using other = await connect()
  await body(one, other, cluster)
}

function idOf({ ids }: { readonly ids: readonly string[] }): string {
  return ids[0] as string
}

async function errorOf(result: PromiseLike<unknown>): Promise<unknown> {
  return result.then(
    (value) => ({ resolved: value }),
    (error: unknown) => error,
  )
}

describe.each(links)('on $name', ({ options }) => {
  it('another client gets results, live and retained, and is told what there is not', async () => {
    await withTwo(options, async (one, other) => {
      const lview = one.loadBalancedView()
      const done = lview.apply(double, 21)
      await done
      const failed = lview.apply(fail, 7)
      await failed.wait()
      const map = lview.with({ chunk: 3 }).map(double, [1, 2, 3, 4])
      await map
      expect(await other.getResult<number>(idOf(done))).toBe(42)
      expect(await other.getResult<number>([...map.ids])).toEqual([2, 4, 6, 8])
      expect(await errorOf(other.getResult(idOf(failed)))).toMatchObject({
        code: 'YM_REMOTE',
        remoteName: 'RangeError',
      })
      expect(await errorOf(other.getResult('nobody.1'))).toMatchObject({ code: 'YM_UNKNOWN_TASK' })
      const slow = lview.apply(() => new Promise<string>((resolve) => setTimeout(resolve, 50, 'slow')))
      while (Object.values(await other.resultStatus(slow))[0] === 'unknown');
      expect(await other.getResult<string>(idOf(slow))).toBe('slow')
      expect(await other.resultStatus([idOf(done), idOf(failed), 'nobody.1'])).toEqual({
        [idOf(done)]: 'succeeded',
        [idOf(failed)]: 'failed',
        'nobody.1': 'unknown',
      })
    })
  })

  it('what was purged says so, and what is pending cannot be', async () => {
    await withTwo(options, async (one, other) => {
      const lview = one.loadBalancedView()
      const done = lview.apply(double, 1)
      await done
      const pending = lview.apply(() => new Promise<void>(() => {}))
      const waiting = lview.with({ after: pending }).apply(double, 2)
      expect(await errorOf(one.purge([done, waiting]))).toMatchObject({ code: 'YM_PENDING' })
      expect(await errorOf(other.purge('nobody.1'))).toMatchObject({ code: 'YM_UNKNOWN_TASK' })
      expect(await other.purge(done)).toBe(1)
      expect(await one.resultStatus(done)).toEqual({ [idOf(done)]: 'purged' })
      expect(await errorOf(other.getResult(idOf(done)))).toMatchObject({ code: 'YM_PURGED' })
      expect(await errorOf(one.getResult(idOf(done)))).toMatchObject({ code: 'YM_PURGED' })
      expect(await errorOf(other.resubmit(idOf(done)))).toMatchObject({ code: 'YM_PURGED' })
      other.abort([pending, waiting])
      expect(await errorOf(waiting)).toMatchObject({ code: 'YM_ABORTED' })
      expect(await errorOf(pending)).toMatchObject({ code: 'YM_ABORTED' })
      const status = await one.queueStatus()
      expect(status).toMatchObject({ waiting: 0, ready: 0, running: 0, ended: 3 })
    })
  })

  it('resubmission runs what can run, and fails only what cannot', async () => {
    await withTwo(options, async (one, other) => {
      const lview = one.loadBalancedView()
      const results = [lview.apply(double, 1), lview.apply(double, 2), lview.apply(fail, 3)]
      for (const result of results) await result.wait()
      const [first, second, third] = results.map(idOf) as [string, string, string]
      await one.purge(first)
      const [again, gone, failing, nobody] = [second, first, third, 'nobody.1'].map((id) => other.resubmit<number>(id))
      expect(await again).toBe(4)
      expect(await errorOf(gone as PromiseLike<number>)).toMatchObject({ code: 'YM_PURGED' })
      expect(await errorOf(failing as PromiseLike<number>)).toMatchObject({ code: 'YM_REMOTE' })
      expect(await errorOf(nobody as PromiseLike<number>)).toMatchObject({ code: 'YM_UNKNOWN_TASK' })
      const mixed = other.resubmit<number>([first, second])
      await mixed.wait()
      expect(mixed.metadata.map(({ status }) => status)).toEqual(['failed', 'succeeded'])
      expect(Object.values(await other.resultStatus(mixed)).at(-1)).toBe('succeeded')
      expect(await other.getResult<number>(mixed.ids[1] as string)).toBe(4)
    })
  })

  it('beyond the limits the oldest result is dropped, and later forgotten', async () => {
    const retention = { countMax: 3, purgedMax: 2 }
    await withTwo({ ...options, retention }, async (one, other) => {
      const lview = one.loadBalancedView()
      const ids: string[] = []
      for (let i = 0; i < 8; i += 1) {
        const result = lview.apply(double, i)
        await result
        ids.push(idOf(result))
      }
      // What has ended last is dropped with the next event.
      const states = async () => Object.values(await other.resultStatus(ids))
      const [kept] = await Promise.all([other.getResult<number>(ids[7] as string), states()])
      expect(kept).toBe(14)
      expect((await states()).filter((state) => state === 'succeeded').length).toBeLessThanOrEqual(4)
      expect((await states()).slice(0, 2)).toEqual(['unknown', 'unknown'])
      expect(await states()).toContain('purged')
    })
    await withTwo({ ...options, retention: { bytesMax: 3_000 } }, async (one, other) => {
      const lview = one.loadBalancedView()
      const ids: string[] = []
      for (let i = 0; i < 4; i += 1) {
        const result = lview.apply((n: number) => 'x'.repeat(1_000) + n, i)
        await result
        ids.push(idOf(result))
      }
      await lview.apply(double, 1)
      expect(Object.values(await other.resultStatus(ids))).toEqual(['purged', 'purged', 'succeeded', 'succeeded'])
    })
  })

  it('history and queries tell what became of tasks, whosever they are', async () => {
    await withTwo(options, async (one, other) => {
      const before = Date.now()
      const fits = one.loadBalancedView().with({ label: 'fit', retries: 1 })
      const good = fits.apply(double, 1)
      await good
      const bad = fits.with({ targets: 1 }).apply(fail, 2)
      await bad.wait()
      const foreign = other.loadBalancedView().apply(double, 3)
      await foreign
      const blocker = one.loadBalancedView().apply(() => new Promise<void>(() => {}))
      const waiting = one
        .loadBalancedView()
        .with({ after: [blocker, good] })
        .apply(double, 4)
      expect(await one.history()).toEqual([good, bad, blocker, waiting].map(idOf))
      expect(await one.history({ limit: 2 })).toEqual([blocker, waiting].map(idOf))
      expect(await other.history()).toEqual([idOf(foreign)])

      const ids = async (query: TaskQuery) => (await one.query(query)).map(({ id }) => id)
      expect(await ids({})).toEqual(await one.history())
      expect(await ids({ client: 'any' })).toEqual([good, bad, foreign, blocker, waiting].map(idOf))
      expect(await ids({ client: other.session })).toEqual([idOf(foreign)])
      expect(await ids({ label: 'fit', state: 'succeeded' })).toEqual([idOf(good)])
      expect(await ids({ client: 'any', engine: 1, state: ['failed', 'impossible'] })).toEqual([idOf(bad)])
      expect(await ids({ ids: [foreign, 'nobody.1'] })).toEqual([idOf(foreign)])
      expect(await ids({ client: 'any', limit: 1 })).toEqual([idOf(waiting)])

      const [first, second, third, fourth] = await one.query()
      expect(first).toMatchObject({ label: 'fit', client: one.session, state: 'succeeded', purged: false, attempts: 1 })
      expect(first?.flags).toEqual({ label: 'fit', retries: 1 })
      expect(second).toMatchObject({
        state: 'failed',
        error: 'YM_REMOTE',
        attempts: 2,
        failures: 2,
        failedOn: [1],
        engineId: 1,
      })
      expect(third?.endedAt).toBeUndefined()
      expect(fourth).toMatchObject({ state: 'waiting', attempts: 0, failures: 0 })
      expect(fourth?.flags.after).toEqual([new Dependency([blocker, good])])
      const [metadata] = good.metadata
      expect(first).toMatchObject({
        submittedAt: metadata?.submittedAt,
        startedAt: metadata?.startedAt,
        endedAt: metadata?.endedAt,
      })
      // The two clocks may be read a millisecond apart.
      expect(await ids({ submittedAfter: before - 2 })).toHaveLength(4)
      expect(await ids({ submittedBefore: new Date(before - 2) })).toEqual([])
      expect(await ids({ endedAfter: second?.endedAt })).toEqual([idOf(bad)])
      expect(await ids({ endedBefore: second?.endedAt })).toEqual([idOf(good)])

      await one.purge(good)
      expect(await one.query({ purged: true })).toMatchObject([{ id: idOf(good), state: 'succeeded', purged: true }])
      blocker.abort()
      expect(await errorOf(waiting)).toMatchObject({ code: 'YM_IMPOSSIBLE_DEPENDENCY' })
      expect(await one.query({ ids: [blocker, waiting] })).toMatchObject([
        { state: 'aborted', error: 'YM_ABORTED' },
        { state: 'impossible', error: 'YM_IMPOSSIBLE_DEPENDENCY' },
      ])
    })
  })

  it('pages of thousands of records come whole and in order', async () => {
    await withTwo(options, async (one, other) => {
      const held = one.loadBalancedView().with({ after: one.loadBalancedView().apply(() => new Promise(() => {})) })
      const many = Array.from({ length: 12_000 }, (_, i) => held.with({ label: `t${i}` }).apply(double, i))
      const found = await one.query({ state: 'waiting' })
      expect(found.map(({ id }) => id)).toEqual(many.map(idOf))
      expect(found.map(({ label }) => label)).toEqual(many.map((_, i) => `t${i}`))
      expect(await other.query({ client: one.session, limit: 3 })).toEqual(found.slice(-3))
      expect(await one.history()).toHaveLength(12_001)
      one.abort()
      await one.wait()
      // Those that were not aborted before what they waited for can run no more.
      expect(await one.query({ state: ['aborted', 'impossible'], label: ['t7', 't11999'] })).toMatchObject([
        { id: many[7]?.ids[0] },
        { id: many[11_999]?.ids[0] },
      ])
    })
  })

  it('22: resubmission keeps every constraint, and links both records', async () => {
    await withTwo(options, async (one, other) => {
      const dependency = one.loadBalancedView().with({ targets: 1 }).apply(double, 1)
      await dependency
      const flags: ViewFlags = {
        after: [new Dependency(dependency, { all: false, failure: true })],
        follow: [new Dependency(dependency)],
        targets: [0, 1],
        retries: 2,
        queueTimeout: 60_000,
        runTimeout: 50_000,
        priority: 3,
        retryOnEngineLoss: false,
        onUnmet: 'wait',
        label: 'fit',
      }
      const result = one.loadBalancedView().with(flags).apply(double, 21)
      expect(await result).toBe(42)
      const again = other.resubmit<number>(idOf(result))
      expect(await again).toBe(42)
      const [before, after] = await other.query({ ids: [result, again] })
      expect(before?.flags).toEqual(flags)
      expect(after?.flags).toEqual(flags)
      expect(before).toMatchObject({ id: idOf(result), client: one.session, resubmittedAs: idOf(again), engineId: 1 })
      expect(after).toMatchObject({
        id: idOf(again),
        client: other.session,
        resubmittedFrom: idOf(result),
        engineId: 1,
      })
      expect(await other.history()).toEqual([idOf(again)])
    })
  })
})
