import { type ChildProcess, execFile, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import type { Report } from '../../benchmarks/report.ts'
import { type SuiteName, suiteNames, suitesWithTargets } from '../../benchmarks/suites.ts'
import { family, gone } from '../cli/yardmaster.ts'
import { scaled } from '../scale.ts'

const main = fileURLToPath(new URL('../../dist/cli/main.js', import.meta.url))
const bench = (args: readonly string[], env: NodeJS.ProcessEnv = {}) =>
  promisify(execFile)(process.execPath, [main, 'bench', ...args], { env: { ...process.env, ...env } })

/** For a machine that is busy with other tests, too. */
const timeout = 120_000

/** The others start whole clusters by the dozen, as many tests do. */
const brief: readonly SuiteName[] = [
  'transports',
  'payloads',
  'scheduler',
  'simulator',
  'memory',
  'startup',
  'functions',
  'results',
]
const tried = scaled(suiteNames, brief)

let folder: string
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'yardmaster-bench-'))
})
afterEach(() => rmSync(folder, { recursive: true }))

describe('bench runs, its JSON is whole, and its plots are SVG', () => {
  let all: string
  let stdout: string
  let report: Report
  beforeAll(async () => {
    all = mkdtempSync(join(tmpdir(), 'yardmaster-bench-'))
    const file = join(all, 'figures.json')
    stdout = (await bench([...tried, '--least', '--json', file, '--plots', join(all, 'plots')])).stdout
    report = JSON.parse(readFileSync(file, 'utf8'))
  }, 300_000)
  afterAll(() => rmSync(all, { recursive: true }))

  test('of the suites that are asked for, in order', () => {
    expect(report).toMatchObject({ format: 'yardmaster-bench', version: 1, size: 'least' })
    expect(report.machine).toMatchObject({ node: process.version, cores: expect.any(Number) })
    expect(report.suites.map((suite) => suite.name)).toEqual(tried)
    const plots = readdirSync(join(all, 'plots'))
    expect(plots.length).toBeGreaterThan(10)
    for (const plot of plots) {
      expect(plot).toMatch(/^[a-z\d-]+\.svg$/)
      expect(readFileSync(join(all, 'plots', plot), 'utf8')).toMatch(/^<svg .*<\/svg>\s*$/s)
    }
  })

  test.for(tried)('%s', (name) => {
    const measures = report.suites.find((suite) => suite.name === name)?.measures ?? []
    expect(measures.length).toBeGreaterThan(0)
    const promised = measures.flatMap(({ cases }) => cases.map((one) => one.targets))
    if (!suitesWithTargets.includes(name)) expect(promised.flatMap((targets) => targets ?? [])).toEqual([])
    for (const measure of measures) {
      expect(stdout).toContain(measure.name)
      expect(measure.cases.length).toBeGreaterThan(0)
      for (const { subject, samples } of measure.cases) {
        expect(stdout).toContain(subject)
        expect(Object.keys(samples)).toEqual(Object.keys(measure.figures))
        for (const values of Object.values(samples)) expect(values).toHaveLength(1)
      }
    }
  })
})

test('bench targets judges what is promised, and takes nothing else', { timeout }, async () => {
  const [json, markdown] = [join(folder, 'targets.json'), join(folder, 'targets.md')]
  const { stdout } = await bench(['targets', 'scheduler', '--least', '--json', json, '--markdown', markdown])
  expect(stdout).toMatch(
    /the scheduler’s core alone, leastload, 100 engines .* ≥ 1,000,000 tasks\/s .* (met|not met)\n/,
  )
  expect(stdout).toMatch(/\d targets: /)
  expect(readFileSync(markdown, 'utf8')).toMatch(/^\| the scheduler’s core alone, `leastload`, 100 engines \|/m)
  const report: Report = JSON.parse(readFileSync(json, 'utf8'))
  const subjects = report.suites.flatMap(({ measures }) =>
    measures.flatMap(({ cases }) => cases.map((one) => one.subject)),
  )
  expect(subjects).toContain('leastload')
  expect(subjects).not.toContain('plainrandom')
  await expect(bench(['targets', 'startup', '--least'])).rejects.toMatchObject({
    code: 2,
    stderr: expect.stringContaining('no table of startup has a target at this size'),
  })
  const again = await bench(['targets', '--read', json])
  expect(again.stdout).toBe(stdout)
})

