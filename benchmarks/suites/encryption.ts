/** What encryption costs: each network transport with and without it, the links alone and whole clusters. */
import type { TransportAddress } from '../../cluster/launchers/local.ts'
import { Client } from '../../views/client.ts'
import { Cluster } from '../../views/cluster.ts'
import { cpuTime } from '../cpu-time.ts'
import { FarEnds } from '../links/far-ends.ts'
import { networkLink } from '../links/house.ts'
import { benchmarkKey, type Pipe } from '../links/link.ts'
import { flowing, newHistogram, oneAtATime } from '../links/traffic.ts'
import { medianOf } from '../statistics.ts'
import type { Figure, Measure, Size, Suite } from '../suite.ts'

const schemes = [
  { scheme: 'ws' },
  { scheme: 'wss', plain: 'ws' },
  { scheme: 'tcp' },
  { scheme: 'tcps', plain: 'tcp' },
] as const
type Scheme = (typeof schemes)[number]['scheme']

interface Sizes {
  readonly trips: number
  readonly small: number
  readonly medium: number
  readonly large: number
  readonly connects: number
  readonly tasks: number
}

const sizesOf: Record<Size, Sizes> = {
  least: { trips: 5, small: 50, medium: 1, large: 1, connects: 1, tasks: 10 },
  quick: { trips: 20, small: 500, medium: 2, large: 1, connects: 1, tasks: 100 },
  full: { trips: 500, small: 50_000, medium: 50, large: 2, connects: 3, tasks: 5_000 },
}

interface Bed {
  readonly pipe: Pipe
  readonly address: string
  readonly client: Client
  stop(): Promise<void>
}

async function start(scheme: Scheme, far: FarEnds): Promise<Bed> {
  const place: TransportAddress = `${scheme}://127.0.0.1:0`
  const link = await networkLink(scheme, place).open(far, 1)
  const cluster = await Cluster.start({ engines: 2, engineKind: 'process', transport: place, key: benchmarkKey })
  const address = cluster.addresses[0] as string
  const client = await Client.connect(address, { key: benchmarkKey })
  const stop = async () => {
    await client.close()
    await cluster.stop()
    await link.close()
  }
  return { pipe: link.pipes[0] as Pipe, address, client, stop }
}

async function connectMs({ address }: Bed, { connects }: Sizes): Promise<number> {
  const times: number[] = []
  for (let i = 0; i < connects; i += 1) {
    const begin = performance.now()
    const client = await Client.connect(address, { key: benchmarkKey })
    times.push(performance.now() - begin)
    await client.close()
  }
  return medianOf(times)
}

const nothing = () => {}

async function taskRate({ client }: Bed, { tasks }: Sizes): Promise<number> {
  const view = client.loadBalancedView()
  const begin = performance.now()
  await Promise.all(Array.from({ length: tasks }, () => view.apply(nothing)))
  return (tasks / (performance.now() - begin)) * 1000
}

async function roundTripUs({ pipe }: Bed, { trips }: Sizes): Promise<number> {
  const latencies = newHistogram()
  await oneAtATime(pipe, { ms: 0, least: trips }, latencies)
  return latencies.percentile(50) / 1000
}

async function messageRate({ pipe }: Bed, { small }: Sizes): Promise<number> {
  const { messages, seconds } = await flowing([pipe], 1_000, () => new Uint8Array(64), { ms: 0, least: small })
  return messages / seconds
}

async function bandwidth({ pipe }: Bed, count: number, window: number, size: number): Promise<number> {
  const content = new Uint8Array(size)
  const { messages, seconds } = await flowing([pipe], window, () => content, { ms: 0, least: count })
  return (messages * size) / 1e9 / seconds
}

export const encryption: Suite = {
  async open({ size }) {
    const sizes = sizesOf[size]
    const far = new FarEnds()
    const beds = new Map<Scheme, Bed>()
    const close = async () => {
      for (const bed of beds.values()) await bed.stop()
      await far.close()
    }
    try {
      for (const { scheme } of schemes) beds.set(scheme, await start(scheme, far))
    } catch (error) {
      await close()
      throw error
    }
    const measure = (
      name: string,
      unit: string,
      better: Figure['better'],
      /** What one call does, for the processor time of each. */
      work: { readonly count: number; readonly of: string },
      take: (bed: Bed) => Promise<number>,
    ): Measure => ({
      name,
      figures: { value: { unit, better }, cpu: { unit: `µs of CPU ${work.of}`, better: 'lower' } },
      cases: schemes.map((one) => ({
        subject: one.scheme,
        ...('plain' in one ? { reference: { subject: one.plain } } : {}),
        take: async () => {
          const bed = beds.get(one.scheme) as Bed
          // Of this end, which encrypts what goes and decrypts what comes.
          const { result: value, cpuUs } = await cpuTime(() => Promise.race([take(bed), far.failure]))
          return { value, cpu: cpuUs / work.count }
        },
      })),
    })
    return {
      measures: [
        measure('64 B there and back, p50', 'µs', 'lower', { count: sizes.trips, of: 'a trip' }, (bed) =>
          roundTripUs(bed, sizes),
        ),
        measure(
          '64 B echoed, 1,000 under way',
          'messages/s',
          'higher',
          { count: sizes.small, of: 'a message' },
          (bed) => messageRate(bed, sizes),
        ),
        measure('1 MB echoed, 4 under way', 'GB/s each way', 'higher', { count: sizes.medium, of: 'a MB' }, (bed) =>
          bandwidth(bed, sizes.medium, 4, 1e6),
        ),
        measure(
          '64 MB echoed, 2 under way',
          'GB/s each way',
          'higher',
          { count: 64 * sizes.large, of: 'a MB' },
          (bed) => bandwidth(bed, sizes.large, 2, 64e6),
        ),
        measure('a client connects to a controller', 'ms', 'lower', { count: sizes.connects, of: 'a client' }, (bed) =>
          connectMs(bed, sizes),
        ),
        measure(
          'tasks that do nothing, 2 process engines',
          'tasks/s',
          'higher',
          { count: sizes.tasks, of: 'a task' },
          (bed) => taskRate(bed, sizes),
        ),
      ],
      close,
    }
  },
}
