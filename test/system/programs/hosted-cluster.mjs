// A cluster in a process of its own, which says what memory it takes. Run with --expose-gc; options as JSON.
import { Cluster } from 'yardmaster'

const warnings = []
const cluster = await Cluster.start({
  ...JSON.parse(process.argv[2]),
  log: (level, message) => level === 'warn' && warnings.push(message),
})

/** What is held after a collection, in MiB: of buffers, too. */
const held = async () => {
  for (let i = 0; i < 2; i += 1) {
    globalThis.gc()
    await new Promise((resolve) => setTimeout(resolve, 50))
  }
  const { heapUsed, external } = process.memoryUsage()
  return (heapUsed + external) / 2 ** 20
}

process.on('message', async () => process.send({ held: await held(), warnings }))
process.on('disconnect', () => process.exit())
process.send({ address: cluster.addresses[0], key: Buffer.from(cluster.key).toString('base64url') })
