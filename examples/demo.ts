/** `npm run demo`: the tutorial, then one real job on every transport, with the same results as without any engines. */
import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import { isDeepStrictEqual } from 'node:util'
import { Client, Cluster, type LocalClusterOptions, task } from 'yardmaster'
import { wordCounts } from './word-counts.ts'

const counting = task<typeof wordCounts>(new URL('./word-counts.ts', import.meta.url).href, 'wordCounts')
const range = Array.from({ length: 32 }, (_, i) => i)

function same(what: string, result: unknown, expected: unknown): void {
  if (!isDeepStrictEqual(result, expected)) throw new Error(`${what}: the result differs from the serial one`)
  console.log(`  ${what}: equal to the serial result`)
}

async function tutorial(): Promise<void> {
  console.log('The tutorial, on 4 thread engines')
  await using cluster = await Cluster.start({ engines: 4 })
  const client = await cluster.connect()
  const lview = client.loadBalancedView()
  console.log(`  engines ${client.ids.join(', ')}`)
  same(
    'lview.map(x => x ** 10, range(32))',
    await lview.map((x: number) => x ** 10, range),
    range.map((x) => x ** 10),
  )
  const f = lview.parallel((x: number) => 10.0 * x ** 4)
  same(
    'f = lview.parallel(x => 10.0 * x ** 4); f.map(range(32))',
    await f.map(range),
    range.map((x) => 10.0 * x ** 4),
  )
  same('lview.apply((a, b) => a + b, 1, 2)', await lview.apply((a: number, b: number) => a + b, 1, 2), 3)
}

/** Every `.d.ts` file under `node_modules`, in a stable order. */
function declarationFiles(): string[] {
  return readdirSync('node_modules', { recursive: true, encoding: 'utf8' })
    .filter((path) => path.endsWith('.d.ts'))
    .sort()
    .slice(0, 3_000)
    .map((path) => join(process.cwd(), 'node_modules', path))
}

interface Row {
  readonly transport: string
  readonly engines: string
  readonly tasks: number
  readonly seconds: string
  readonly 'tasks/s': number
  readonly 'p50 ms': string
  readonly 'p99 ms': string
  readonly 'equal to serial': string
}

async function job(
  options: LocalClusterOptions,
  files: readonly string[],
  serial: readonly unknown[],
  bar: boolean,
): Promise<Row> {
  await using cluster = await Cluster.start({ engines: 4, ...options })
  const [address] = cluster.addresses
  await using client = address ? await Client.connect(address, { key: cluster.key }) : await cluster.connect()
  const lview = client.loadBalancedView()
  // The first call of each engine loads the module; it is not what this measures.
  await lview.with({ chunk: 1 }).map(counting, files.slice(0, 16))
  const startedAt = performance.now()
  const counted = lview.with({ chunk: 1 }).map(counting, files)
  if (bar) await counted.interactive({ label: 'word counts' })
  const results = await counted
  const seconds = (performance.now() - startedAt) / 1_000
  const trips: number[] = []
  for (let i = 0; i < 300; i += 1) {
    const sentAt = performance.now()
    await lview.apply((x: number) => x, i)
    trips.push(performance.now() - sentAt)
  }
  trips.sort((a, b) => a - b)
  const quantile = (q: number) => (trips[Math.floor(q * (trips.length - 1))] ?? 0).toFixed(2)
  const equal = isDeepStrictEqual(results, serial)
  if (!equal) process.exitCode = 1
  return {
    transport: options.transport ?? 'memory',
    engines: `4 ${options.engineKind ?? 'thread'}`,
    tasks: files.length,
    seconds: seconds.toFixed(2),
    'tasks/s': Math.round(files.length / seconds),
    'p50 ms': quantile(0.5),
    'p99 ms': quantile(0.99),
    'equal to serial': equal ? 'yes' : 'NO',
  }
}

await tutorial()
const files = declarationFiles()
console.log(
  `\nWord counts of ${files.length} .d.ts files under node_modules, first without engines, then on each transport`,
)
const serial: unknown[] = []
for (const file of files) serial.push(await wordCounts(file))
const rows = [
  await job({ engineKind: 'thread', transport: 'memory' }, files, serial, true),
  await job({ engineKind: 'thread', transport: 'threads' }, files, serial, false),
  await job({ engineKind: 'process', transport: 'zeromq' }, files, serial, false),
  await job({ engineKind: 'process', transport: 'websocket' }, files, serial, false),
]
console.table(rows)
console.log('p50 and p99 are of single apply() round trips, one after the other.')
