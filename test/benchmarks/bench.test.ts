import { execFile } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { expect, test } from 'vitest'

const root = fileURLToPath(new URL('../..', import.meta.url))
const run = promisify(execFile)
const bench = (...args: string[]) =>
  run(process.execPath, ['--expose-gc', '--import', 'tsx', 'benchmarks/main.ts', ...args], { cwd: root })

test('bench scheduler --quick prints its tables, and its JSON is whole', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'yardmaster-bench-'))
  const file = join(folder, 'figures.json')
  const { stdout } = await bench('scheduler', '--quick', '--json', file)
  expect(stdout).toContain('leastload')
  const { machine, scheduler } = JSON.parse(readFileSync(file, 'utf8'))
  expect(machine).toMatchObject({ node: process.version, cores: expect.any(Number) })
  expect(scheduler.throughput).toHaveLength(14)
  for (const { rate } of scheduler.throughput) expect(rate).toBeGreaterThan(0)
  expect(scheduler.blocked).toHaveLength(4)
  expect(scheduler.bytesPerQueuedTask).toBeGreaterThan(0)
  expect(scheduler.graph).toMatchObject({ tasks: 10_000, edges: 28_992, peakMiB: expect.any(Number) })
  rmSync(folder, { recursive: true })
})

test('bench durability --quick measures every level with both kinds of engines', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'yardmaster-bench-'))
  const file = join(folder, 'figures.json')
  const { stdout } = await bench('durability', '--quick', '--json', file)
  expect(stdout).toContain('of no store')
  const { durability } = JSON.parse(readFileSync(file, 'utf8'))
  const names = ['no store', 'MemoryStore', 'LMDB', "LMDB, 'disk'"]
  expect(durability.levels.map(({ kind, level }: Level) => `${kind}: ${level}`)).toEqual(
    ['threads', 'processes'].flatMap((kind) => names.map((name) => `${kind}: ${name}`)),
  )
  for (const { level, rate, ratios, entriesPerTask, handedBytesPerTask } of durability.levels as Level[]) {
    expect(rate.median).toBeGreaterThan(0)
    expect(ratios.rate.median).toBeGreaterThan(0)
    // What it was called with, and how it ended.
    expect([level, entriesPerTask]).toEqual([level, level === 'no store' ? 0 : 2])
    expect(handedBytesPerTask > 0).toBe(level !== 'no store')
  }
  rmSync(folder, { recursive: true })
})

interface Level {
  readonly kind: string
  readonly level: string
  readonly rate: { readonly median: number }
  readonly ratios: { readonly rate: { readonly median: number } }
  readonly entriesPerTask: number
  readonly handedBytesPerTask: number
}

test('bench encryption --quick measures each pair of links', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'yardmaster-bench-'))
  const file = join(folder, 'figures.json')
  const { stdout } = await bench('encryption', '--quick', '--json', file)
  expect(stdout).toContain('wss / ws')
  const { links } = JSON.parse(readFileSync(file, 'utf8')).encryption as { links: Link[] }
  expect(links.map(({ plain, encrypted }) => [plain, encrypted])).toEqual([
    ['ws', 'wss'],
    ['tcp', 'tcps'],
  ])
  for (const { figures } of links) {
    expect(figures).toHaveLength(6)
    for (const { ratio } of figures) expect(ratio.median).toBeGreaterThan(0)
  }
  rmSync(folder, { recursive: true })
})

interface Link {
  readonly plain: string
  readonly encrypted: string
  readonly figures: readonly { readonly ratio: { readonly median: number } }[]
}

test('bench --help names the suites, and a wrong one is told', async () => {
  const { stdout } = await bench('--help')
  expect(stdout).toMatch(/scheduler .*\n.*transports .*\n.*results /s)
  await expect(bench('schedular')).rejects.toMatchObject({ code: 1, stderr: expect.stringContaining('scheduler') })
})
