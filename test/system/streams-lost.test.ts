/** A stream outlives its link, its engine and its client, and no part is lost or doubled. */
import { describe, expect, it } from 'vitest'
import { Client, Cluster, type LocalClusterOptions, type YardmasterError } from 'yardmaster'
import { Cable } from './cable.ts'

const links: readonly { name: string; options: LocalClusterOptions }[] = [
  { name: 'zeromq', options: { engineKind: 'thread', transport: 'zeromq' } },
  { name: 'websocket', options: { engineKind: 'thread', transport: 'websocket' } },
]

async function withCable(
  options: LocalClusterOptions,
  body: (client: Client, cable: Cable, cluster: Cluster) => Promise<void>,
): Promise<void> {
  await using cluster = await Cluster.start({ engines: 2, heartbeatMs: 500, ...options })
  await using cable = await Cable.to(cluster.addresses[0] as string)
  await using client = await Client.connect(cable.address, { key: cluster.key })
  await body(client, cable, cluster)
}

const range = (n: number) => Array.from({ length: n }, (_, i) => i)

/** Some at once, then a pause, as long as it is let. */
async function* numbers(n: number, padding: number) {
  for (let i = 0; i < n; i += 1) {
    if (i % 7 === 0) await new Promise((resolve) => setImmediate(resolve))
    yield { i, padding: 'x'.repeat(padding) }
  }
}

/** What comes back for a while is lost, and then the link. */
function loseSome(cable: Cable): void {
  cable.isMute = true
  setTimeout(() => cable.cut(), 30)
}

async function until(condition: () => Promise<boolean>): Promise<void> {
  while (!(await condition())) await new Promise((resolve) => setTimeout(resolve, 5))
}

describe.each(links)('over $name', ({ options }) => {
  it.for([
    ['few enough to be kept', 2_000, 0],
    ['more than is kept', 2_000, 3_000],
  ] as const)('a reader whose link is cut again and again reads each part once: %s', async ([, n, padding]) => {
    await withCable(options, async (client, cable) => {
      const seen: number[] = []
      for await (const { i } of client.loadBalancedView().apply(numbers, n, padding)) {
        seen.push(i)
        if (i % 300 === 150) loseSome(cable)
      }
      expect(seen).toEqual(range(n))
    })
  })

  it('what is lost before the first part was heard comes again', async () => {
    await withCable(options, async (client, cable, cluster) => {
      const witness = await cluster.connect()
      const lview = client.loadBalancedView()
      const count = async () => (await witness.query({ client: client.session, state: 'running' })).length
      // The first window is on its way, and lost; nothing told the client that this is a stream.
      await lview.apply(() => 1)
      cable.isMute = true
      const beginning = lview.apply((n: number) => {
        async function* later() {
          for (let i = 0; i < n; i += 1) yield i
        }
        return later()
      }, 500)
      await until(async () => (await count()) === 1)
      cable.cut()
      const seen: number[] = []
      for await (const part of beginning) seen.push(part)
      expect(seen).toEqual(range(500))
    })
  })

  it.for([20, 25, 30, 35, 39])('what is lost at the end comes again, from part %i on', async (last) => {
    await withCable(options, async (client, cable) => {
      const seen: number[] = []
      // More than is kept.
      for await (const { i } of client.loadBalancedView().apply(numbers, 40, 60_000)) {
        seen.push(i)
        if (i === last) loseSome(cable)
      }
      expect(seen).toEqual(range(40))
    })
  })
})

describe.each([
  { name: 'websocket', options: { engineKind: 'process', transport: 'websocket' } },
  { name: 'zeromq', options: { engineKind: 'process', transport: 'zeromq' } },
] as const)('process engines over $name', ({ options }) => {
  it('an engine is killed in the middle: the next attempt goes on where the reader is', async () => {
    await using cluster = await Cluster.start({ engines: 2, heartbeatMs: 500, ...options })
    const client = await cluster.connect()
    const result = client.loadBalancedView().apply(async function* (n: number) {
      const { currentTask } = await import('yardmaster/engine')
      for (let i = 0; i < n; i += 1) {
        if (i % 50 === 0) await new Promise((resolve) => setImmediate(resolve))
        yield { i, pid: process.pid, attempt: currentTask().attempt }
      }
    }, 2_000)
    const seen: number[] = []
    const attempts = new Set<number>()
    for await (const { i, pid, attempt } of result) {
      seen.push(i)
      attempts.add(attempt)
      if (i === 500) process.kill(pid, 'SIGKILL')
    }
    expect(seen).toEqual(range(2_000))
    expect([...attempts]).toEqual([1, 2])
  })
})

it('a generator that fails half-way and is tried again: each part is read once', async () => {
  await using cluster = await Cluster.start({ engines: 1, engineKind: 'inline' })
  const client = await cluster.connect()
  const lview = client.loadBalancedView().with({ retries: 2 })
  const result = lview.apply(async function* (n: number) {
    const { currentTask } = await import('yardmaster/engine')
    const { attempt } = currentTask()
    for (let i = 0; i < n; i += 1) {
      yield i
      if (i === 150 * attempt && attempt < 3) throw new Error(`attempt ${attempt}`)
    }
  }, 1_000)
  const seen: number[] = []
  for await (const part of result) seen.push(part)
  expect(seen).toEqual(range(1_000))
  expect(result.metadata[0]?.attempts).toBe(3)
})

it('a reader that leaves holds up no engine: its stream goes on as long as others can still have it', async () => {
  await using cluster = await Cluster.start({ engines: 1, engineKind: 'inline' })
  const witness = await cluster.connect()
  for (const isEndless of [false, true]) {
    const client = await cluster.connect()
    const lview = client.loadBalancedView()
    const stream = (endless: boolean) =>
      async function* (n: number) {
        for (let i = 0; endless || i < n; i += 1) yield i
      }
    // One that has begun, and one that begins when its reader is gone.
    const results = [lview.apply(stream(isEndless), 200), lview.apply(stream(isEndless), 200)]
    expect((await results[0]?.[Symbol.asyncIterator]().next())?.value).toBe(0)
    await client.close()
    for (const { ids } of results) {
      const whole = witness.getResult(ids[0] as string)
      if (isEndless) await expect(whole).rejects.toThrow('nobody reads what the generator yields')
      else expect(await whole).toEqual(range(200))
    }
  }
})

it('two clients watch one stream: its own reads the parts, the other gets what is kept', async () => {
  await using cluster = await Cluster.start({ engines: 2, engineKind: 'inline' })
  const [client, other] = [await cluster.connect(), await cluster.connect()]
  for (const [n, padding] of [
    [500, 0],
    [500, 10_000],
  ] as const) {
    const result = client.loadBalancedView().apply(numbers, n, padding)
    const read = result[Symbol.asyncIterator]()
    expect((await read.next()).value?.i).toBe(0)
    const watched = other.getResult<{ i: number }[]>(result.ids[0] as string)
    const found = watched.get().then<unknown, unknown>(
      (parts) => parts.map(({ i }) => i),
      (error: YardmasterError) => error.code,
    )
    const seen = [0]
    for await (const { i } of read) seen.push(i)
    expect(seen).toEqual(range(n))
    expect(await found).toEqual(padding === 0 ? range(n) : 'YM_STREAMED')
  }
})
