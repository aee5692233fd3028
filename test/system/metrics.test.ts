import { once } from 'node:events'
import { createServer, request } from 'node:http'
import type { AddressInfo } from 'node:net'
import parsePrometheus from 'parse-prometheus-text-format'
import { afterEach, describe, expect, test, vi } from 'vitest'
import { Client, Cluster, type LocalClusterOptions } from 'yardmaster'

const clusters: Cluster[] = []
afterEach(async () => {
  await Promise.all(clusters.splice(0).map((cluster) => cluster.stop()))
})

async function start(options: LocalClusterOptions): Promise<Cluster> {
  const cluster = await Cluster.start({ engines: 1, metrics: '127.0.0.1:0', ...options })
  clusters.push(cluster)
  return cluster
}

type Family = ReturnType<typeof parsePrometheus>[number]

/** What is served now, as a parser of the format reads it. */
class Scrape {
  readonly families: readonly Family[]

  private constructor(families: readonly Family[]) {
    this.families = families
  }

  static async of({ metricsUrl }: Cluster): Promise<Scrape> {
    const response = await fetch(metricsUrl as string)
    expect(response.status).toBe(200)
    expect(response.headers.get('content-type')).toMatch(/^text\/plain; version=0\.0\.4/)
    const text = await response.text()
    // The parser is generous: what it would pass over is looked for here.
    const line = /^(#.*|[a-zA-Z_:][\w:]*(\{([a-zA-Z_]\w*="(\\.|[^"\\])*",?)*\})? (-?\d[\d.e+-]*|[Nn]a[Nn]|[+-]Inf))$/
    expect(text.split('\n').filter((written) => written !== '' && !line.test(written))).toEqual([])
    return new Scrape(parsePrometheus(text))
  }

  family(name: string): Family {
    const found = this.families.find((family) => family.name === name)
    if (!found) throw new Error(`there is no ${name}`)
    return found
  }

  /** By the value of the one label that it has, or under ''. */
  values(name: string): Record<string, number> {
    return Object.fromEntries(
      this.family(name).metrics.map(({ labels = {}, value }) => [Object.values(labels).join(' '), Number(value)]),
    )
  }

  histogram(name: string): { count: number; sum: number; buckets: [number, number][] } {
    const [only] = this.family(name).metrics
    const buckets = Object.entries(only?.buckets ?? {}).map(([bound, count]): [number, number] => [
      bound === '+Inf' ? Number.POSITIVE_INFINITY : Number(bound),
      Number(count),
    ])
    return { count: Number(only?.count), sum: Number(only?.sum), buckets: buckets.sort(([a], [b]) => a - b) }
  }
}

test('what is scraped while tasks run, and when they have ended, is what happened', async () => {
  const cluster = await start({ engines: 2, engineKind: 'process', transport: 'websocket', name: 'counted' })
  await using client = await Client.connect(cluster.addresses[0], { key: cluster.key })
  const view = client.loadBalancedView()
  const before = await Scrape.of(cluster)
  expect(before.values('yardmaster_info')).toEqual({ 'counted leastload': 1 })
  expect(before.values('yardmaster_engines')).toEqual({ busy: 0, idle: 2 })
  expect(before.histogram('yardmaster_task_latency_seconds')).toMatchObject({ count: 0, sum: 0 })

  const endless = view.with({ label: 'endless' }).apply(() => new Promise<never>(() => {}))
  await vi.waitUntil(() => endless.status === 'running', { timeout: 30_000 })
  const during = await Scrape.of(cluster)
  expect(during.values('yardmaster_tasks')).toEqual({ waiting: 0, ready: 0, assigned: 0, running: 1 })
  expect(during.values('yardmaster_engines')).toEqual({ busy: 1, idle: 1 })
  expect(during.values('yardmaster_queued_bytes')['']).toBeGreaterThan(0)
  endless.abort()
  await expect(endless).rejects.toMatchObject({ code: 'YM_ABORTED' })

  expect(await view.with({ chunk: 1 }).map((x: number) => x + 1, [1, 2, 3, 4, 5])).toEqual([2, 3, 4, 5, 6])
  const fails = () => {
    throw new RangeError('on purpose')
  }
  await expect(view.with({ retries: 1 }).apply(fails)).rejects.toThrow('on purpose')
  // Kills its engine once, and the task runs elsewhere.
  const survivor = view.apply(async () => {
    const { currentTask } = await import('yardmaster/engine')
    if (currentTask().attempt === 1) process.kill(process.pid, 'SIGKILL')
    return 'elsewhere'
  })
  expect(await survivor).toBe('elsewhere')
  await expect(Client.connect(cluster.addresses[0], { key: new Uint8Array(32) })).rejects.toMatchObject({
    code: 'YM_AUTHENTICATION',
  })

  const after = await Scrape.of(cluster)
  expect(after.values('yardmaster_tasks')).toEqual({ waiting: 0, ready: 0, assigned: 0, running: 0 })
  expect(after.values('yardmaster_tasks_ended_total')).toEqual({
    ...{ succeeded: 6, failed: 1, aborted: 1, timedOut: 0, impossible: 0 },
  })
  // The aborted one was ended by force, and so by its engine.
  expect(after.values('yardmaster_attempts_total')).toMatchObject({ succeeded: 6, failed: 2, aborted: 1 })
  expect(after.values('yardmaster_engines_left_total')).toEqual({ goodbye: 0, lost: 1 })
  expect(after.values('yardmaster_clients')).toEqual({ '': 1 })
  expect(after.values('yardmaster_connections_refused_total')).toEqual({ '': 1 })
  expect(after.values('yardmaster_retained_tasks')).toEqual({ '': 8 })
  expect(after.values('yardmaster_retained_bytes')['']).toBeGreaterThan(0)
  for (const kind of ['received', 'sent']) {
    for (const what of ['bytes', 'messages']) {
      const { client: ofClient, engine } = after.values(`yardmaster_${kind}_${what}_total`)
      expect(ofClient, `${kind} ${what}`).toBeGreaterThan(0)
      expect(engine, `${kind} ${what}`).toBeGreaterThan(0)
    }
  }
  const latency = after.histogram('yardmaster_task_latency_seconds')
  expect(latency.count).toBe(8)
  expect(latency.sum).toBeGreaterThan(0)
  // Cumulative, up to all of them.
  expect(latency.buckets.at(-1)).toEqual([Number.POSITIVE_INFINITY, 8])
  const counts = latency.buckets.map(([, count]) => count)
  expect(counts).toEqual([...counts].sort((a, b) => a - b))
  expect(after.histogram('yardmaster_task_run_seconds').count).toBeGreaterThanOrEqual(7)
  expect(after.histogram('yardmaster_task_wait_seconds').count).toBeGreaterThanOrEqual(7)
  expect(after.values('nodejs_eventloop_lag_p99_seconds')['']).toBeGreaterThan(0)
})

test('tasks that are not accepted are counted by their code', async () => {
  const cluster = await start({ engines: 0, limits: { queuedBytesMax: 1 } })
  const client = await cluster.connect()
  const view = client.loadBalancedView()
  const [first, second] = [view.apply(() => 1), view.apply(() => 2)]
  first.catch(() => {})
  await expect(second).rejects.toMatchObject({ code: 'YM_LIMIT' })
  const scrape = await Scrape.of(cluster)
  expect(scrape.values('yardmaster_tasks_refused_total')).toEqual({ YM_LIMIT: 1 })
})

test('engines of this thread have messages, and no bytes', async () => {
  const cluster = await start({ engineKind: 'inline' })
  const client = await cluster.connect()
  expect(await client.loadBalancedView().apply(() => 1)).toBe(1)
  const scrape = await Scrape.of(cluster)
  expect(scrape.values('yardmaster_sent_messages_total').engine).toBeGreaterThan(0)
  expect(scrape.values('yardmaster_received_messages_total').client).toBeGreaterThan(0)
  expect(scrape.values('yardmaster_sent_bytes_total').engine).toBe(0)
})

test('two clusters of one process have metrics of their own', async () => {
  const [one, other] = [await start({ name: 'one' }), await start({ name: 'other' })]
  const client = await one.connect()
  await client.loadBalancedView().apply(() => 1)
  const [ofOne, ofOther] = [await Scrape.of(one), await Scrape.of(other)]
  expect(ofOne.values('yardmaster_tasks_ended_total').succeeded).toBe(1)
  expect(ofOther.values('yardmaster_tasks_ended_total').succeeded).toBe(0)
  expect(ofOther.values('yardmaster_info')).toEqual({ 'other leastload': 1 })
})

describe('the address', () => {
  const statusOf = (url: string, options: { method?: string; headers?: Record<string, string> } = {}) =>
    new Promise<number | undefined>((resolve, reject) => {
      // Each over a connection of its own: one that is kept may be in use again before its end is heard of.
      request(url, { agent: false, ...options }, (response) => resolve(response.resume().statusCode))
        .on('error', reject)
        .end()
    })

  test('is free again when the cluster has stopped', async () => {
    const cluster = await start({})
    const url = cluster.metricsUrl as string
    expect(await statusOf(url)).toBe(200)
    await cluster.stop()
    await expect(statusOf(url)).rejects.toMatchObject({ code: 'ECONNREFUSED' })
  })

  test('serves metrics alone, to be read, and on loopback under no foreign name', async () => {
    const url = (await start({})).metricsUrl as string
    const { port, origin } = new URL(url)
    expect(await statusOf(url, { headers: { host: `localhost:${port}` } })).toBe(200)
    expect(await statusOf(url, { headers: { host: `pages.example:${port}` } })).toBe(403)
    expect(await statusOf(`${origin}/`)).toBe(404)
    expect(await statusOf(url, { method: 'POST' })).toBe(405)
  })

  test('is refused where others can reach it, unless that is meant', async () => {
    const metrics = (address: string, insecure?: boolean) =>
      Cluster.start({ engines: 0, metrics: { address, ...(insecure ? { insecure } : {}) } })
    for (const address of ['0.0.0.0:0', '[::]:0', 'host.example:0']) {
      await expect(metrics(address)).rejects.toMatchObject({
        code: 'YM_CONFIGURATION',
        message: expect.stringMatching(/open to whoever can reach this machine.*loopback/),
      })
    }
    // Loopback by a name that does not show it.
    const cluster = await metrics('127.1:0', true)
    clusters.push(cluster)
    expect(await statusOf(cluster.metricsUrl as string, { headers: { host: 'monitor.example' } })).toBe(200)
  })

  test('that is taken, or none at all, is told, and nothing is left behind', async () => {
    const taken = createServer().listen(0, '127.0.0.1')
    await once(taken, 'listening')
    const { port } = taken.address() as AddressInfo
    const failed = Cluster.start({ engines: 0, addresses: ['ws://127.0.0.1:0'], metrics: `127.0.0.1:${port}` })
    await expect(failed).rejects.toMatchObject({
      code: 'YM_ADDRESS_IN_USE',
      message: expect.stringMatching(/^metrics: .*choose another port: --metrics PORT, or metrics: 'HOST:PORT'/),
    })
    taken.close()
    for (const metrics of ['nonsense at all', '127.0.0.1:99999', ':']) {
      await expect(Cluster.start({ engines: 0, metrics })).rejects.toMatchObject({ code: 'YM_CONFIGURATION' })
    }
  })
})