test('what was kept can be told again and compared, and other files are refused', { timeout }, async () => {
  const file = join(folder, 'figures.json')
  const measured = await bench(['functions', '--quick', '--rounds', '6', '--json', file])
  const told = await bench(['--read', file, '--compare', file])
  expect(told.stdout.startsWith(measured.stdout)).toBe(true)
  expect(told.stdout).toMatch(/\n0 of 6 figures changed beyond noise\n/)
  for (const [content, message] of [
    ['{', /cannot be read as JSON/],
    ['[]', /is no file that bench --json wrote/],
    ['{"format":"yardmaster-bench","version":99}', /has version 99 .* reads 1/],
  ] as const) {
    writeFileSync(file, content)
    await expect(bench(['functions', '--compare', file])).rejects.toMatchObject({
      code: 2,
      stderr: expect.stringMatching(message),
    })
  }
})

test('where nothing has the text that is asked for, that is said', async () => {
  await expect(bench(['functions', '--least', '--only', 'no such table'])).rejects.toMatchObject({
    code: 2,
    stdout: '',
    stderr: expect.stringMatching(
      /no table of functions has 'no such table' in the name above it \[YM_CONFIGURATION\]/,
    ),
  })
})

const longRuns: ChildProcess[] = []
afterEach(() => {
  for (const child of longRuns.splice(0)) child.kill('SIGKILL')
})

/** A run that goes on for long, once its far ends are there. */
async function longRun() {
  const args = [main, 'bench', 'transports', '--quick', '--rounds', '100000', '--only', 'one at a time']
  const child = spawn(process.execPath, args, { stdio: ['ignore', 'ignore', 'pipe'] })
  longRuns.push(child)
  const isFar = ({ command }: { readonly command: string }) => command.includes('far-process-main.js')
  let members = family(child.pid as number)
  const far = () => {
    members = family(child.pid as number)
    return members.find(isFar)?.pid
  }
  await expect.poll(far).toBeDefined()
  return { child, members, far: members.find(isFar)?.pid as number }
}

test('a run whose far end is killed says so at once', { timeout }, async () => {
  const { child, members, far } = await longRun()
  let said = ''
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    said += text
  })
  process.kill(far, 'SIGKILL')
  const [code] = await once(child, 'close')
  expect({ code, said }).toEqual({
    code: 1,
    said: expect.stringContaining('the process at the far ends ended with SIGKILL'),
  })
  await gone(members)
})

test('of a run that is killed nothing is left', { timeout }, async () => {
  const { child, members } = await longRun()
  child.kill('SIGKILL')
  await gone(members)
})

describe('a transport of one’s own', () => {
  const module = fileURLToPath(new URL('./json-module.ts', import.meta.url))
  // The module is TypeScript.
  const env = { NODE_OPTIONS: '--import tsx' }
  const own = ['transports', '--least', '--transport', module, '--address']

  test('is measured beside those of the house, over its address', async () => {
    const { stdout } = await bench([...own, 'json://127.0.0.1:0', '--only', 'one at a time'], env)
    expect(stdout).toMatch(/^ {2}json +[\d.,]+ +[\d.,]+$/m)
    expect(stdout).toMatch(/^ {2}ws +[\d.,]+ /m)
    expect(stdout).not.toContain('large messages')
  })

  test('with an address of another scheme says what is wrong', async () => {
    await expect(bench([...own, 'pigeon://loft'], env)).rejects.toMatchObject({
      code: 2,
      stderr: expect.stringMatching(/registered for pigeon: .*There are: .*json/),
    })
  })

  test('that fails takes no other suite with it', { timeout }, async () => {
    const file = join(folder, 'figures.json')
    const failed = bench([...own, 'pigeon://loft', 'functions', '--json', file], env)
    await expect(failed).rejects.toMatchObject({ code: 2, stdout: expect.stringContaining('captures nothing') })
    const report: Report = JSON.parse(readFileSync(file, 'utf8'))
    expect(report.suites.map((suite) => suite.name)).toEqual(['functions'])
  })

  test('needs both options, and a module that is there', async () => {
    await expect(bench(['transports', '--transport', module])).rejects.toMatchObject({
      code: 2,
      stderr: expect.stringMatching(/--transport and --address go together/),
    })
    await expect(bench(['transports', '--transport', './none.js', '--address', 'json://x'])).rejects.toMatchObject({
      code: 2,
      stderr: expect.stringMatching(/there is no module .*none\.js/),
    })
  })
})
