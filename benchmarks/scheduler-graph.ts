/**
 * A whole graph, submitted at once and drained, in a process of its own so that its memory can be told: three edges a task,
 * to the 1st, 7th and 1,000th before it. Run with the number of tasks; prints one line of JSON.
 */
import { PerformanceObserver } from 'node:perf_hooks'
import { setTimeout as sleep } from 'node:timers/promises'
import type { TaskId } from '../core/ids.ts'
import { run, scheduler, specs, type TaskSource } from './scheduler-load.ts'

export interface GraphDrain {
  readonly tasks: number
  readonly edges: number
  readonly seconds: number
  /** Of the process. */
  readonly peakMiB: number
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
const ids = specs(count).map(({ id }) => id)
/** As from a link: the scheduler alone keeps what it needs of each. */
const graph: TaskSource = {
  length: count,
  slice: (from, to) =>
    specs(Math.min(to, count) - from).map((spec, i) => {
      const before = [1, 7, 1_000].flatMap((back) => ids[from + i - back] ?? [])
      edges += before.length
      const after = before.length === 0 ? [] : [{ ids: before, all: true, success: true, failure: false }]
      return { ...spec, id: ids[from + i] as TaskId, after }
    }),
}
await sleep(0)
worstCollectionMs = 0
const begin = performance.now()
const { worstStepMs } = run(scheduler(100, { hwm: 4 }), graph, Number.POSITIVE_INFINITY)
const seconds = (performance.now() - begin) / 1000
await sleep(0)
const peakMiB = process.resourceUsage().maxRSS / 1024
const drain: GraphDrain = { tasks: count, edges, seconds, peakMiB, worstStepMs, worstCollectionMs }
console.log(JSON.stringify(drain))
