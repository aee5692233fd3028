import { appendFileSync, existsSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, describe, expect, test } from 'vitest'
import { lines, type Running, Yardmaster } from './yardmaster.ts'

const yardmaster = new Yardmaster()
afterAll(() => yardmaster[Symbol.dispose]())

const graph = '../sim/lab/fixtures/estee/graphs/pegasus/montage-693f2e39-61dd-42a1-b55c-5213e71ae81a.json'
const web = 'web=poisson:perSecond=80,tasks=2000,durations=exponential:100'

interface Results {
  readonly version: string
  readonly command: string
  readonly strategies: readonly string[]
  readonly analyses: readonly { readonly measure: string; readonly scenarios: readonly unknown[] }[]
  readonly runs: readonly { readonly workload: string; readonly strategy: string; readonly metrics: object }[]
}

function folder(name: string): string {
  return join(yardmaster.folder, name)
}

function textOf(name: string, file: string): string {
  return readFileSync(join(folder(name), file), 'utf8')
}

function resultsOf(name: string): Results {
  return JSON.parse(textOf(name, 'results.json')) as Results
}

function simulate(name: string, args: readonly string[], workload = web) {
  return yardmaster.run(['simulate', '--no-report', '--out', folder(name), '-n', '2', '--workload', workload, ...args])
}

/** Resolves when so many runs are kept. */
async function kept(name: string, count: number): Promise<void> {
  await expect
    .poll(() => (existsSync(join(folder(name), 'runs.jsonl')) ? lines(textOf(name, 'runs.jsonl')).length : 0))
    .toBeGreaterThanOrEqual(count)
}

test('simulate compares strategies, one of them a file, and writes what came of it', async () => {
  const args = ['--strategies', 'plainrandom,./programs/least-of-three.ts', '--engines', '10', '--hwm', '0']
  const { code, stdout, stderr } = await simulate('plain', [...args, '--loads', '0.5,0.8', '--repeat', '3'])
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' })
  expect(stdout).toMatch(/^load 0\.5 +least-of-three +[\d.]+ +± [\d.]+ +0 %$/m)
  const { command, strategies, analyses, runs } = resultsOf('plain')
  expect(strategies).toEqual(['plainrandom', 'least-of-three'])
  expect(analyses).toMatchObject([{ measure: 'response', blocks: 6, friedman: { meanRanks: [2, 1] } }])
  expect(runs).toHaveLength(2 * 2 * 3)
  const rows = textOf('plain', 'results.csv').trim().split('\n')
  expect(rows).toHaveLength(1 + runs.length)
  expect(rows[0]).toMatch(/^workload,engines,network,load,repetition,strategy,.*,responseMs\.p99,/)
  // The command that it tells gives the same again.
  const again = command.replace('yardmaster simulate', `yardmaster simulate --no-report --out ${folder('again')}`)
  expect(await yardmaster.shell(again)).toMatchObject({ code: 0 })
  expect(textOf('again', 'results.json')).toBe(textOf('plain', 'results.json'))
  expect(textOf('again', 'results.csv')).toBe(textOf('plain', 'results.csv'))
})

test('a report is written beside the numbers', async () => {
  const args = ['--workload', graph, '--strategies', 'plainrandom,leastload', '--engines', '4x4', '--repeat', '2']
  const { code, stdout } = await yardmaster.run(['simulate', '--out', folder('report'), ...args])
  expect(code).toBe(0)
  expect(stdout).toMatch(/\nwritten: .*results\.json, .*results\.csv, .*report\.html\n$/)
  const page = textOf('report', 'report.html')
  expect(page).toMatch(/^<!doctype html>/)
  expect(page.match(/<svg id=/g)).toHaveLength(1 + 2 + 2)
  expect(page).toContain('yardmaster simulate --workload')
})

test('a graph runs on several clusters and networks', async () => {
  const args = ['--strategies', 'leastload,./programs/least-of-three.ts#first', '--engines', '8x4,2x16']
  const { code, stderr } = await simulate(
    'graph',
    [...args, '--network', 'instant,maxmin:32MiB', '--repeat', '1'],
    graph,
  )
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' })
  const { strategies, analyses } = resultsOf('graph')
  expect(strategies).toEqual(['leastload', 'first'])
  expect(analyses).toMatchObject([{ measure: 'makespan', blocks: 4 }])
})

