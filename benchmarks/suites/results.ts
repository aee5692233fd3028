/** What the client keeps of a map of many items, whole and read as it goes. */
import { Cluster } from '../../views/cluster.ts'
import type { LoadBalancedView } from '../../views/load-balanced-view.ts'
import type { Suite } from '../suite.ts'

/** Held while measured: what only a stack reaches may be collected. */
const kept: { value?: unknown } = {}
const square = (x: number) => x * x

function heapMiB(): number {
  globalThis.gc?.()
  return process.memoryUsage().heapUsed / 2 ** 20
}

async function heldMap(view: LoadBalancedView, count: number): Promise<number> {
  const before = heapMiB()
  const whole = view.map(square, Array(count).keys())
  kept.value = whole
  await whole.wait()
  const after = heapMiB()
  kept.value = undefined
  return after - before
}

async function halfReadMap(view: LoadBalancedView, count: number): Promise<number> {
  const before = heapMiB()
  let half = Number.NaN
  for await (const item of view.imap(square, Array(count).keys())) if (item === (count / 2) ** 2) half = heapMiB()
  return half - before
}

export const results: Suite = {
  async open({ size }) {
    const count = { least: 1_000, quick: 100_000, full: 1_000_000 }[size]
    const cluster = await Cluster.start({ engines: 2 })
    const client = await cluster.connect()
    const view = client.loadBalancedView()
    await view.map(square, Array(10_000).keys())
    return {
      measures: [
        {
          name: `more heap with a map of ${count.toLocaleString('en')} numbers`,
          once: true,
          figures: { heap: { unit: 'MiB', better: 'lower' } },
          cases: [
            { subject: '`map`, held when it has ended', take: async () => ({ heap: await heldMap(view, count) }) },
            { subject: '`imap`, half-way', take: async () => ({ heap: await halfReadMap(view, count) }) },
          ],
        },
      ],
      async close() {
        await client.close()
        await cluster.stop()
      },
    }
  },
}
