/** Many single calls: all come back, right, in bounded memory. The rates are printed, not asserted. */
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'

import { expect, it } from 'vitest'
import { type Client, Client as Clients, Cluster, type LocalClusterOptions } from 'yardmaster'
import { scaled } from '../scale.ts'

const runs: readonly { name: string; count: number; options: LocalClusterOptions; wire: boolean }[] = [
  { name: '4 thread engines', count: scaled(200_000, 30_000), options: { engineKind: 'thread' }, wire: false },
  {
    name: '4 thread engines, own links',
    count: scaled(100_000, 10_000),
    options: { engineKind: 'thread', transport: 'threads' },
    wire: false,
  },
  {
    name: '4 process engines, ZeroMQ',
    count: scaled(100_000, 10_000),
    options: { engineKind: 'process', transport: 'zeromq' },
    wire: true,
  },
  {
    name: '4 process engines, WebSocket',
    count: scaled(100_000, 10_000),
    options: { engineKind: 'process', transport: 'websocket' },
    wire: true,
  },
]

/** What a task may cost while it is outstanding, result included, in bytes; a leak shows in the second half. */
const bytesPerTaskMax = 6_000

it.each(runs)('$count calls on $name', async ({ name, count, options, wire }) => {
  await using cluster = await Cluster.start({ engines: 4, ...options })
  await using client = wire
    ? await Clients.connect(cluster.addresses[0], { key: cluster.key })
    : await cluster.connect()
  const before = heap()
  const startedAt = performance.now()
  const wrong = await callAndCompare(client, count)
  const seconds = (performance.now() - startedAt) / 1_000
  console.log(`${name}: ${count} calls in ${seconds.toFixed(2)} s, ${Math.round(count / seconds)}/s`)
  expect(wrong).toBe(0)
  const peak = heap() - before
  expect(peak / count).toBeLessThan(bytesPerTaskMax)
  const afterFirst = heap()
  await callAndCompare(client, count)
  // The second half leaves no more than what is retained by design.
  expect(heap() - afterFirst).toBeLessThan(200 * 2 ** 20)
  expect((await client.queueStatus()).ended).toBe(2 * count)
})

async function callAndCompare(client: Client, count: number): Promise<number> {
  const lview = client.loadBalancedView()
  const square = (x: number) => x * x
  const results = Array.from({ length: count }, (_, i) => lview.apply(square, i))
  let wrong = 0
  for (let i = 0; i < count; i += 1) {
    if ((await results[i]) !== i * i) wrong += 1
  }
  return wrong
}

/** After a full collection, so that only what is held counts. */
function heap(): number {
  setFlagsFromString('--expose-gc')
  runInNewContext('gc')()
  return process.memoryUsage().heapUsed
}
