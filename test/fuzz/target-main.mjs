import { Cluster } from 'yardmaster'

const cluster = await Cluster.start({
  engines: 1,
  transport: process.argv[2],
  engineKind: 'process',
  retention: { countMax: 1_000, purgedMax: 1_000 },
  // What it keeps of tasks is bounded, too.
  hwm: 4,
  // Some of what it is sent asks for engines.
  limits: { enginesMax: 4 },
})
// Whoever attacks it has ended.
process.on('disconnect', () => process.exit())
process.on('message', async (message) => {
  if (message === 'memory') {
    globalThis.gc()
    await new Promise((resolve) => setTimeout(resolve, 100))
    globalThis.gc()
    const { heapUsed, external } = process.memoryUsage()
    const mib = (bytes) => Math.round((bytes / 2 ** 20) * 10) / 10
    process.send({ heap: mib(heapUsed), external: mib(external), connections: cluster.engines.length })
  } else {
    await cluster.stop()
    process.exit()
  }
})
process.send({ address: cluster.addresses[0], key: Buffer.from(cluster.key).toString('base64url') })
