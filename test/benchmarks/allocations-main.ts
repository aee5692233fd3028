/**
 * Prints how many bytes of V8's heap a task takes, kept or not, over its whole way. To be run without optimised code, which allocates less the
 * longer a program runs, and with so much room for young objects that nothing is collected meanwhile.
 */
import { getHeapStatistics } from 'node:v8'
import { startCountedCluster } from './counted-cluster.ts'
import { addOne } from './counted-work.mjs'

const tasks = 2_000
const cluster = await startCountedCluster(4)
const view = cluster.client.loadBalancedView()
const batch = () => Promise.all(Array.from({ length: tasks }, (_, i) => view.apply(addOne, i)))
// Tables have grown, and caches are filled.
await batch()
globalThis.gc?.()
const before = getHeapStatistics().used_heap_size
await batch()
process.stdout.write(String(Math.round((getHeapStatistics().used_heap_size - before) / tasks)))
await cluster.stop()
process.exit()
