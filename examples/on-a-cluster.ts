import { parseArgs } from 'node:util'
import { Client, Cluster, type LocalClusterOptions } from 'yardmaster'

/** What an example gets: threads, or processes over the link that `--transport zeromq|websocket` names. */
export async function onACluster(body: (client: Client, given: readonly string[]) => Promise<void>): Promise<void> {
  const { values, positionals } = parseArgs({ allowPositionals: true, options: { transport: { type: 'string' } } })
  const transport = values.transport as 'zeromq' | 'websocket' | undefined
  const options: LocalClusterOptions = transport ? { engineKind: 'process', transport } : {}
  await using cluster = await Cluster.start({ engines: 4, ...options })
  const [address] = cluster.addresses
  await using client = address ? await Client.connect(address, { key: cluster.key }) : await cluster.connect()
  await body(client, positionals)
}
