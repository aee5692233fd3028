/** What each level of durability costs, beside a controller without a store: whole clusters. */
import { closeSync, fsyncSync, mkdirSync, mkdtempSync, openSync, readFileSync, rmSync, writeSync } from 'node:fs'
import { homedir } from 'node:os'
import { join } from 'node:path'
import { openLmdbStore } from '../../cluster/stores/lmdb-store.ts'
import { MemoryStore } from '../../cluster/stores/memory-store.ts'
import type { StoreChange, TaskStore } from '../../core/task-store.ts'
import { Client } from '../../views/client.ts'
import { Cluster } from '../../views/cluster.ts'
import { cpuTime } from '../cpu-time.ts'
import { medianOf, quantileOf } from '../statistics.ts'
import type { Measure, Sample, Size, Suite } from '../suite.ts'

interface Level {
  readonly name: string
  open(folder: string): Promise<TaskStore | undefined>
}

const none = 'no store'
const levels: readonly Level[] = [
  { name: none, open: async () => undefined },
  { name: 'MemoryStore', open: async () => new MemoryStore() },
  { name: 'LMDB', open: openLmdbStore },
  { name: "LMDB, 'disk'", open: (folder) => openLmdbStore(folder, { durability: 'disk' }) },
]

const kinds = {
  threads: { title: 'thread engines, linked in memory', options: { engineKind: 'thread' } },
  processes: { title: 'process engines and client over WebSocket', options: { engineKind: 'process' } },
} as const
type Kind = keyof typeof kinds

const sizesOf: Record<Size, { readonly tasks: number; readonly singles: number; readonly flushes: number }> = {
  least: { tasks: 50, singles: 5, flushes: 1 },
  quick: { tasks: 300, singles: 20, flushes: 3 },
  full: { tasks: 5_000, singles: 200, flushes: 10 },
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

interface Bed {
  readonly kind: Kind
  readonly level: string
  readonly client: Client
  readonly store: CountedStore | undefined
  stop(): Promise<void>
}

async function start(kind: Kind, level: Level, folder: string): Promise<Bed> {
  const opened = await level.open(folder)
  const store = opened && new CountedStore(opened)
  const cluster = await Cluster.start({ engines: 2, ...kinds[kind].options, ...(store ? { store } : {}) })
  const [address] = cluster.addresses
  const client = address === undefined ? await cluster.connect() : await Client.connect(address, { key: cluster.key })
  const stop = async () => {
    await client.close()
    await cluster.stop()
  }
  return { kind, level: level.name, client, store, stop }
}

const nothing = () => {}

async function batch(client: Client, count: number): Promise<void> {
  const view = client.loadBalancedView()
  await Promise.all(Array.from({ length: count }, () => view.apply(nothing)))
}

async function takeBatch({ kind, client, store }: Bed, tasks: number): Promise<Sample> {
  const before = counts(store)
  const { result: rate, cpuUs } = await cpuTime(async () => {
    const start = performance.now()
    await batch(client, tasks)
    const rate = (tasks / (performance.now() - start)) * 1000
    await client.flush()
    return rate
  })
  const after = counts(store)
  const perTask = (of: keyof typeof after) => (after[of] - before[of]) / tasks
  return {
    rate,
    cpu: cpuUs / tasks,
    writes: perTask('writes'),
    entries: perTask('entries'),
    handed: perTask('bytes'),
    // Links between processes write, too.
    written: kind === 'threads' ? perTask('written') : Number.NaN,
  }
}

async function takeSingles({ client }: Bed, singles: number): Promise<Sample> {
  const view = client.loadBalancedView()
  const times: number[] = []
  for (let i = 0; i < singles; i += 1) {
    const begin = performance.now()
    await view.apply(nothing)
    times.push(performance.now() - begin)
  }
  return { p50: quantileOf(times, 0.5), p99: quantileOf(times, 0.99) }
}

function counts({ writes, entries, bytes }: Pick<CountedStore, 'writes' | 'entries' | 'bytes'> = noCounts) {
  return { writes, entries, bytes, written: writtenBytes() }
}

const noCounts = { writes: 0, entries: 0, bytes: 0 }

/** What this process has written to files and links so far, as Linux tells; NaN elsewhere. */
function writtenBytes(): number {
  try {
    return Number(/^wchar: (\d+)$/m.exec(readFileSync('/proc/self/io', 'utf8'))?.[1])
  } catch {
    return Number.NaN
  }
}

/** What durability cannot be cheaper than: 4 kB appended to a file and flushed to disk, in milliseconds. */
function flushMs(folder: string, count: number): number {
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
  return medianOf(times)
}

export const durability: Suite = {
  async open({ size }) {
    const { tasks, singles, flushes } = sizesOf[size]
    // Not in the folder for temporary files: that may be memory.
    const home = join(homedir(), '.cache')
    mkdirSync(home, { recursive: true })
    const folder = mkdtempSync(join(home, 'yardmaster-bench-'))
    const beds: Bed[] = []
    const close = async () => {
      for (const bed of beds) await bed.stop()
      rmSync(folder, { recursive: true, force: true })
    }
    try {
      for (const kind of ['threads', 'processes'] as const) {
        for (const [i, level] of levels.entries()) beds.push(await start(kind, level, join(folder, `${kind}-${i}`)))
      }
    } catch (error) {
      await close()
      throw error
    }
    const flush: Measure = {
      name: '4 kB written and flushed to this disk',
      figures: { time: { unit: 'ms', better: 'lower' } },
      cases: [{ subject: 'a file', take: () => ({ time: flushMs(folder, flushes) }) }],
    }
    const ofKind = (kind: Kind) => [batches(kind, beds, tasks), oneByOne(kind, beds, singles)]
    return { measures: [flush, ...ofKind('threads'), ...ofKind('processes')], close }
  },
}

function batches(kind: Kind, beds: readonly Bed[], tasks: number): Measure {
  return {
    name: `a batch of tasks that do nothing, ${kinds[kind].title}`,
    figures: {
      rate: { unit: 'tasks/s', better: 'higher' },
      cpu: { unit: 'µs of CPU a task', better: 'lower' },
      writes: { unit: 'writes a task', better: 'lower', isComparable: false },
      entries: { unit: 'entries a task', better: 'lower', isComparable: false },
      handed: { unit: 'bytes to the store', better: 'lower', isComparable: false },
      written: { unit: 'bytes to files', better: 'lower', isComparable: false },
    },
    cases: casesOf(kind, beds, (bed) => takeBatch(bed, tasks)),
  }
}

function oneByOne(kind: Kind, beds: readonly Bed[], singles: number): Measure {
  return {
    name: `one apply after another, ${kinds[kind].title}`,
    figures: { p50: { unit: 'ms', better: 'lower' }, p99: { unit: 'ms', better: 'lower' } },
    cases: casesOf(kind, beds, (bed) => takeSingles(bed, singles)),
  }
}

function casesOf(kind: Kind, beds: readonly Bed[], take: (bed: Bed) => Promise<Sample>): Measure['cases'] {
  return beds
    .filter((bed) => bed.kind === kind)
    .map((bed) => ({
      subject: bed.level,
      ...(bed.level === none ? {} : { reference: { subject: none } }),
      take: () => take(bed),
    }))
}
