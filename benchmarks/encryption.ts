/** What encryption costs: each network transport with and without it, the links alone and whole clusters, in rounds of one run. */
import { Client, Cluster, type TransportAddress } from 'yardmaster'
import { benchmarkKey, ourPipe, type Pipe, pipelined, roundTrips } from './pipes.ts'
import { inRounds, quantile, ratioSpread, rotated, type Spread, spreadOf, spreadText } from './spread.ts'
import { decimals, table, thousands } from './table.ts'

const pairs = [
  { title: 'WebSocket: wss against ws', plain: 'ws', encrypted: 'wss' },
  { title: 'ZeroMQ: tcps against tcp', plain: 'tcp', encrypted: 'tcps' },
] as const
type Scheme = (typeof pairs)[number]['plain' | 'encrypted']

/** Each is taken of all links before the next, so that what is compared lies close together. */
const measures = {
  roundTripUs: {
    title: '64 B there and back, p50, µs',
    digits: 0,
    take: async ({ pipe }: Case, { trips }: Sizes) => quantile(await roundTrips(pipe, trips), 0.5),
  },
  messageRate: {
    title: '64 B echoed, 1,000 under way, a second',
    digits: 0,
    take: async ({ pipe }: Case, { small }: Sizes) =>
      small / (await pipelined(pipe, small, 1_000, () => new Uint8Array(64))),
  },
  gigabytes1: {
    title: '1 MB echoed, 4 under way, GB/s each way',
    digits: 2,
    take: ({ pipe }: Case, { medium }: Sizes) => bandwidth(pipe, medium, 4, 1_000_000),
  },
  gigabytes64: {
    title: '64 MB echoed, 2 under way, GB/s each way',
    digits: 2,
    take: ({ pipe }: Case, { large }: Sizes) => bandwidth(pipe, large, 2, 64_000_000),
  },
  connectMs: { title: 'a client connects to a controller, ms', digits: 1, take: connectMs },
  taskRate: { title: 'tasks that do nothing, 2 process engines, a second', digits: 0, take: taskRate },
}
type Measure = keyof typeof measures
const names = Object.keys(measures) as Measure[]

interface Sizes {
  readonly trips: number
  readonly small: number
  readonly medium: number
  readonly large: number
  readonly connects: number
  readonly tasks: number
}

const full: Sizes = { trips: 500, small: 50_000, medium: 50, large: 2, connects: 3, tasks: 5_000 }
const warmUp: Sizes = { ...full, trips: 3_000, large: 1 }
const quick: Sizes = { trips: 20, small: 500, medium: 2, large: 1, connects: 1, tasks: 100 }

export interface EncryptionFigures {
  readonly rounds: number
  readonly links: readonly {
    readonly plain: Scheme
    readonly encrypted: Scheme
    readonly figures: readonly {
      readonly measure: Measure
      readonly plain: Spread
      readonly encrypted: Spread
      /** Encrypted against plain, round by round. */
      readonly ratio: Spread
    }[]
  }[]
}

interface Case {
  readonly scheme: Scheme
  readonly pipe: Pipe
  readonly address: string
  readonly client: Client
  readonly figures: Readonly<Record<Measure, number[]>>
  stop(): Promise<void>
}

async function start(scheme: Scheme): Promise<Case> {
  const place: TransportAddress = `${scheme}://127.0.0.1:0`
  const pipe = await ourPipe(place)
  const cluster = await Cluster.start({ engines: 2, engineKind: 'process', transport: place, key: benchmarkKey })
  const address = cluster.addresses[0] as string
  const client = await Client.connect(address, { key: benchmarkKey })
  const figures = { roundTripUs: [], messageRate: [], gigabytes1: [], gigabytes64: [], connectMs: [], taskRate: [] }
  const stop = async () => {
    await client.close()
    await cluster.stop()
    await pipe.close()
  }
  return { scheme, pipe, address, client, figures, stop }
}

async function connectMs({ address }: Case, { connects }: Sizes): Promise<number> {
  const times: number[] = []
  for (let i = 0; i < connects; i += 1) {
    const begin = performance.now()
    const client = await Client.connect(address, { key: benchmarkKey })
    times.push(performance.now() - begin)
    await client.close()
  }
  return spreadOf(times).median
}

const nothing = () => {}

async function taskRate({ client }: Case, { tasks }: Sizes): Promise<number> {
  const view = client.loadBalancedView()
  const begin = performance.now()
  await Promise.all(Array.from({ length: tasks }, () => view.apply(nothing)))
  return (tasks / (performance.now() - begin)) * 1000
}

async function bandwidth(pipe: Pipe, count: number, window: number, size: number): Promise<number> {
  const bytes = new Uint8Array(size)
  return (count * size) / 1e9 / (await pipelined(pipe, count, window, () => bytes))
}

export async function benchEncryption(isQuick: boolean): Promise<EncryptionFigures> {
  const sizes = isQuick ? quick : full
  const cases: Case[] = []
  try {
    for (const { plain, encrypted } of pairs) cases.push(await start(plain), await start(encrypted))
    for (const name of names) for (const one of cases) await measures[name].take(one, isQuick ? sizes : warmUp)
    const rounds = await inRounds(isQuick ? 3 : 30, isQuick ? 0 : 100, async (round) => {
      for (const name of names) {
        for (const one of rotated(cases, round)) one.figures[name].push(await measures[name].take(one, sizes))
      }
    })
    const figuresOf = (scheme: Scheme) => cases.find((one) => one.scheme === scheme)?.figures as Case['figures']
    const links = pairs.map(({ plain, encrypted }) => ({
      plain,
      encrypted,
      figures: names.map((name) => ({
        measure: name,
        plain: spreadOf(figuresOf(plain)[name]),
        encrypted: spreadOf(figuresOf(encrypted)[name]),
        ratio: ratioSpread(figuresOf(encrypted)[name], figuresOf(plain)[name]),
      })),
    }))
    print({ rounds, links })
    return { rounds, links }
  } finally {
    for (const one of cases) await one.stop()
  }
}

function print({ rounds, links }: EncryptionFigures): void {
  console.log(`over loopback, to another process; ${rounds} rounds
median of the rounds, and of their ratios; in brackets what the middle half of the rounds has`)
  for (const [i, { plain, encrypted, figures }] of links.entries()) {
    console.log(`\n${pairs[i]?.title}`)
    table(
      ['', plain, encrypted, `${encrypted} / ${plain}`],
      figures.map((one) => {
        const { title, digits } = measures[one.measure]
        const text = ({ median }: Spread) => (digits === 0 ? thousands(median) : decimals(median, digits))
        return [title, text(one.plain), text(one.encrypted), spreadText(one.ratio)]
      }),
    )
  }
}