describe('what was begun goes on where it was', () => {
  const strategies = ['--strategies', 'plainrandom,./programs/held.mjs']
  const args = [...strategies, '--engines', '10', '--hwm', '0', '--repeat', '10']

  /** It keeps a few runs, and cannot come to its end. */
  function begun(name: string): Running {
    const options = ['--no-report', '--out', folder(name), '-n', '2']
    const HELD_BY = join(folder(name), 'runs.jsonl')
    return yardmaster.spawn(['simulate', ...options, '--workload', web, ...args], { HELD_BY })
  }

  test('after kill -9', async () => {
    const first = begun('killed')
    await kept('killed', 3)
    first.kill('SIGKILL')
    expect((await first.over).code).toBeNull()
    const before = lines(textOf('killed', 'runs.jsonl').replace(/[^\n]*$/, '')).length
    expect(before).toBeLessThan(20)
    const second = await simulate('killed', args)
    expect(second).toMatchObject({
      code: 0,
      stdout: expect.stringContaining(`${before} of 20 runs were done before\n`),
    })
    expect(lines(textOf('killed', 'runs.jsonl'))).toHaveLength(20)
    expect((await simulate('whole', args)).code).toBe(0)
    expect(textOf('killed', 'results.json')).toBe(textOf('whole', 'results.json'))
  })

  test('after Ctrl-C', async () => {
    const first = begun('interrupted')
    await kept('interrupted', 2)
    first.kill('SIGINT')
    const { code, stderr } = await first.over
    expect(code).toBe(130)
    expect(stderr).toBe('yardmaster: interrupted; the same command goes on from here\n')
    expect(await simulate('interrupted', args)).toMatchObject({
      code: 0,
      stdout: expect.stringMatching(/of 20 runs were done before\n/),
    })
  })

  test('although the last line was cut off', async () => {
    const few = ['--strategies', 'lru', '--repeat', '4', '--engines', '10']
    expect((await simulate('cut', few)).code).toBe(0)
    const whole = textOf('cut', 'results.json')
    const file = join(folder('cut'), 'runs.jsonl')
    writeFileSync(file, textOf('cut', 'runs.jsonl').slice(0, -100))
    expect(await simulate('cut', few)).toMatchObject({
      code: 0,
      stdout: expect.stringContaining('3 of 4 runs were done before\n'),
    })
    expect(await simulate('cut', few)).toMatchObject({
      code: 0,
      stdout: expect.stringContaining('4 of 4 runs were done before\n'),
    })
    expect(textOf('cut', 'results.json')).toBe(whole)
  })

  test('and only what has changed runs anew', async () => {
    const file = join(yardmaster.folder, 'mine.mjs')
    writeFileSync(file, 'export default function mine(_task, engines) { return engines.at(0) }\n')
    const few = ['--strategies', `lru,${file}`, '--engines', '10', '--repeat']
    expect((await simulate('changed', [...few, '2'])).code).toBe(0)
    appendFileSync(file, '// Better.\n')
    expect((await simulate('changed', [...few, '2'])).stdout).toContain('2 of 4 runs were done before\n')
    expect((await simulate('changed', [...few, '3'])).stdout).toContain('4 of 6 runs were done before\n')
    expect((await simulate('changed', [...few, '3', '--seed', '2'])).stdout).not.toContain('done before')
  })
})

test('a strategy that fails takes no other with it', async () => {
  const args = ['--strategies', 'lru,./programs/throws-at-once.mjs', '--repeat', '2']
  const { code, stdout, stderr } = await simulate('failed', args)
  expect({ code, stdout }).toEqual({ code: 1, stdout: '' })
  expect(stderr).toMatch(/^yardmaster: under strategy 'throwsAtOnce', at .*: no idea \[YM_SIMULATION\]$/m)
  expect(stderr).toMatch(/\nyardmaster: 2 of 4 runs failed; the others are kept/)
  expect(lines(textOf('failed', 'runs.jsonl'))).toHaveLength(2)
  expect(existsSync(join(folder('failed'), 'results.json'))).toBe(false)
})

describe('what is wrong is said before anything runs', () => {
  writeFileSync(join(yardmaster.folder, 'object.json'), '{"tasks": 1}')
  writeFileSync(join(yardmaster.folder, 'broken.json'), '[{"d": 1}]')
  const least = ['--strategies', 'leastload']
  test.for([
    [[], web, /say what to compare: --strategies leastload/, 'CONFIGURATION'],
    [
      ['--strategies', 'nonsense'],
      web,
      /no strategy 'nonsense'.*or a module file, as in \.\/nonsense\.ts/,
      'CONFIGURATION',
    ],
    [['--strategies', './nowhere.ts'], web, /there is no module .*nowhere\.ts/, 'MODULE'],
    [['--strategies', './programs/throws-at-once.mjs#notOne'], web, /exports 'notOne', which is no strategy/, 'MODULE'],
    [['--strategies', './programs/throws-at-once.mjs#other'], web, /has no export 'other'/, 'MODULE'],
    [['--strategies', 'lru,lru'], web, /two of the strategies have the name 'lru'/, 'CONFIGURATION'],
    [least, 'nowhere.json', /no file 'nowhere\.json'/, 'CONFIGURATION'],
    [least, 'batch:tasks=3', /durations is missing.*It is written batch:/, 'CONFIGURATION'],
    [least, join(yardmaster.folder, 'object.json'), /object\.json: /, 'WORKLOAD'],
    [least, join(yardmaster.folder, 'broken.json'), /broken\.json: task 0: cpus must be/, 'WORKLOAD'],
    [[...least, '--engines', '4x'], web, /'4x' must be COUNT/, 'CONFIGURATION'],
    [[...least, '--engines', '4,4x1'], web, /two of the engines or networks are the same/, 'CONFIGURATION'],
    [[...least, '--network', 'fast'], web, /network 'fast' must be instant/, 'CONFIGURATION'],
    [[...least, '--loads', '0.5,x'], web, /Loads must be numbers above 0/, 'CONFIGURATION'],
    [[...least, '--loads', '0.5'], graph, /all arrives at once: there is no load to set/, 'CONFIGURATION'],
    [[...least, '--measures', 'beauty'], web, /there is no measure 'beauty'\. There are makespan/, 'CONFIGURATION'],
    [[...least, '--warm-up', '2'], web, /'mser' or a number from 0 to below 1/, 'CONFIGURATION'],
    [[...least, '--faults'], web, /cannot be used with/, 'CONFIGURATION'],
  ] as const)('%j', async ([args, workload, message, errorCode]) => {
    const { code, stdout, stderr } = await simulate('wrong', args, workload)
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' })
    expect(stderr).toMatch(message)
    expect(stderr).toContain(`[YM_${errorCode}]\n`)
    expect(existsSync(folder('wrong'))).toBe(false)
  })
})
