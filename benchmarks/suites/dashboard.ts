/** What a dashboard costs its controller: whole clusters without one, with one, and with a page open. */
import { once } from 'node:events'
import { WebSocket } from 'ws'
import { Client } from '../../views/client.ts'
import { Cluster } from '../../views/cluster.ts'
import { cpuTime } from '../cpu-time.ts'
import type { Measure, Sample, Size, Suite } from '../suite.ts'

const none = 'no dashboard'
const ways = [
  { name: none, hasDashboard: false, isOpen: false },
  { name: 'a dashboard, no page open', hasDashboard: true, isOpen: false },
  { name: 'a dashboard, a page open', hasDashboard: true, isOpen: true },
] as const

const kinds = {
  threads: { title: 'thread engines, linked in memory', options: { engineKind: 'thread' } },
  processes: { title: 'process engines and client over WebSocket', options: { engineKind: 'process' } },
} as const
type Kind = keyof typeof kinds

const tasksOf: Record<Size, number> = { least: 50, quick: 2_000, full: 20_000 }

interface Bed {
  readonly kind: Kind
  readonly way: string
  readonly client: Client
  stop(): Promise<void>
}

export const dashboard: Suite = {
  async open({ size }) {
    const beds: Bed[] = []
    const close = async () => {
      for (const bed of beds) await bed.stop()
    }
    try {
      for (const kind of ['threads', 'processes'] as const) {
        for (const way of ways) beds.push(await start(kind, way))
      }
    } catch (error) {
      await close()
      throw error
    }
    return { measures: (['threads', 'processes'] as const).map((kind) => batches(kind, beds, tasksOf[size])), close }
  },
}

async function start(kind: Kind, { name, hasDashboard, isOpen }: (typeof ways)[number]): Promise<Bed> {
  const cluster = await Cluster.start({ engines: 2, ...kinds[kind].options, dashboard: hasDashboard })
  const [address] = cluster.addresses
  const client = address === undefined ? await cluster.connect() : await Client.connect(address, { key: cluster.key })
  const closePage = isOpen ? await openPage(cluster) : () => {}
  const stop = async () => {
    closePage()
    await client.close()
    await cluster.stop()
  }
  return { kind, way: name, client, stop }
}

/** As a browser hears it; what a page makes of it is another process's work. */
export async function openPage({ dashboardUrl = '' }: Cluster): Promise<() => void> {
  const socket = new WebSocket(dashboardUrl.replace(/^http/, 'ws').replace('/?', '/feed?'))
  await once(socket, 'open')
  return () => socket.terminate()
}

function batches(kind: Kind, beds: readonly Bed[], tasks: number): Measure {
  return {
    name: `a batch of tasks that do nothing, ${kinds[kind].title}`,
    figures: {
      rate: { unit: 'tasks/s', better: 'higher' },
      cpu: { unit: 'µs of CPU a task', better: 'lower' },
    },
    cases: beds
      .filter((bed) => bed.kind === kind)
      .map(({ way, client }) => ({
        subject: way,
        ...(way === none ? {} : { reference: { subject: none } }),
        take: () => takeBatch(client, tasks),
      })),
  }
}

async function takeBatch(client: Client, tasks: number): Promise<Sample> {
  const view = client.loadBalancedView()
  const { result: rate, cpuUs } = await cpuTime(async () => {
    const begin = performance.now()
    await Promise.all(Array.from({ length: tasks }, () => view.apply(doNothing)))
    return (tasks / (performance.now() - begin)) * 1000
  })
  return { rate, cpu: cpuUs / tasks }
}

function doNothing(): void {}
