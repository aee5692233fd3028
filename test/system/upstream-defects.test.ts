/** What others in the field hang on, lose or slow down with, each by its name, through the public interface. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type Client, Cluster, Dependency, node, TaskAbortedError, type YardmasterError } from 'yardmaster'
import { currentTask } from 'yardmaster/engine'

const codeOf = (result: PromiseLike<unknown>): Promise<string> =>
  Promise.resolve(result).then(
    () => 'no error',
    (error: YardmasterError) => error.code,
  )
const sleep = (ms: number) => new Promise<number>((resolve) => setTimeout(resolve, ms, ms))
const fail = (message: string): never => {
  throw new RangeError(message)
}

describe('on thread engines', () => {
  let cluster: Cluster
  let client: Client
  beforeAll(async () => {
    cluster = await Cluster.start({ engines: 2 })
    client = await cluster.connect()
  })
  afterAll(() => cluster.stop())

  test('retries ≥ engines: the task ends, with its last real error, with targets too', async () => {
    for (const targets of [null, [1]]) {
      const result = client
        .loadBalancedView()
        .with({ retries: 4, targets })
        .apply(() => fail(`attempt ${currentTask().attempt}`))
      await expect(result).rejects.toThrow('attempt 5')
      expect(result.metadata[0]?.attempts).toBe(5)
    }
  })

  test('after [pending, failed], while another task waits on the pending one: one is impossible at once, the other runs', async () => {
    const lview = client.loadBalancedView()
    const pending = lview.apply(sleep, 300)
    const failed = lview.apply(fail, 'on purpose')
    const both = lview.with({ after: [pending, failed] }).apply(() => 'never')
    const other = lview.with({ after: pending }).apply(() => 'ran')
    expect(await codeOf(both)).toBe('YM_IMPOSSIBLE_DEPENDENCY')
    expect(pending.ready).toBe(false)
    expect(await other).toBe('ran')
    expect(await codeOf(failed)).toBe('YM_REMOTE')
  })

  test('follow on a task that never ran terminates', async () => {
    const lview = client.loadBalancedView()
    const failed = lview.apply(fail, 'on purpose')
    const neverRan = lview.with({ after: failed }).apply(() => 'never')
    const follower = lview
      .with({ follow: new Dependency(neverRan, { success: true, failure: true }) })
      .apply(() => 'never')
    expect(await codeOf(neverRan)).toBe('YM_IMPOSSIBLE_DEPENDENCY')
    expect(await codeOf(follower)).toBe('YM_IMPOSSIBLE_DEPENDENCY')
    await codeOf(failed)
  })

  test('abort of queued, running and retried tasks: nobody else’s task suffers', async () => {
    const lview = client.loadBalancedView().with({ targets: 0 })
    const cleaned = lview.apply(() => {
      const { signal } = currentTask()
      return new Promise((_, reject) => signal.addEventListener('abort', () => reject(signal.reason)))
    })
    const queued = lview.apply(() => 'queued')
    const bystander = lview.apply(() => 'unharmed')
    await expect.poll(() => cleaned.status).toBe('running')
    queued.abort()
    await expect(queued).rejects.toBeInstanceOf(TaskAbortedError)
    cleaned.abort()
    await expect(cleaned).rejects.toBeInstanceOf(TaskAbortedError)
    expect(await bystander).toBe('unharmed')

    const deaf = lview.with({ retries: 3 }).apply(() => {
      for (;;);
    })
    const behind = lview.apply(() => 'unharmed')
    await expect.poll(() => deaf.status).toBe('running')
    deaf.abort()
    await expect(deaf).rejects.toBeInstanceOf(TaskAbortedError)
    expect(deaf.metadata[0]?.attempts).toBe(1)
    expect(await behind).toBe('unharmed')

    const retried = lview.with({ retries: 1_000_000 }).apply(async () => {
      await new Promise((resolve) => setTimeout(resolve, 30))
      throw new Error('again')
    })
    await expect.poll(() => retried.status).toBe('running')
    retried.abort()
    await expect(retried).rejects.toBeInstanceOf(TaskAbortedError)
  })

  test('tasks with equal constraints start in order of submission, also after others were passed over', async () => {
    const lview = client.loadBalancedView()
    const blocker = lview.with({ targets: [0, 1] }).map(sleep, [50, 50])
    const elsewhere = lview.with({ targets: 0 })
    const here = lview.with({ targets: 1 })
    const mixed = Array.from({ length: 40 }, (_, i) =>
      (i % 2 === 0 ? elsewhere : here).apply(() => performance.timeOrigin + performance.now()),
    )
    await blocker
    const times = await Promise.all(mixed)
    for (const parity of [0, 1]) {
      const started = times.filter((_, i) => i % 2 === parity)
      expect(started).toEqual([...started].sort((a, b) => a - b))
    }
  })

  test('results beyond 1,024 are all there, and what retention dropped says so', async () => {
    await using small = await Cluster.start({ engines: 2, retention: { countMax: 1_500 } })
    const first = await small.connect()
    const second = await small.connect()
    const results = Array.from({ length: 2_000 }, (_, i) => first.loadBalancedView().apply((x: number) => x, i))
    expect(await Promise.all(results)).toEqual(Array.from({ length: 2_000 }, (_, i) => i))
    const kept = results.slice(-1_500)
    expect(await second.getResult(kept)).toEqual(Array.from({ length: 1_500 }, (_, i) => i + 500))
    expect(await codeOf(second.getResult(results[0] as never))).toBe('YM_PURGED')
  })
})

test('a chain of 100,000 tasks whose head fails: every one of them gets its reply', { timeout: 120_000 }, async () => {
  await using cluster = await Cluster.start({ engines: 1, engineKind: 'inline' })
  const client = await cluster.connect()
  const length = 100_000
  const chain = Object.fromEntries(
    Array.from({ length }, (_, i) => [
      `n${i}`,
      i === 0 ? node(fail, ['the head']) : node(sleep, [0], { after: `n${i - 1}` }),
    ]),
  )
  const results = Object.values(await client.loadBalancedView().with({ returnExceptions: true }).graph(chain))
  const codes = results.map((result) => (result as unknown as YardmasterError).code)
  expect(codes[0]).toBe('YM_REMOTE')
  expect(codes.slice(1).every((code) => code === 'YM_IMPOSSIBLE_DEPENDENCY')).toBe(true)
  expect(codes).toHaveLength(length)
})

describe.for(['websocket', 'zeromq'] as const)('on process engines over %s', (transport) => {
  const start = (options = {}) => Cluster.start({ engines: 2, engineKind: 'process', transport, ...options })

  test('the death of an engine: noticed at once, its tasks move on by themselves, and no retry is used', async () => {
    await using cluster = await start({ heartbeatMs: 60_000 })
    const client = await cluster.connect()
    const map = client.loadBalancedView().with({ chunk: 1 }).map(sleep, Array<number>(40).fill(20))
    await expect.poll(() => map.progress.done).toBeGreaterThan(2)
    process.kill(cluster.engines[0]?.pid as number, 'SIGKILL')
    expect(await map).toHaveLength(40)
    expect(client.ids).toEqual([1])
  })

  test('follow, and targets, on an engine that was lost: both terminate', async () => {
    await using cluster = await start()
    const client = await cluster.connect()
    const lview = client.loadBalancedView()
    const ran = lview.with({ targets: 0 }).apply(() => 1)
    await ran
    const waiting = lview.with({ targets: 0, after: lview.with({ targets: 1 }).apply(sleep, 1_000) }).apply(() => 2)
    const following = lview.with({ follow: ran, after: lview.with({ targets: 1 }).apply(sleep, 1_000) }).apply(() => 3)
    process.kill(cluster.engines[0]?.pid as number, 'SIGKILL')
    expect(await codeOf(waiting)).toBe('YM_IMPOSSIBLE_DEPENDENCY')
    expect(await codeOf(following)).toBe('YM_IMPOSSIBLE_DEPENDENCY')
    expect(await codeOf(lview.with({ follow: ran }).apply(() => 4))).toBe('YM_IMPOSSIBLE_DEPENDENCY')
    expect(await codeOf(lview.with({ targets: 0 }).apply(() => 5))).toBe('YM_IMPOSSIBLE_DEPENDENCY')
  })

  test('a late reply of an engine that was given up changes nothing', async () => {
    await using cluster = await start({ heartbeatMs: 400 })
    const client = await cluster.connect()
    const lview = client.loadBalancedView()
    const moved = lview.apply(async () => {
      const { attempt } = currentTask()
      await new Promise((resolve) => setTimeout(resolve, attempt === 1 ? 300 : 1_500))
      return attempt
    })
    await expect.poll(() => moved.status).toBe('running')
    const [task] = await client.query({ ids: moved.ids })
    const stopped = cluster.engines.find(({ id }) => id === task?.engineId)?.pid as number
    process.kill(stopped, 'SIGSTOP')
    await expect.poll(() => client.ids.length, { timeout: 10_000 }).toBe(1)
    process.kill(stopped, 'SIGCONT')
    expect(await moved).toBe(2)
    expect(moved.metadata[0]?.attempts).toBe(2)
    expect(await client.queueStatus()).toMatchObject({ assigned: 0, running: 0 })
  })

  test('a task that kills its engines is stopped, and everything else finishes', async () => {
    await using cluster = await start({ engines: 4 })
    const client = await cluster.connect()
    const lview = client.loadBalancedView()
    const poison = lview.apply(() => process.kill(process.pid, 'SIGKILL'))
    const others = lview.with({ chunk: 1 }).map(sleep, Array<number>(20).fill(10))
    expect(await codeOf(poison)).toBe('YM_ENGINE_LOST')
    expect(await others).toHaveLength(20)
    expect(client.ids).toHaveLength(1)
  })
})
