import { afterAll, afterEach, beforeAll } from 'vitest'
import { Client, Cluster, type LocalClusterOptions } from 'yardmaster'
import { scaled } from '../scale.ts'

interface Combination {
  readonly name: string
  readonly options: LocalClusterOptions
  readonly client: 'memory' | 'wire'
}

/** Of engine kind and link, and the client's own link. */
const every: readonly Combination[] = [
  { name: 'inline engines, memory', options: { engineKind: 'inline', transport: 'memory' }, client: 'memory' },
  { name: 'thread engines, memory', options: { engineKind: 'thread', transport: 'memory' }, client: 'memory' },
  { name: 'thread engines, threads', options: { engineKind: 'thread', transport: 'threads' }, client: 'memory' },
  { name: 'inline engines, ZeroMQ', options: { engineKind: 'inline', transport: 'zeromq' }, client: 'wire' },
  { name: 'inline engines, WebSocket', options: { engineKind: 'inline', transport: 'websocket' }, client: 'wire' },
  { name: 'thread engines, ZeroMQ', options: { engineKind: 'thread', transport: 'zeromq' }, client: 'wire' },
  { name: 'thread engines, WebSocket', options: { engineKind: 'thread', transport: 'websocket' }, client: 'wire' },
  { name: 'process engines, ZeroMQ', options: { engineKind: 'process', transport: 'zeromq' }, client: 'wire' },
  { name: 'process engines, WebSocket', options: { engineKind: 'process', transport: 'websocket' }, client: 'wire' },
  { name: 'process engines, WebSocket, client in memory', options: { engineKind: 'process' }, client: 'memory' },
]

/** Those have each kind of engine and each link once. */
const covering = [
  'inline engines, memory',
  'thread engines, threads',
  'process engines, ZeroMQ',
  'process engines, WebSocket',
]

export const combinations = scaled(
  every,
  every.filter(({ name }) => covering.includes(name)),
)

/** A cluster and one client, for the caller to end. */
export async function startCluster({
  options,
  client,
}: Omit<Combination, 'name'>): Promise<{ cluster: Cluster; client: Client }> {
  const cluster = await Cluster.start({ engines: 4, ...options })
  return { cluster, client: await connect(cluster, client) }
}

/**
 * One cluster and client for all tests of a `describe`: starting engines costs more than most tests. What a test leaves in the namespaces goes
 * with it; it may end neither engines nor client.
 */
export function sharedCluster(
  combination: Omit<Combination, 'name'>,
): (body: (client: Client) => Promise<void>) => Promise<void> {
  let shared: Awaited<ReturnType<typeof startCluster>> | undefined
  beforeAll(async () => {
    shared = await startCluster(combination)
  })
  afterEach(() => shared?.client.directView('all').clear())
  afterAll(async () => {
    await shared?.client.close()
    await shared?.cluster.stop()
  })
  return (body) => body(shared?.client as Client)
}

/** A cluster and one client, for the duration of `body`. */
export async function withCluster(
  combination: Omit<Combination, 'name'>,
  body: (client: Client, cluster: Cluster) => Promise<void>,
): Promise<void> {
  await using cluster = await Cluster.start({ engines: 4, ...combination.options })
  await using client = await connect(cluster, combination.client)
  await body(client, cluster)
}

async function connect(cluster: Cluster, link: 'memory' | 'wire'): Promise<Client> {
  return link === 'memory' ? cluster.connect() : Client.connect(cluster.addresses[0], { key: cluster.key })
}
