// A program of a user that hears no rejection: one by one, as its first argument says, and the process ends with what Node tells of it.
// The key comes through standard input.
import { readFileSync } from 'node:fs'
import { Client, Cluster, MemoryStore } from 'yardmaster'

const [, , what, scheme] = process.argv
const key = new Uint8Array(Buffer.from(readFileSync(0, 'utf8').trim(), 'base64url'))
const wrong = new Uint8Array(32).fill(1)
const transport = `${scheme}://127.0.0.1:0`
const log = (level, message) => console.log(level, message)

class FailingStore extends MemoryStore {
  fails = false
  async write(changes) {
    if (this.fails) throw new Error('no space left on the device')
    return super.write(changes)
  }
}

if (what === 'store') {
  const store = new FailingStore()
  const cluster = await Cluster.start({ engines: 1, engineKind: 'process', transport, key, store, log })
  const client = await Client.connect(cluster.addresses[0], { key, reconnectMs: 0 })
  store.fails = true
  const result = client.loadBalancedView().apply(() => 1)
  console.log(result, client, cluster, store)
  await result.get().catch((error) => console.log(error))
  await cluster.stopped
} else if (what === 'wrong key') {
  const cluster = await Cluster.start({ engines: 1, engineKind: 'process', transport, key, log })
  Client.connect(cluster.addresses[0], { key: wrong })
} else if (what === 'other key') {
  // It is the client that holds the marker.
  const cluster = await Cluster.start({ engines: 0, transport, key: wrong, log })
  Client.connect(cluster.addresses[0], { key })
} else if (what === 'unreachable') {
  const cluster = await Cluster.start({ engines: 0, transport, key, log })
  await cluster.stop()
  Client.connect(cluster.addresses[0], { key })
} else if (what === 'engines that do not start') {
  // In use: the second controller cannot listen there.
  const cluster = await Cluster.start({ engines: 0, transport, key, log })
  Cluster.start({ engines: 1, engineKind: 'process', transport: cluster.addresses[0], key, log })
} else if (what === 'thrown while it runs') {
  const cluster = await Cluster.start({ engines: 1, engineKind: 'process', transport, key, log })
  const client = await Client.connect(cluster.addresses[0], { key })
  console.log(client, cluster)
  setImmediate(() => {
    throw new Error('a defect of the program', { cause: { client, cluster } })
  })
}
