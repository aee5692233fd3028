/** What a whole cluster keeps in memory: for each task that waits, for each that has ended and is retained, and for a stream that goes through. */
import { setImmediate as turn } from 'node:timers/promises'
import type { Client } from '../../views/client.ts'
import { Cluster } from '../../views/cluster.ts'
import type { Case, Sample, Size, Suite } from '../suite.ts'

const nothing = () => {}
const square = (x: number) => x * x

/** Held while measured: what only a stack reaches may be collected. */
const kept: { value?: unknown } = {}

const sizesOf: Readonly<Record<Size, { readonly tasks: number; readonly items: readonly number[] }>> = {
  least: { tasks: 200, items: [200] },
  quick: { tasks: 10_000, items: [10_000, 100_000] },
  full: { tasks: 100_000, items: [10_000, 100_000, 1_000_000] },
}

export const memory: Suite = {
  async open({ size }) {
    const { tasks, items } = sizesOf[size]
    const most = items.at(-1) as number
    return {
      measures: [
        {
          name: 'heap for each task that waits, with client and controller in one process',
          once: true,
          figures: { both: { unit: 'bytes', better: 'lower' }, controller: { unit: 'bytes', better: 'lower' } },
          cases: [{ subject: 'apply without arguments', take: () => queued(tasks) }],
        },
        {
          name: 'heap for each task that has ended and is retained by the controller',
          once: true,
          figures: { controller: { unit: 'bytes', better: 'lower' } },
          cases: [{ subject: 'apply without arguments', take: () => retained(tasks) }],
        },
        {
          name: 'heap that grows while imap reads a stream',
          once: true,
          figures: { most: { unit: 'MiB at most', better: 'lower' } },
          parameter: { name: 'items' },
          cases: items.map((count): Case => {
            const promise = `memory while \`imap\` reads a stream of ${count.toLocaleString('en')} numbers`
            return {
              subject: 'imap, 2 thread engines',
              at: count,
              // The largest input is to need no more than a small one, but for noise of a collector.
              targets: count === most ? [{ figure: 'most', promise, atMost: 16 }] : [],
              take: () => streamed(count),
            }
          }),
        },
      ],
      notes: [
        'A queued task of the scheduler alone, and a large graph, are in the suite scheduler; what a client keeps of a map is in results.',
      ],
      close: async () => {},
    }
  },
}

async function queued(tasks: number): Promise<Sample> {
  await using cluster = await Cluster.start({ engines: 0 })
  const client = await cluster.connect()
  const view = client.loadBalancedView()
  const before = await heapBytes()
  kept.value = Array.from({ length: tasks }, () => view.apply(nothing))
  for (const result of kept.value as PromiseLike<unknown>[]) result.then(nothing, nothing)
  await client.flush()
  const both = (await heapBytes()) - before
  // What it awaits it gives up; the tasks stay.
  await client.close()
  kept.value = undefined
  return { both: both / tasks, controller: ((await heapBytes()) - before) / tasks }
}

async function retained(tasks: number): Promise<Sample> {
  await using cluster = await Cluster.start({ engines: 2, retention: { countMax: tasks + 10 } })
  const client = await cluster.connect()
  await client.loadBalancedView().apply(nothing)
  const before = await heapBytes()
  await runThrough(await cluster.connect(), tasks)
  return { controller: ((await heapBytes()) - before) / tasks }
}

async function runThrough(client: Client, tasks: number): Promise<void> {
  const view = client.loadBalancedView()
  await Promise.all(Array.from({ length: tasks }, () => view.apply(nothing)))
  await client.close()
}

async function streamed(count: number): Promise<Sample> {
  await using cluster = await Cluster.start({ engines: 2 })
  const view = (await cluster.connect()).loadBalancedView()
  await view.map(square, Array(1_000).keys())
  const before = await heapBytes()
  let most = 0
  let items = 0
  for await (const _ of view.imap(square, numbers(count))) {
    items += 1
    if (items % Math.ceil(count / 5) === 0) most = Math.max(most, (await heapBytes()) - before)
  }
  if (items !== count) throw new Error(`a stream of ${count} gave ${items}`)
  return { most: most / 2 ** 20 }
}

async function* numbers(count: number): AsyncGenerator<number> {
  for (let i = 0; i < count; i += 1) yield i
}

async function heapBytes(): Promise<number> {
  // What a turn still holds is let go with it.
  await turn()
  globalThis.gc?.()
  globalThis.gc?.()
  return process.memoryUsage().heapUsed
}
