/** What it costs to be looked at: whole clusters with nothing, with metrics, tracing or a dashboard, and with all of it, side by side. */
import { once } from 'node:events'
import type * as Api from '@opentelemetry/api'
import { WebSocket } from 'ws'
import { ConfigurationError } from '../../core/errors.ts'
import { Client } from '../../views/client.ts'
import { Cluster } from '../../views/cluster.ts'
import { cpuTime } from '../cpu-time.ts'
import type { Measure, Sample, Size, Suite } from '../suite.ts'

interface Watched {
  readonly name: string
  readonly options: Parameters<typeof Cluster.start>[0]
  /** What happens beside the tasks. */
  beside?(cluster: Cluster): Promise<() => void>
  /** What the tasks are submitted in. */
  within?(api: typeof Api, submit: () => Promise<unknown>): Promise<unknown>
}

const nothing = 'nothing'
const tracing = new URL('../peers/tracing-setup.mjs', import.meta.url).href
const scrapeMs = 1_000
/** A span that its own program does not record: what is under it is not recorded either. */
const unrecorded = { traceId: '1'.repeat(32), spanId: '1'.repeat(16), traceFlags: 0 }

const ways: readonly Watched[] = [
  { name: nothing, options: {} },
  {
    name: 'metrics, read each second',
    options: { metrics: '127.0.0.1:0' },
    beside: scrapes,
  },
  {
    name: 'tracing, of calls that nobody records',
    options: { tracing },
    within: ({ context, trace, ROOT_CONTEXT }, submit) =>
      context.with(trace.setSpanContext(ROOT_CONTEXT, unrecorded), submit),
  },
  { name: 'tracing, each task recorded', options: { tracing } },
  { name: 'a dashboard, no page open', options: { dashboard: true } },
  { name: 'a dashboard, a page open', options: { dashboard: true }, beside: openPage },
  {
    name: 'all of it',
    options: { metrics: '127.0.0.1:0', tracing, dashboard: true },
    async beside(cluster) {
      const ends = [await scrapes(cluster), await openPage(cluster)]
      return () => {
        for (const end of ends) end()
      }
    },
  },
]

async function scrapes({ metricsUrl }: Cluster): Promise<() => void> {
  const scrape = async () => (await fetch(metricsUrl as string)).text()
  await scrape()
  const timer = setInterval(scrape, scrapeMs)
  return () => clearInterval(timer)
}

/** As a browser hears it; what a page makes of it is another process's work. */
async function openPage({ dashboardUrl = '' }: Cluster): Promise<() => void> {
  const socket = new WebSocket(dashboardUrl.replace(/^http/, 'ws').replace('/?', '/feed?'))
  await once(socket, 'open')
  return () => socket.terminate()
}

const kinds = {
  threads: { title: 'thread engines, linked in memory', options: { engineKind: 'thread' } },
  processes: { title: 'process engines and client over WebSocket', options: { engineKind: 'process' } },
} as const
type Kind = keyof typeof kinds

const tasksOf: Record<Size, number> = { least: 50, quick: 2_000, full: 20_000 }

interface Bed {
  readonly kind: Kind
  readonly way: Watched
  readonly cluster: Cluster
  readonly client: Client
}

export const observability: Suite = {
  async open({ size }) {
    const beds: Bed[] = []
    const notes: string[] = []
    const close = async () => {
      for (const { client, cluster } of beds) {
        await client.close()
        await cluster.stop()
      }
    }
    try {
      for (const kind of ['threads', 'processes'] as const) {
        for (const way of ways) {
          const bed = await start(kind, way).catch((error: unknown) => {
            // A package that it needs is not there.
            if (!(error instanceof ConfigurationError)) throw error
            notes.push(`${way.name}, ${kind}: left out. ${error.message}`)
          })
          if (bed) beds.push(bed)
        }
      }
    } catch (error) {
      await close()
      throw error
    }
    const api = await import('@opentelemetry/api').catch(() => undefined)
    const measures = (['threads', 'processes'] as const).map((kind) => batches(kind, beds, api, tasksOf[size]))
    return { measures, notes, close }
  },
}

async function start(kind: Kind, way: Watched): Promise<Bed> {
  // Of many clusters side by side none keeps much.
  const cluster = await Cluster.start({
    engines: 2,
    retention: { countMax: 1_000 },
    ...kinds[kind].options,
    ...way.options,
  })
  try {
    const [address] = cluster.addresses
    const { tracing = false } = way.options ?? {}
    const client = await (address === undefined
      ? cluster.connect()
      : Client.connect(address, { key: cluster.key, tracing }))
    return { kind, way, cluster, client }
  } catch (error) {
    await cluster.stop()
    throw error
  }
}

function batches(kind: Kind, beds: readonly Bed[], api: typeof Api | undefined, tasks: number): Measure {
  return {
    name: `a batch of tasks that do nothing, ${kinds[kind].title}`,
    figures: {
      rate: { unit: 'tasks/s', better: 'higher' },
      cpu: { unit: 'µs of CPU a task', better: 'lower' },
    },
    cases: beds
      .filter((bed) => bed.kind === kind)
      .map((bed) => ({
        subject: bed.way.name,
        ...(bed.way.name === nothing ? {} : { reference: { subject: nothing } }),
        take: () => takeBatch(bed, api, tasks),
      })),
  }
}

async function takeBatch({ way, cluster, client }: Bed, api: typeof Api | undefined, tasks: number): Promise<Sample> {
  // What the case before has left is not this one's to clear.
  globalThis.gc?.()
  const view = client.loadBalancedView()
  const submit = () => Promise.all(Array.from({ length: tasks }, () => view.apply(doNothing)))
  const finish = await way.beside?.(cluster)
  const { result: rate, cpuUs } = await cpuTime(async () => {
    const start = performance.now()
    await (api && way.within ? way.within(api, submit) : submit())
    return (tasks / (performance.now() - start)) * 1000
  })
  finish?.()
  return { rate, cpu: cpuUs / tasks }
}

function doNothing(): void {}
