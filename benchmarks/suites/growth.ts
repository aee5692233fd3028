/** What a task costs as there are more of them, more engines, more clients. Payloads that grow are in the suite payloads. */
import { Client } from '../../views/client.ts'
import { Cluster } from '../../views/cluster.ts'
import { type ContenderName, type Contenders, openContenders } from '../peers/contenders.ts'
import { quantileOf } from '../statistics.ts'
import type { Case, Measure, Size, Suite } from '../suite.ts'

interface Sizes {
  /** Submitted at once. */
  readonly tasks: readonly number[]
  readonly peerTasksMax: number
  readonly threads: readonly number[]
  readonly inline: readonly number[]
  readonly clients: readonly number[]
  /** With which engines and clients are varied, together. */
  readonly load: number
  readonly processes: readonly number[]
  /** Of calls one by one. */
  readonly singles: number
}

const sizesOf: Readonly<Record<Size, Sizes>> = {
  least: {
    tasks: [100],
    peerTasksMax: 0,
    threads: [1],
    inline: [2],
    clients: [1, 2],
    load: 100,
    processes: [1],
    singles: 10,
  },
  quick: {
    tasks: [1_000, 10_000],
    peerTasksMax: 10_000,
    threads: [1, 4],
    inline: [1, 100],
    clients: [1, 10],
    load: 5_000,
    processes: [],
    singles: 0,
  },
  full: {
    tasks: [1_000, 10_000, 100_000, 1_000_000],
    // A million waiting at once takes such a pool minutes.
    peerTasksMax: 100_000,
    threads: [1, 2, 4, 8, 16],
    inline: [1, 10, 100, 1_000],
    clients: [1, 10, 100],
    load: 50_000,
    processes: [1, 2, 4, 8],
    singles: 4_000,
  },
}

const workers = 4
const cost: Measure['figures'] = { cost: { unit: 'µs a task', better: 'lower' } }
const nothing = () => {}

export const growth: Suite = {
  async open({ size }) {
    const sizes = sizesOf[size]
    const contenders = await openContenders(['Yardmaster, threads', 'piscina', 'poolifier'], workers)
    return {
      measures: [byTasks(contenders, sizes), byEngines(sizes), oneByOne(sizes), byClients(sizes)].filter(
        ({ cases }) => cases.length > 0,
      ),
      notes: [
        ...contenders.notes,
        'Thread engines are real: each has a thread for its tasks. Those of one thread are whole engines, too, with their links in memory, and run their tasks in the thread of the controller and the client: what grows is the work of the controller.',
        'Clients, the controller and four thread engines are in one process; so the cost holds what the clients and both ends of their links do.',
      ],
      close: () => contenders.close(),
    }
  },
}

function byTasks(contenders: Contenders, { tasks, peerTasksMax }: Sizes): Measure {
  const countsOf = (name: ContenderName) =>
    name === 'Yardmaster, threads' ? tasks : tasks.filter((count) => count <= peerTasksMax)
  const take = async (name: ContenderName, count: number) => {
    const done = await contenders.run(name, { work: 'nothing', count, window: count })
    return { cost: ((done?.seconds ?? Number.NaN) / count) * 1e6 }
  }
  return {
    name: 'a task that does nothing, so many submitted at once',
    figures: cost,
    parameter: { name: 'tasks' },
    cases: contenders.names.flatMap((name) => growing(name, countsOf(name), (count) => take(name, count))),
  }
}

function byEngines({ threads, inline, load }: Sizes): Measure {
  const take = async (engines: number, engineKind: 'thread' | 'inline') => {
    await using cluster = await Cluster.start({ engines, engineKind })
    return { cost: await costOf([await cluster.connect()], load) }
  }
  return {
    name: 'a task that does nothing, by the engines there are',
    figures: cost,
    parameter: { name: 'engines' },
    cases: [
      ...growing('thread engines', threads, (engines) => take(engines, 'thread')),
      ...growing('engines of one thread', inline, (engines) => take(engines, 'inline')),
    ],
  }
}

/** Engines that take turns are cold when theirs comes. */
function oneByOne({ processes, singles }: Sizes): Measure {
  const take = async (engines: number, strategy: string) => {
    await using cluster = await Cluster.start({ engines, engineKind: 'process', strategy })
    const client = await cluster.connect()
    return { p50: await singleOf(client, singles) }
  }
  const cases = (strategy: string) => growing(strategy, processes, (engines) => take(engines, strategy))
  return {
    name: 'a task that does nothing, one at a time, by the process engines there are, over WebSocket',
    figures: { p50: { unit: 'µs', better: 'lower' } },
    parameter: { name: 'engines' },
    cases: [...cases('leastload'), ...cases('warm')],
  }
}

function byClients({ clients, load }: Sizes): Measure {
  const take = async (count: number, isRemote: boolean) => {
    await using cluster = await Cluster.start({ engines: workers, addresses: ['ws://127.0.0.1:0'] })
    const [address] = cluster.addresses
    const connect = () => (isRemote ? Client.connect(address, { key: cluster.key }) : cluster.connect())
    const connected = await Promise.all(Array.from({ length: count }, connect))
    try {
      return { cost: await costOf(connected, load) }
    } finally {
      await Promise.all(connected.map((client) => client.close()))
    }
  }
  return {
    name: 'a task that does nothing, by the clients that submit',
    figures: cost,
    parameter: { name: 'clients' },
    cases: [
      ...growing('clients linked in memory', clients, (count) => take(count, false)),
      ...growing('clients over WebSocket', clients, (count) => take(count, true)),
    ],
  }
}

/** Beside the smallest size, by which a curve is read. */
function growing(
  subject: string,
  sizes: readonly number[],
  take: (size: number) => Promise<Record<string, number>>,
): Case[] {
  return sizes.map((at, i) => ({
    subject,
    at,
    ...(i === 0 ? {} : { reference: { at: sizes[0] as number } }),
    take: () => take(at),
  }))
}

/** Microseconds for each of so many tasks, which the clients submit in equal parts, all at once. */
async function costOf(clients: readonly Client[], tasks: number): Promise<number> {
  const each = Math.ceil(tasks / clients.length)
  const run = (client: Client, count: number) => {
    const view = client.loadBalancedView()
    return Promise.all(Array.from({ length: count }, () => view.apply(nothing)))
  }
  // Engines have the function then, and each client knows of them.
  await Promise.all(clients.map((client) => run(client, Math.ceil(each / 10))))
  globalThis.gc?.()
  const begin = performance.now()
  await Promise.all(clients.map((client) => run(client, each)))
  return ((performance.now() - begin) * 1000) / (each * clients.length)
}

/** The median of so many calls one after the other, after as many, in microseconds. */
async function singleOf(client: Client, calls: number): Promise<number> {
  const view = client.loadBalancedView()
  const times: number[] = []
  for (let i = 0; i < 2 * calls; i += 1) {
    const begin = performance.now()
    await view.apply(nothing)
    if (i >= calls) times.push((performance.now() - begin) * 1000)
  }
  return quantileOf(times, 0.5)
}
