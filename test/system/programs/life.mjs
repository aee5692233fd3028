// Starts a cluster, says who lives, works, and ends in the way that it is told: return, throw, leave tasks that never end
// behind, or wait to be ended.
import { Cluster } from 'yardmaster'
import { currentTask } from 'yardmaster/engine'

const [ending, options] = process.argv.slice(2)

const resources = () => process.getActiveResourcesInfo().filter((name) => !/^(TTYWrap|PipeWrap|CloseReq)$/.test(name))
const say = (message) => process.stdout.write(`${JSON.stringify(message)}\n`)

const cluster = await Cluster.start({ engines: 2, ...JSON.parse(options) })
try {
  const client = await cluster.connect()
  const pids = cluster.engines.map((engine) => engine.pid).filter((pid) => pid !== process.pid)
  const squares = await client.loadBalancedView().map((x) => x * x, [1, 2, 3])
  say({ pids, squares })
  if (ending === 'throw') throw new Error('thrown on purpose')
  if (ending === 'wait') await new Promise((resolve) => setTimeout(resolve, 60_000))
  if (ending === 'leave') {
    // Two run, and others wait at the engines and at the controller.
    const results = Array.from({ length: 50 }, () => client.loadBalancedView().apply(() => new Promise(() => {})))
    for (const result of results) result.catch(() => {})
    while (results.filter((result) => result.status === 'running').length < 2)
      await new Promise((resolve) => setTimeout(resolve, 10))
  }
  if (ending === 'busy') {
    const endless = client.loadBalancedView().apply(() => {
      currentTask().emit('begun')
      for (;;);
    })
    endless.emitted$.subscribe((emitted) => say({ emitted }))
    await endless
  }
} finally {
  await cluster.stop()
}
// Handles that are closing take some turns of the loop; what never leaves is reported.
for (let turns = 0; turns < 100 && resources().length > 0; turns += 1)
  await new Promise((resolve) => setTimeout(resolve, 20))
say({ left: resources() })
