/** What a task knows and tells of itself, among others that run at the same time in the same executor. */
import { lastValueFrom, toArray } from 'rxjs'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type Client, Cluster, type LocalClusterOptions } from 'yardmaster'
import { currentTask } from 'yardmaster/engine'

const places: Record<string, LocalClusterOptions> = {
  threads: { engineKind: 'thread' },
  'processes over ZeroMQ': { engineKind: 'process', transport: 'zeromq' },
  'processes over WebSocket': { engineKind: 'process', transport: 'websocket' },
}

describe.each(Object.entries(places))('%s', (_name, options) => {
  let cluster: Cluster
  let client: Client
  beforeAll(async () => {
    cluster = await Cluster.start({ engines: 1, concurrency: 4, ...options })
    client = await cluster.connect()
  })
  afterAll(() => cluster.stop())

  it('each has its own id, attempt, progress and values, before and after it has waited', async () => {
    const work = async (n: number) => {
      const before = currentTask()
      for (let i = 1; i <= 3; i += 1) {
        currentTask().progress(i, 3 + n)
        currentTask().emit([n, i])
        console.log(`${n}.${i}`)
        await new Promise((resolve) => setTimeout(resolve, 100))
      }
      const { id, attempt, engineId } = currentTask()
      return { id, attempt, engineId, isSame: before.id === id }
    }
    const view = client.loadBalancedView()
    const results = [0, 1, 2, 3].map((n) => view.apply(work, n))
    const emitted = results.map((result) => lastValueFrom(result.emitted$.pipe(toArray())))
    const steps = results.map((result) => lastValueFrom(result.progress$.pipe(toArray())))
    for (const [n, result] of results.entries()) {
      expect(await result).toEqual({ id: result.ids[0], attempt: 1, engineId: 0, isSame: true })
      expect(await emitted[n]).toEqual([1, 2, 3].map((i) => [n, i]))
      expect((await steps[n])?.at(-1)).toEqual({ done: 3, total: 3 + n })
      expect(result.stdout).toBe([1, 2, 3].map((i) => `${n}.${i}\n`).join(''))
    }
    // They did run at the same time.
    const spans = results.map(({ metadata: [one] }) => [one?.startedAt ?? 0, one?.endedAt ?? 0] as const)
    expect(Math.max(...spans.map(([from]) => from))).toBeLessThan(Math.min(...spans.map(([, to]) => to)))
  })

  it('the signal that fires is that of the task that was aborted', async () => {
    const view = client.loadBalancedView().with({ runTimeout: 30_000 })
    const first = view.apply(async () => {
      const { signal, namespace } = currentTask()
      currentTask().emit('begun')
      await new Promise((resolve) => signal.addEventListener('abort', resolve))
      namespace.fired = true
      signal.throwIfAborted()
    })
    const second = view.apply(async () => {
      const { signal, namespace } = currentTask()
      while (!namespace.fired) await new Promise((resolve) => setTimeout(resolve, 20))
      return signal.aborted ? 'aborted, too' : 'to the end'
    })
    const begun = new Promise<void>((resolve) => first.emitted$.subscribe(() => resolve()))
    await begun
    first.abort()
    await expect(first.get()).rejects.toMatchObject({ code: 'YM_ABORTED' })
    expect(await second).toBe('to the end')
  })

  it('all share the namespace of their engine', async () => {
    const view = client.loadBalancedView()
    const count = async () => {
      const { namespace } = currentTask()
      await new Promise((resolve) => setTimeout(resolve, 5))
      namespace.count = ((namespace.count as number | undefined) ?? 0) + 1
      return namespace.count as number
    }
    const counts = await Promise.all([1, 2, 3, 4].map(() => view.apply(count)))
    expect(counts.sort()).toEqual([1, 2, 3, 4])
    expect(await client.directView(0).pull('count')).toBe(4)
  })

  it('a second attempt knows that it is one', async () => {
    const view = client.loadBalancedView().with({ retries: 2 })
    const again = view.apply(() => {
      const { attempt } = currentTask()
      if (attempt < 3) throw new Error(`attempt ${attempt}`)
      return attempt
    })
    expect(await again).toBe(3)
  })

  it('a rejection that nobody handles is that of the task that caused it', async () => {
    const view = client.loadBalancedView()
    const careless = view.apply(async () => {
      void Promise.reject(new RangeError('unheard'))
      await new Promise((resolve) => setTimeout(resolve, 50))
      return 'done'
    })
    const careful = view.apply(async () => {
      await new Promise((resolve) => setTimeout(resolve, 50))
      return 'done'
    })
    await expect(careless.get()).rejects.toMatchObject({ code: 'YM_REMOTE', message: 'engine 0: RangeError: unheard' })
    expect(await careful).toBe('done')
  })
})

it('outside of a task there is none', () => {
  expect(() => currentTask()).toThrow(/task/)
})
