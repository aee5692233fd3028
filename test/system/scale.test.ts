/** Engines come and go under load, and nothing is lost. */
import { execFile } from 'node:child_process'
import { setTimeout as sleep } from 'node:timers/promises'
import { promisify } from 'node:util'
import { expect, it } from 'vitest'
import { type Client, Cluster, type ClusterOptions } from 'yardmaster'
import { endlessMap } from './endless-map.ts'

const kinds: [string, ClusterOptions][] = [
  ['threads', { engineKind: 'thread' }],
  ['processes', { engineKind: 'process' }],
]

/** Nothing is lost: neither a task, nor an attempt that an engine took with it. */
async function underLoad(client: Client, meanwhile: () => Promise<void>): Promise<void> {
  const load = endlessMap(client.loadBalancedView(), (x) => new Promise((resolve) => setTimeout(resolve, 15, x * x)))
  await meanwhile()
  const results = await load.end()
  expect(results).toEqual(results.map((_, x) => x * x))
  const records = await client.query({})
  expect(records).toHaveLength(results.length)
  expect(records.filter(({ losses }) => losses > 0)).toEqual([])
}

it.each(kinds)('%s: scaled up and down under load, nothing is lost', async (_, options) => {
  await using cluster = await Cluster.start({ engines: 2, ...options })
  const client = await cluster.connect()
  await underLoad(client, async () => {
    await sleep(100)
    await cluster.scale(5)
    expect(cluster.engines).toHaveLength(5)
    await sleep(200)
    await cluster.scale(1)
    expect(cluster.engines).toHaveLength(1)
  })
  expect((await client.queueStatus()).engines.map(({ id }) => id)).toEqual(client.ids)
  await cluster.scale(0)
  expect(cluster.engines).toEqual([])
  const later = client.loadBalancedView().apply((x: number) => x + 1, 1)
  await client.scale(2)
  expect(await later).toBe(2)
})

it('what has begun ends where it is, and no attempt is lost, when an engine is taken away', async () => {
  await using cluster = await Cluster.start({ engines: 4, hwm: 3 })
  const client = await cluster.connect()
  const slow = Array.from({ length: 24 }, (_, x) =>
    client.loadBalancedView().apply((x: number) => new Promise<number>((resolve) => setTimeout(resolve, 40, x)), x),
  )
  await expect.poll(async () => (await client.queueStatus()).engines.every(({ load }) => load > 0)).toBe(true)
  await cluster.scale(1)
  expect(await Promise.all(slow)).toEqual(Array.from({ length: 24 }, (_, x) => x))
  const records = await client.query({})
  expect(records.map(({ losses }) => losses)).toEqual(Array(24).fill(0))
})

it('engines follow the work: more under a backlog, fewer when idle, within their bounds', async () => {
  await using cluster = await Cluster.start({ engines: 0, engineKind: 'thread' })
  const client = await cluster.connect()
  const seen = new Set<number>()
  client.engines$.subscribe((engines) => void seen.add(engines.length))
  using adapting = cluster.adapt({ min: 0, max: 3, growAfterMs: 60, shrinkAfterMs: 200, everyMs: 20 })
  const results = await client
    .loadBalancedView()
    .with({ chunk: 1 })
    .map((x: number) => new Promise<number>((resolve) => setTimeout(resolve, 30, x)), Array(60).keys())
  expect(results).toEqual([...Array(60).keys()])
  await expect.poll(() => cluster.engines.length).toBe(0)
  expect(Math.max(...seen)).toBe(3)
  adapting.stop()
  const waiting = client.loadBalancedView().apply(() => 7)
  await sleep(300)
  expect(cluster.engines).toEqual([])
  await cluster.scale(1)
  expect(await waiting).toBe(7)
})

it('an engine that was killed has its seat filled; what cannot start says so, and the others stay', async () => {
  await using cluster = await Cluster.start({ engines: 1, launcher: 'process' })
  const [first] = cluster.engines
  process.kill(first?.pid ?? 0, 'SIGKILL')
  await expect.poll(() => cluster.engines.some(({ pid }) => pid !== first?.pid)).toBe(true)
  await expect(cluster.scale(-1)).rejects.toMatchObject({ code: 'YM_CONFIGURATION' })
  expect(() => cluster.adapt({ min: 3, max: 2 })).toThrow(/adapt: max must be a whole number from 3 on/)
  await expect.poll(() => cluster.engines.length).toBe(1)
  const { stdout } = await promisify(execFile)('ps', ['-A', '-ww', '-o', 'pid=,args='], { maxBuffer: 2 ** 25 })
  expect(stdout).toMatch(new RegExp(`^ *${cluster.engines[0]?.pid} .*process-main`, 'm'))
  expect(stdout).not.toContain(Buffer.from(cluster.key).toString('base64url'))
})

it('a client may ask for so many engines and no more, and the program for any number', async () => {
  await using cluster = await Cluster.start({ engines: 1, limits: { enginesMax: 2 } })
  const client = await cluster.connect()
  await expect(client.scale(4_000_000)).rejects.toMatchObject({
    code: 'YM_LIMIT',
    message: expect.stringContaining('limits.enginesMax, --engines-max: 2'),
    details: { limit: 'enginesMax', max: 2, used: 4_000_000 },
  })
  expect(cluster.engines).toHaveLength(1)
  await client.scale(2)
  await cluster.scale(3)
  expect(cluster.engines).toHaveLength(3)
})

it('nobody adapts any more when a client has shut the cluster down', async () => {
  const told: string[] = []
  const cluster = await Cluster.start({ engines: 1, log: (_, line) => void told.push(line) })
  const client = await cluster.connect()
  cluster.adapt({ min: 1, max: 2, growAfterMs: 0, everyMs: 10 })
  await client.shutdown()
  await cluster.stopped
  told.length = 0
  await sleep(200)
  cluster.adapt({ min: 3, max: 3, growAfterMs: 0, everyMs: 10 })
  await sleep(100)
  expect(told.filter((line) => /engines are needed/.test(line))).toEqual([])
  await cluster.stop()
})
