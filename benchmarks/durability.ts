/** What each level of durability costs, against a controller without a store: whole clusters, in rounds of one run. */
import { closeSync, fsyncSync, mkdirSync, mkdtempSync, openSync, readFileSync, rmSync, writeSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { Client, Cluster, MemoryStore, openLmdbStore, type StoreChange, type TaskStore } from 'yardmaster'
import { inRounds, quantile, ratioSpread, rotated, type Spread, spreadOf, spreadText } from './spread.ts'
import { decimals, table, thousands } from './table.ts'

/** What a level did in each round. */
interface Figures {
  readonly rates: number[]
  readonly p50s: number[]
  readonly p99s: number[]
  /** Of a batch, for each of its tasks. */
  readonly writes: number[]
  readonly entries: number[]
  readonly handedBytes: number[]
  readonly fileBytes: number[]
}

interface Level {
  readonly name: string
  open(folder: string): Promise<TaskStore | undefined>
}

const levels: readonly Level[] = [
  { name: 'no store', open: async () => undefined },
  { name: 'MemoryStore', open: async () => new MemoryStore() },
  { name: 'LMDB', open: openLmdbStore },
  { name: "LMDB, 'disk'", open: (folder) => openLmdbStore(folder, { durability: 'disk' }) },
]

const kinds = {
  threads: { title: 'thread engines, linked in memory', options: { engineKind: 'thread' } },
  processes: { title: 'process engines and client over WebSocket', options: { engineKind: 'process' } },
} as const
type Kind = keyof typeof kinds

export interface DurabilityFigures {
  /** Milliseconds that a write of 4 kB and its flush to this disk take. */
  readonly flushMs: Spread
  readonly rounds: number
  readonly levels: readonly {
    readonly kind: Kind
    readonly level: string
    readonly rate: Spread
    readonly p50Ms: Spread
    readonly p99Ms: Spread
    /** Against no store, round by round. */
    readonly ratios: { readonly rate: Spread; readonly p50: Spread; readonly p99: Spread }
    readonly writesPerTask: number
    readonly entriesPerTask: number
    readonly handedBytesPerTask: number
    /** Undefined where the system does not tell, or links write too. */
    readonly fileBytesPerTask?: number
  }[]
}

/** Counts what goes through it. */
class CountedStore implements TaskStore {
  writes = 0
  entries = 0
  bytes = 0
  readonly #store: TaskStore

  constructor(store: TaskStore) {
    this.#store = store
  }

  load() {
    return this.#store.load()
  }

  write(changes: readonly StoreChange[]) {
    this.writes += 1
    this.entries += changes.length
    for (const { key, value } of changes) this.bytes += key.length + (value?.length ?? 0)
    return this.#store.write(changes)
  }

  close() {
    return this.#store.close()
  }
}

interface Case {
  readonly kind: Kind
  readonly level: string
  readonly client: Client
  readonly store: CountedStore | undefined
  readonly figures: Figures
  stop(): Promise<void>
}

async function start(kind: Kind, level: Level, folder: string): Promise<Case> {
  const store = await level.open(folder)
  const counted = store && new CountedStore(store)
  const cluster = await Cluster.start({ engines: 2, ...kinds[kind].options, ...(counted ? { store: counted } : {}) })
  const [address] = cluster.addresses
  const client = address === undefined ? await cluster.connect() : await Client.connect(address, { key: cluster.key })
  const figures = { rates: [], p50s: [], p99s: [], writes: [], entries: [], handedBytes: [], fileBytes: [] }
  const stop = async () => {
    await client.close()
    await cluster.stop()
  }
  return { kind, level: level.name, client, store: counted, figures, stop }
}

const nothing = () => {}

async function batch(client: Client, count: number): Promise<void> {
  const view = client.loadBalancedView()
  await Promise.all(Array.from({ length: count }, () => view.apply(nothing)))
}

async function measureBatch({ client, store, figures }: Case, tasks: number): Promise<void> {
  const before = { writes: 0, entries: 0, bytes: 0, ...counts(store), written: writtenBytes() }
  const start = performance.now()
  await batch(client, tasks)
  figures.rates.push((tasks / (performance.now() - start)) * 1000)
  await client.flush()
  const after = { writes: 0, entries: 0, bytes: 0, ...counts(store), written: writtenBytes() }
  figures.writes.push((after.writes - before.writes) / tasks)
  figures.entries.push((after.entries - before.entries) / tasks)
  figures.handedBytes.push((after.bytes - before.bytes) / tasks)
  figures.fileBytes.push((after.written - before.written) / tasks)
}

async function measureSingles({ client, figures }: Case, singles: number): Promise<void> {
  const view = client.loadBalancedView()
  const times: number[] = []
  for (let i = 0; i < singles; i += 1) {
    const begin = performance.now()
    await view.apply(nothing)
    times.push(performance.now() - begin)
  }
  times.sort((a, b) => a - b)
  figures.p50s.push(quantile(times, 0.5))
  figures.p99s.push(quantile(times, 0.99))
}

function counts(store: CountedStore | undefined) {
  return store && { writes: store.writes, entries: store.entries, bytes: store.bytes }
}

/** What this process has written to files and links so far, as Linux tells; NaN elsewhere. */
function writtenBytes(): number {
  try {
    return Number(/^wchar: (\d+)$/m.exec(readFileSync('/proc/self/io', 'utf8'))?.[1])
  } catch {
    return Number.NaN
  }
}

/** What durability cannot be cheaper than: 4 kB appended to a file and flushed to disk, in milliseconds. */
function flushTimes(folder: string, count: number): number[] {
  const file = openSync(join(folder, 'flushed'), 'w')
  const bytes = new Uint8Array(4096)
  const times: number[] = []
  for (let i = 0; i < count; i += 1) {
    const begin = performance.now()
    writeSync(file, bytes)
    fsyncSync(file)
    times.push(performance.now() - begin)
  }
  closeSync(file)
  return times
}

export async function benchDurability(isQuick: boolean): Promise<DurabilityFigures> {
  const [most, seconds, tasks, singles] = isQuick ? [3, 0, 300, 20] : [30, 90, 5_000, 200]
  // Not in the folder for temporary files: that may be memory.
  const home = fileURLToPath(new URL('../.tmp', import.meta.url))
  mkdirSync(home, { recursive: true })
  const folder = mkdtempSync(join(home, 'durability-'))
  const cases: Case[] = []
  try {
    for (const kind of ['threads', 'processes'] as const) {
      for (const [i, level] of levels.entries()) cases.push(await start(kind, level, join(folder, `${kind}-${i}`)))
    }
    for (const { client } of cases) await batch(client, tasks)
    const flushes: number[] = []
    const rounds = await inRounds(most, seconds, async (round) => {
      flushes.push(...flushTimes(folder, isQuick ? 3 : 10))
      for (const one of rotated(cases, round)) await measureBatch(one, tasks)
      for (const one of rotated(cases, round)) await measureSingles(one, singles)
    })
    const figures = { flushMs: spreadOf(flushes), rounds, levels: cases.map((one) => summary(one, cases)) }
    print(figures, tasks, singles)
    return figures
  } finally {
    for (const one of cases) await one.stop()
    rmSync(folder, { recursive: true, force: true })
  }
}

function summary({ kind, level, figures }: Case, cases: readonly Case[]): DurabilityFigures['levels'][number] {
  const none = cases.find((one) => one.kind === kind)?.figures as Figures
  const median = (values: readonly number[]) => spreadOf(values).median
  const fileBytes = median(figures.fileBytes) - median(none.fileBytes)
  return {
    kind,
    level,
    rate: spreadOf(figures.rates),
    p50Ms: spreadOf(figures.p50s),
    p99Ms: spreadOf(figures.p99s),
    ratios: {
      rate: ratioSpread(figures.rates, none.rates),
      p50: ratioSpread(figures.p50s, none.p50s),
      p99: ratioSpread(figures.p99s, none.p99s),
    },
    writesPerTask: median(figures.writes),
    entriesPerTask: median(figures.entries),
    handedBytesPerTask: median(figures.handedBytes),
    ...(kind === 'threads' && Number.isFinite(fileBytes) ? { fileBytesPerTask: fileBytes } : {}),
  }
}

function print({ flushMs, rounds, levels: found }: DurabilityFigures, tasks: number, singles: number): void {
  console.log(
    `${rounds} rounds; each level: ${thousands(tasks)} tasks that do nothing, submitted at once, then ${thousands(singles)} one after another
median of the rounds, and of their ratios to no store; in brackets what the middle half of the rounds has
4 kB written and flushed to this disk: ${spreadText(flushMs)} ms`,
  )
  for (const kind of Object.keys(kinds) as Kind[]) {
    console.log(`\n${kinds[kind].title}`)
    table(
      ['', 'tasks/s', 'of no store', 'apply p50, ms', 'times', 'p99, ms', 'times'],
      found
        .filter((one) => one.kind === kind)
        .map(({ level, rate, p50Ms, p99Ms, ratios }) => [
          level,
          thousands(rate.median),
          spreadText(ratios.rate),
          decimals(p50Ms.median, 2),
          spreadText(ratios.p50),
          decimals(p99Ms.median, 2),
          spreadText(ratios.p99),
        ]),
    )
  }
  console.log('\nwhat is written for each task of a batch, with thread engines')
  table(
    ['', 'writes', 'entries', 'bytes handed to the store', 'bytes written to files'],
    found
      .filter(({ kind, entriesPerTask }) => kind === 'threads' && entriesPerTask > 0)
      .map(({ level, writesPerTask, entriesPerTask, handedBytesPerTask, fileBytesPerTask }) => [
        level,
        decimals(writesPerTask, 3),
        decimals(entriesPerTask, 2),
        thousands(handedBytesPerTask),
        fileBytesPerTask === undefined ? '–' : thousands(fileBytesPerTask),
      ]),
  )
}
