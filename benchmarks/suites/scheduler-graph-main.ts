/**
 * A whole graph, submitted at once and drained, in a process of its own so that its memory can be told: three edges a task,
 * to the 1st, 7th and 1,000th before it. Run with the number of tasks; prints one line of JSON.
 */
import { PerformanceObserver } from 'node:perf_hooks'
import { setTimeout as sleep } from 'node:timers/promises'
import { getHeapStatistics } from 'node:v8'
import { client, newIds, run, scheduler, type TaskSource } from './scheduler-load.ts'

export interface GraphDrain {
  readonly tasks: number
  readonly edges: number
  readonly seconds: number
  /** Of the process, and of V8's heap in it. */
  readonly peakMiB: number
  readonly peakHeapMiB: number
  readonly heapLimitMiB: number
  /** The longest that one event took, and the longest that the collector stopped the program. */
  readonly worstStepMs: number
  readonly worstCollectionMs: number
}

const count = Number(process.argv[2])
let worstCollectionMs = 0
new PerformanceObserver((list) => {
  for (const { duration } of list.getEntries()) worstCollectionMs = Math.max(worstCollectionMs, duration)
}).observe({ entryTypes: ['gc'] })

let edges = 0
let peakHeap = 0
const ids = newIds(count)
/** As from a link: the scheduler alone keeps what it needs of each. */
const graph: TaskSource = {
  length: count,
  slice(from, to) {
    peakHeap = Math.max(peakHeap, getHeapStatistics().used_heap_size)
    return ids.slice(from, to).map((id, i) => {
      const before = [1, 7, 1_000].flatMap((back) => ids[from + i - back] ?? [])
      edges += before.length
      const after = before.length === 0 ? [] : [{ ids: before, all: true, success: true, failure: false }]
      return { id, client, body: undefined, after }
    })
  },
}
await sleep(0)
worstCollectionMs = 0
const begin = performance.now()
const { worstStepMs } = run(scheduler(100, { hwm: 4 }), graph, Number.POSITIVE_INFINITY)
const seconds = (performance.now() - begin) / 1000
await sleep(0)
const peakMiB = process.resourceUsage().maxRSS / 1024
const [peakHeapMiB, heapLimitMiB] = [peakHeap / 2 ** 20, getHeapStatistics().heap_size_limit / 2 ** 20]
const memory = { peakMiB, peakHeapMiB, heapLimitMiB }
const drain: GraphDrain = { tasks: count, edges, seconds, ...memory, worstStepMs, worstCollectionMs }
process.stdout.write(JSON.stringify(drain))
