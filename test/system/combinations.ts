import { Client, Cluster, type LocalClusterOptions } from 'yardmaster'

/** Every combination of engine kind and link that exists, and the client's own link. */
export const combinations: readonly { name: string; options: LocalClusterOptions; client: 'memory' | 'wire' }[] = [
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

interface Combination {
  readonly options: LocalClusterOptions
  readonly client: 'memory' | 'wire'
}

/** A cluster and one client, for the caller to end. */
export async function startCluster({ options, client }: Combination): Promise<{ cluster: Cluster; client: Client }> {
  const cluster = await Cluster.start({ engines: 4, ...options })
  return { cluster, client: await connect(cluster, client) }
}

/** A cluster and one client, for the duration of `body`. */
export async function withCluster(
  combination: Combination,
  body: (client: Client, cluster: Cluster) => Promise<void>,
): Promise<void> {
  await using cluster = await Cluster.start({ engines: 4, ...combination.options })
  await using client = await connect(cluster, combination.client)
  await body(client, cluster)
}

async function connect(cluster: Cluster, link: 'memory' | 'wire'): Promise<Client> {
  return link === 'memory' ? cluster.connect() : Client.connect(cluster.addresses[0], { key: cluster.key })
}
