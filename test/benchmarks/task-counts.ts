/** What it takes to run a task, in counts that are the same on every machine. */
import { type CountedCluster, type Counts, startCountedCluster } from './counted-cluster.ts'
import { addOne, same } from './counted-work.mjs'

/** Of each way to submit, for all its tasks together. */
export type TaskCounts = Readonly<Record<string, { readonly tasks: number; readonly counts: Counts }>>

const engines = 4
const ways: Readonly<Record<string, { readonly tasks: number; run(cluster: CountedCluster): PromiseLike<unknown> }>> = {
  'apply, one after another': {
    tasks: 100,
    async run({ client }) {
      const view = client.loadBalancedView()
      for (let i = 0; i < 100; i += 1) await view.apply(addOne, i)
    },
  },
  'apply, a thousand at once': {
    tasks: 1_000,
    run({ client }) {
      const view = client.loadBalancedView()
      return Promise.all(Array.from({ length: 1_000 }, (_, i) => view.apply(addOne, i)))
    },
  },
  'apply, a hundred at once, 100,000 bytes there and back': {
    tasks: 100,
    run({ client }) {
      const view = client.loadBalancedView()
      return Promise.all(Array.from({ length: 100 }, () => view.apply(same, new Uint8Array(100_000))))
    },
  },
  'map of 10,000 items, 100 a chunk': {
    tasks: 10_000,
    run: ({ client }) => client.loadBalancedView().with({ chunk: 100 }).map(addOne, Array(10_000).keys()),
  },
  'map of 10,000 items': {
    tasks: 10_000,
    run: ({ client }) => client.loadBalancedView().map(addOne, Array(10_000).keys()),
  },
}

export async function takeTaskCounts(): Promise<TaskCounts> {
  const cluster = await startCountedCluster(engines)
  try {
    // Functions have travelled by then, to each engine.
    const view = cluster.client.loadBalancedView().with({ chunk: 1 })
    await view.map(addOne, Array(100).keys())
    await view.map(same, Array(100).keys())
    const found: Record<string, TaskCounts[string]> = {}
    for (const [way, { tasks, run }] of Object.entries(ways)) {
      cluster.take()
      await run(cluster)
      found[way] = { tasks, counts: cluster.take() }
    }
    return found
  } finally {
    await cluster.stop()
  }
}
