/**
 * `npm run demo`: the tutorial, then one real job on every transport, with the same results as without any engines. With a launcher, the job runs
 * on engines elsewhere, more and fewer of them: `npm run demo -- --launcher slurm --launcher-option folder=/shared/yardmaster`. The files have to be there, too.
 */
import { readdirSync } from 'node:fs'
import { availableParallelism } from 'node:os'
import { join } from 'node:path'
import { isDeepStrictEqual, parseArgs } from 'node:util'
import { Client, Cluster, type LocalClusterOptions, TransportUnavailableError, task } from 'yardmaster'
import { growAndShrink } from './growing-and-shrinking.ts'
import { wordCounts } from './word-counts.ts'

const counting = task<typeof wordCounts>(new URL('./word-counts.ts', import.meta.url).href, 'wordCounts')
const range = Array.from({ length: 32 }, (_, i) => i)

function same(what: string, result: unknown, expected: unknown): void {
  if (!isDeepStrictEqual(result, expected)) throw new Error(`${what}: the result differs from the serial one`)
  console.log(`  ${what.padEnd(60)}equal to the serial result`)
}

async function tutorial(): Promise<void> {
  await using cluster = await Cluster.start({ engines: 4 })
  const client = await cluster.connect()
  const lview = client.loadBalancedView()
  console.log(`The tutorial, on thread engines ${client.ids.join(', ')}`)
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
function declarationFiles(count: number): string[] {
  return readdirSync('node_modules', { recursive: true, encoding: 'utf8' })
    .filter((path) => path.endsWith('.d.ts'))
    .sort()
    .slice(0, count)
    .map((path) => join(process.cwd(), 'node_modules', path))
}

type Row = readonly string[]

function table(heads: Row, rows: readonly Row[]): string {
  const widths = heads.map((_, column) => Math.max(...[heads, ...rows].map((row) => row[column]?.length ?? 0)))
  const line = (row: Row) => row.map((cell, column) => cell.padEnd(widths[column] ?? 0)).join('   ')
  return [heads, ...rows].map((row) => `  ${line(row).trimEnd()}`).join('\n')
}

async function job(options: LocalClusterOptions, files: readonly string[], serial: readonly unknown[]): Promise<Row> {
  await using cluster = await Cluster.start({ engines: 4, ...options })
  const [address] = cluster.addresses
  await using client = address ? await Client.connect(address, { key: cluster.key }) : await cluster.connect()
  const lview = client.loadBalancedView()
  // The first call of each engine loads the module; it is not what this measures.
  await lview.with({ chunk: 1 }).map(counting, files.slice(0, 16))
  const startedAt = performance.now()
  const counted = lview.map(counting, files)
  await counted.interactive({ label: `  ${options.transport}`.padEnd(11) })
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
  return [
    `${options.transport}, ${options.engineKind} engines`,
    seconds.toFixed(2),
    String(Math.round(files.length / seconds)),
    quantile(0.5),
    quantile(0.99),
    equal ? 'yes' : 'NO',
  ]
}

/** ZeroMQ is an optional dependency: there are machines for which it has no binary. */
function skipMissing(error: unknown): Row {
  if (!(error instanceof TransportUnavailableError)) throw error
  return ['zeromq, process engines', 'not installed']
}

/** `name=value`, where what reads as JSON is meant as JSON, as in `yardmaster start`. */
function launcherOptions(given: readonly string[]): object {
  return Object.fromEntries(
    given.map((option) => {
      const [name = '', value = ''] = option.split(/=(.*)/s)
      try {
        return [name, JSON.parse(value)]
      } catch {
        return [name, value]
      }
    }),
  )
}

async function everyTransport(files: readonly string[], serial: readonly unknown[], alone: Row): Promise<void> {
  const rows: Row[] = [
    alone,
    await job({ transport: 'memory', engineKind: 'thread' }, files, serial),
    await job({ transport: 'threads', engineKind: 'thread' }, files, serial),
    await job({ transport: 'zeromq', engineKind: 'process' }, files, serial).catch(skipMissing),
    await job({ transport: 'websocket', engineKind: 'process' }, files, serial),
  ]
  console.log(`\n${table(['', 'seconds', 'files/s', 'p50 ms', 'p99 ms', 'equal to serial'], rows)}`)
  console.log('\n  p50 ms, p99 ms: one apply() after the other, from call to result, median and 99th percentile')
}

async function elsewhere(
  launcher: string,
  options: object,
  files: readonly string[],
  serial: readonly unknown[],
  alone: Row,
): Promise<void> {
  const stages = await growAndShrink({ launcher, ...options } as LocalClusterOptions, async (client) =>
    isDeepStrictEqual(await client.loadBalancedView().map(counting, files), serial),
  )
  if (!stages.every(({ areRight }) => areRight)) process.exitCode = 1
  const rows = stages.map(({ engines, runsMeanwhile, seconds, areRight }) => [
    `${engines} engines, ${launcher}`,
    seconds.toFixed(2),
    String(Math.round(files.length / seconds)),
    String(runsMeanwhile),
    areRight ? 'yes' : 'NO',
  ])
  console.log(
    `\n${table(['', 'seconds', 'files/s', 'runs while they came or went', 'equal to serial'], [alone, ...rows])}`,
  )
}

const { values: given, positionals } = parseArgs({
  allowPositionals: true,
  options: { launcher: { type: 'string' }, 'launcher-option': { type: 'string', multiple: true, default: [] } },
})
if (!given.launcher) await tutorial()
const files = declarationFiles(Number(positionals[0] ?? 3_000))
const cpus = `${availableParallelism()} CPUs`
console.log(
  `\nWord counts of ${files.length} .d.ts files under node_modules: without engines, then on engines, ${cpus}`,
)
const startedAt = performance.now()
const serial: unknown[] = []
for (const file of files) serial.push(await wordCounts(file))
const seconds = (performance.now() - startedAt) / 1_000
const alone = ['without engines', seconds.toFixed(2), String(Math.round(files.length / seconds))]
if (given.launcher) await elsewhere(given.launcher, launcherOptions(given['launcher-option']), files, serial, alone)
else await everyTransport(files, serial, alone)
