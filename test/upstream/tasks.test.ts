/** What others in the field hang on, lose or do twice while tasks run, each by its name, through the public interface. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type Client, Cluster, Dependency, TaskAbortedError, type YardmasterError } from 'yardmaster'
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
/** How many tasks began there before this one. */
const countHere = () => {
  const here = globalThis as { begunHere?: number }
  here.begunHere = (here.begunHere ?? 0) + 1
  return here.begunHere
}

describe.for(['thread', 'inline'] as const)('on %s engines', (engineKind) => {
  let cluster: Cluster
  let client: Client
  beforeAll(async () => {
    cluster = await Cluster.start({ engines: 2, engineKind, hwm: 1 })
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
    const pending = lview.apply(() => {
      const { signal } = currentTask()
      return new Promise((_, reject) => signal.addEventListener('abort', () => reject(signal.reason)))
    })
    const failed = lview.apply(fail, 'on purpose')
    const both = lview.with({ after: [pending, failed] }).apply(() => 'never')
    const ended = new Dependency(pending, { success: true, failure: true })
    const other = lview.with({ after: ended }).apply(() => 'ran')
    expect(await codeOf(both)).toBe('YM_IMPOSSIBLE_DEPENDENCY')
    expect(pending.ready).toBe(false)
    pending.abort()
    expect(await codeOf(pending)).toBe('YM_ABORTED')
    expect(await other).toBe('ran')
    expect(await codeOf(failed)).toBe('YM_REMOTE')
  })

  test('follow on a task that never ran terminates', async () => {
    const lview = client.loadBalancedView()
    const failed = lview.apply(fail, 'on purpose')
    const neverRan = lview.with({ after: failed }).apply(() => 'never')
    const anyEnd = new Dependency(neverRan, { success: true, failure: true })
    const follower = lview.with({ follow: anyEnd }).apply(() => 'never')
    expect(await codeOf(neverRan)).toBe('YM_IMPOSSIBLE_DEPENDENCY')
    expect(await codeOf(follower)).toBe('YM_IMPOSSIBLE_DEPENDENCY')
    await codeOf(failed)
  })

  test('abort of a queued task: at once, though no engine is free, and it never runs', async () => {
    const lview = client.loadBalancedView().with({ targets: 0 })
    const before = await lview.apply(countHere)
    const busy = lview.apply(() => {
      const { signal } = currentTask()
      return new Promise((_, reject) => signal.addEventListener('abort', () => reject(signal.reason)))
    })
    const queued = lview.apply(countHere)
    const bystander = lview.apply(countHere)
    await expect.poll(() => busy.status).toBe('running')
    queued.abort()
    await expect(queued).rejects.toBeInstanceOf(TaskAbortedError)
    expect(busy.ready).toBe(false)
    busy.abort()
    await expect(busy).rejects.toBeInstanceOf(TaskAbortedError)
    expect(await bystander).toBe(before + 1)
    expect(await lview.apply(countHere)).toBe(before + 2)
  })

  test('abort of a task between its retries: there is no other attempt', async () => {
    const retried = client
      .loadBalancedView()
      .with({ retries: 1_000_000 })
      .apply(async () => {
        await new Promise((resolve) => setTimeout(resolve, 30))
        throw new Error('again')
      })
    await expect.poll(() => retried.status).toBe('running')
    retried.abort()
    await expect(retried).rejects.toBeInstanceOf(TaskAbortedError)
    expect(await client.queueStatus()).toMatchObject({ waiting: 0, ready: 0, assigned: 0, running: 0 })
  })

  test('tasks with equal constraints start in order of submission, whichever became ready first', async () => {
    const lview = client.loadBalancedView().with({ targets: 1 })
    const busy = lview.apply(sleep, 100)
    const mixed = Array.from({ length: 40 }, (_, i) => lview.with({ after: i % 2 === 0 ? busy : [] }).apply(countHere))
    const order = await Promise.all(mixed)
    expect(order).toEqual(order.map((_, i) => (order[0] as number) + i))
  })
})

test('abort of a task that hears no signal: its executor is replaced, and nobody else’s task suffers', async () => {
  await using cluster = await Cluster.start({ engines: 1, abortGraceMs: 100 })
  const lview = (await cluster.connect()).loadBalancedView()
  const deaf = lview.with({ retries: 3 }).apply(() => {
    for (;;);
  })
  const behind = lview.map((x: number) => x, [1, 2, 3])
  await expect.poll(() => deaf.status).toBe('running')
  deaf.abort()
  await expect(deaf).rejects.toBeInstanceOf(TaskAbortedError)
  expect(deaf.metadata[0]?.attempts).toBe(1)
  expect(await behind).toEqual([1, 2, 3])
})
