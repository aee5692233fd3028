/** What one task does to its executor harms no other. */
import { expect, it } from 'vitest'
import { Cluster, task } from 'yardmaster'

const outcome = (promise: PromiseLike<unknown>) =>
  promise.then(
    (value) => value,
    (error: { code: string }) => error.code,
  )

it('a result does not wait for the task behind it, however long that takes', async () => {
  await using cluster = await Cluster.start({ engines: 1, hwm: 0 })
  const lview = (await cluster.connect()).loadBalancedView()
  const gate = new Int32Array(new SharedArrayBuffer(4))
  const first = lview.apply((x: number) => x + 1, 1)
  const second = lview.apply((x: number) => x + 1, 2)
  const long = lview.apply((shared: Int32Array) => Atomics.wait(shared, 0, 0), gate)
  expect(await Promise.all([first, second])).toEqual([2, 3])
  expect(long.ready).toBe(false)
  Atomics.store(gate, 0, 1)
  Atomics.notify(gate, 0)
  await long
})

it('a task that ends its executor fails alone, at its third try, and what had ended before it runs once more at most', async () => {
  await using cluster = await Cluster.start({ engines: 1, hwm: 0 })
  const lview = (await cluster.connect()).loadBalancedView()
  const begun = new Int32Array(new SharedArrayBuffer(5 * Int32Array.BYTES_PER_ELEMENT))
  const results = [0, 1, 2, 3, 4].map((x) =>
    lview.apply(
      (y: number, times: Int32Array) => {
        Atomics.add(times, y, 1)
        if (y === 3) process.exit(3)
        return y
      },
      x,
      begun,
    ),
  )
  expect(await Promise.all(results.map(outcome))).toEqual([0, 1, 2, 'YM_ENGINE_LOST', 4])
  // Results wait for a moment for others, and are lost together; before a second try they do not.
  expect(Math.max(...begun.slice(0, 3))).toBeLessThanOrEqual(2)
  expect([...begun.slice(3)]).toEqual([3, 1])
})

it('a stall of the thread that keeps the links does not make a task that ended in time late', async () => {
  await using cluster = await Cluster.start({ engines: 1 })
  const lview = (await cluster.connect()).loadBalancedView().with({ runTimeout: 2_000 })
  await lview.apply(() => 'the executor is up')
  const begun = new Int32Array(new SharedArrayBuffer(4))
  const result = lview.apply((shared: Int32Array) => {
    Atomics.store(shared, 0, 1)
    Atomics.notify(shared, 0)
    return 'in time'
  }, begun)
  // The task was sent, and begins while this thread stands still.
  await new Promise((resolve) => setTimeout(resolve, 50))
  Atomics.wait(begun, 0, 0, 30_000)
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 2_500)
  expect(await outcome(result)).toBe('in time')
})

it('a module that never loads can be aborted, and the engine goes on', async () => {
  await using cluster = await Cluster.start({ engines: 1, abortGraceMs: 50 })
  const lview = (await cluster.connect()).loadBalancedView()
  const stuck = lview.apply(task<() => number>(new URL('./programs/never-loads.mjs', import.meta.url), 'work'))
  const next = lview.apply(() => 2)
  while (stuck.status !== 'running') await new Promise((resolve) => setTimeout(resolve, 10))
  stuck.abort()
  expect(await outcome(stuck)).toBe('YM_ABORTED')
  expect(await next).toBe(2)
})

it.each([
  { engineKind: 'thread' },
  { engineKind: 'process', transport: 'websocket' },
  { engineKind: 'process', transport: 'zeromq' },
] as const)(
  'an engine with a concurrency of 4 runs four tasks side by side, whatever they take ($engineKind, $transport)',
  async (options) => {
    await using cluster = await Cluster.start({ engines: 1, concurrency: 4, ...options })
    const client = await cluster.connect()
    // None ends before four are there. They take far longer than a round trip, which is all that 'auto' would have under way.
    const meet = async () => {
      const meeting = globalThis as { present?: number }
      meeting.present = (meeting.present ?? 0) + 1
      while (meeting.present < 4) await new Promise((resolve) => setTimeout(resolve, 5))
      return meeting.present
    }
    const lview = client.loadBalancedView().with({ runTimeout: 30_000 })
    const results = [1, 2, 3, 4].map(() => lview.apply(meet))
    expect(await Promise.all(results)).toEqual([4, 4, 4, 4])
    expect(client.ids).toEqual([0])
  },
)
