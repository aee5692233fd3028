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

/** What a task may cost while its result is held, in bytes. */
const bytesPerTaskMax = 3_000
/** What one may leave behind. Others have filled what is retained by design; the rest is noise. */
const bytesLeftPerTaskMax = 300

it.each(runs)('$count calls on $name', async ({ name, count, options, wire }) => {
  const retention = { countMax: count / 2, purgedMax: 0 }
  await using cluster = await Cluster.start({ engines: 4, retention, ...options })
  await using client = wire
    ? await Clients.connect(cluster.addresses[0], { key: cluster.key })
    : await cluster.connect()
  const before = heap()
  const first = await callAndCompare(client, count)
  console.log(`${name}: ${count} calls in ${first.seconds.toFixed(2)} s, ${Math.round(count / first.seconds)}/s`)
  const between = heap()
  const second = await callAndCompare(client, count)
  const left = heap() - between
  expect([first.right, second.right]).toEqual([count, count])
  expect((first.held - before) / count).toBeLessThan(bytesPerTaskMax)
  expect(left / count).toBeLessThan(bytesLeftPerTaskMax)
  expect((await client.queueStatus()).ended).toBe(2 * count)
})

/** How many came back right, and the heap while all of them are held. */
async function callAndCompare(client: Client, count: number) {
  const lview = client.loadBalancedView()
  const square = (x: number) => x * x
  const startedAt = performance.now()
  const results = Array.from({ length: count }, (_, i) => lview.apply(square, i))
  let wrong = 0
  for (let i = 0; i < count; i += 1) {
    if ((await results[i]) !== i * i) wrong += 1
  }
  const seconds = (performance.now() - startedAt) / 1_000
  const held = heap()
  return { right: results.length - wrong, seconds, held }
}

/** After a full collection, so that only what is held counts. */
function heap(): number {
  setFlagsFromString('--expose-gc')
  runInNewContext('gc')()
  return process.memoryUsage().heapUsed
}
