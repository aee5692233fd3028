/** Runs inside an allocation, with engines as steps of it: `node slurm-allocation.mjs OUTPUT FOLDER`. */
import { writeFileSync } from 'node:fs'
import { Cluster } from 'yardmaster'

const [output, folder] = process.argv.slice(2)
const log = (level, message) => console.log(level, message)
const cluster = await Cluster.start({
  launcher: 'slurm',
  engines: 3,
  addresses: ['ws://127.0.0.1:0'],
  folder,
  pollMs: 500,
  log,
})
try {
  const client = await cluster.connect()
  await client.waitForEngines(3)
  const jobs = cluster.engines.map(({ job }) => job)
  const ids = client.ids.length
  const slow = async (x) => {
    await new Promise((resolve) => setTimeout(resolve, 20))
    return x * x
  }
  const load = client.loadBalancedView().map(
    slow,
    Array.from({ length: 40 }, (_, i) => i),
  )
  await cluster.scale(1)
  const results = await load
  writeFileSync(output, JSON.stringify({ results, jobs, ids, left: client.ids.length }))
} finally {
  await cluster.stop()
}
