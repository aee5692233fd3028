// Reads an endless stream, or maps an endless one, and prints what memory it takes meanwhile. Run with --expose-gc.
import { Cluster } from 'yardmaster'

const [what, count] = [process.argv[2], Number(process.argv[3])]
// Engines, executors and the controller are in this process: its memory is that of all.
const cluster = await Cluster.start({ engines: 2, engineKind: 'inline', retention: { countMax: 1_000 } })
const client = await cluster.connect()
const lview = client.loadBalancedView()

const megabytes = async () => {
  await new Promise((resolve) => setImmediate(resolve))
  globalThis.gc()
  return process.memoryUsage().heapUsed / 1e6
}

const sources = {
  stream: () =>
    lview.apply(async function* () {
      for (let i = 0; ; i += 1) yield { i, text: `part ${i}` }
    }),
  imap: () =>
    lview.imap(
      (i) => ({ i, text: `item ${i}` }),
      (async function* () {
        for (let i = 0; ; i += 1) yield i
      })(),
    ),
}

const measured = []
let read = 0
for await (const { i } of sources[what]()) {
  if (i !== read) throw new Error(`${i} in the place of ${read}`)
  read += 1
  if (read % (count / 10) === 0) measured.push(await megabytes())
  if (read === count) break
}
process.stdout.write(JSON.stringify({ read, measured }))
await client.close()
await cluster.stop()
