/** What generators yield arrives while they run, at the pace of who reads it. */
import { describe, expect, it } from 'vitest'
import { type AsyncResult, task } from 'yardmaster'
import { combinations, withCluster } from './combinations.ts'

/** Of stream-window.ts. */
const windowParts = 64

async function collect<Item>(items: AsyncIterable<Item>): Promise<Item[]> {
  const list: Item[] = []
  for await (const item of items) list.push(item)
  return list
}

const range = (n: number) => Array.from({ length: n }, (_, i) => i)
const pause = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms))

/** An endless generator that says how far it is, and when it is left. */
async function* counting() {
  const { currentTask } = await import('yardmaster/engine')
  const { emit, signal } = currentTask()
  const say = emit.bind(currentTask())
  try {
    for (let i = 0; ; i += 1) {
      if (i % 10 === 0) await new Promise((resolve) => setImmediate(resolve))
      say(i)
      yield i
    }
  } finally {
    say(signal.aborted ? 'aborted' : 'left')
  }
}

/** What it has emitted. */
function emittedBy(result: AsyncResult<unknown, unknown>): unknown[] {
  const list: unknown[] = []
  result.emitted$.subscribe((value) => list.push(value))
  return list
}

describe.each(combinations)('$name', (combination) => {
  it('a stream is live, paced by its reader, and aborted when it leaves', async () => {
    await withCluster(combination, async (client) => {
      const lview = client.loadBalancedView()
      const result = lview.apply(counting)
      const emitted = emittedBy(result)
      // Nobody reads: it pauses at the window.
      await expect.poll(() => emitted.length).toBe(windowParts)
      await pause(50)
      expect(emitted).toHaveLength(windowParts)
      const seen: number[] = []
      for await (const part of result) {
        seen.push(part)
        if (seen.length === 500) break
      }
      expect(seen).toEqual(range(500))
      await result.wait()
      expect([result.status, emitted.at(-1)]).toEqual(['aborted', 'aborted'])
      expect(emitted.length).toBeLessThanOrEqual(500 + windowParts + 1)
    })
  })

  it('awaiting gives all, whatever the generator; an error comes after what was yielded before it', async () => {
    await withCluster(combination, async (client) => {
      const lview = client.loadBalancedView()
      const synchronous = lview.apply(function* (n: number) {
        for (let i = 0; i < n; i += 1) yield i
      }, 1_000)
      const none = lview.apply(async function* () {})
      const exported = lview.apply(task<(n: number) => AsyncGenerator<number>>(programs, 'squares'), 200)
      expect(await Promise.all([synchronous, none, exported])).toEqual([range(1_000), [], range(200).map((i) => i * i)])
      const failing = lview.apply(async function* (n: number) {
        for (let i = 0; i < n; i += 1) yield i
        throw new RangeError('no more')
      }, 300)
      const seen: number[] = []
      const read = async () => {
        for await (const part of failing) seen.push(part)
      }
      await expect(read()).rejects.toThrow('no more')
      expect(seen).toEqual(range(300))
      // In a map, each item's value is all that it yielded.
      const mapped = lview.map(async function* (n: number) {
        for (let i = 0; i < n; i += 1) yield i
      }, range(4))
      expect(await mapped).toEqual(range(4).map(range))
    })
  })

  it('many streams at once, each its own; large parts too, and others get what was kept', async () => {
    await withCluster(combination, async (client, cluster) => {
      const lview = client.loadBalancedView()
      const streams = range(40).map((number) =>
        lview.apply(
          async function* (name: number, n: number) {
            for (let i = 0; i < n; i += 1) yield `${name}:${i}`
          },
          number,
          200 + number,
        ),
      )
      const read = await Promise.all(streams.map((stream) => collect(stream)))
      expect(read).toEqual(range(40).map((name) => range(200 + name).map((i) => `${name}:${i}`)))
      const large = lview.apply(function* (n: number) {
        const bytes = new Uint8Array(100_000)
        for (let i = 0; i < n; i += 1) yield bytes.fill(i)
      }, 40)
      expect((await collect(large)).map((bytes) => [bytes.length, bytes[0], bytes[99_999]])).toEqual(
        range(40).map((i) => [100_000, i, i]),
      )
      const other = await cluster.connect()
      expect(await other.getResult(streams[0]?.ids[0] as string)).toEqual(read[0])
      await expect(other.getResult(large.ids[0] as string)).rejects.toMatchObject({ code: 'YM_STREAMED' })
    })
  })
})

const programs = new URL('./programs/streams.mjs', import.meta.url)
