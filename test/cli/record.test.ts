import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { Client } from 'yardmaster'
import { engines, readTrace, readWfFormat, readWorkload, simulateWorkload } from 'yardmaster/sim'
import { Yardmaster } from './yardmaster.ts'

let yardmaster: Yardmaster
let record: string
beforeEach(() => {
  yardmaster = new Yardmaster()
  record = join(yardmaster.folder, 'run.jsonl')
})
afterEach(() => yardmaster[Symbol.dispose]())

const tasks = 'programs/tasks.js'
const items = Array.from({ length: 40 }, (_, i) => `${i % 4}\n`).join('')

async function ran(...args: string[]): Promise<string> {
  const { code, stdout, stderr } = await yardmaster.run(args)
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' })
  return stdout
}

/** A cluster with two engines that records, and 40 tasks run there. Answers its process. */
async function recordedRun(): Promise<number> {
  const { pid } = JSON.parse(await ran('start', '--json', '-n', '2', '--record', record)) as { pid: number }
  const { code } = await yardmaster.run(['map', '--cluster', 'default', '--chunk', '1', `${tasks}#sleep`], items)
  expect(code).toBe(0)
  return pid
}

test('a cluster that is started with --record leaves its history, for other tools and for the lab', async () => {
  await recordedRun()
  await ran('stop')
  const trace = readTrace(readFileSync(record, 'utf8'))
  expect(trace.isCut).toBe(false)
  const succeeded = trace.tasks.flatMap(({ attempts, end }) => (end?.status === 'succeeded' ? attempts : []))
  expect(succeeded.length).toBe(40)
  expect(new Set(succeeded.map(({ engine }) => engine))).toEqual(new Set([0, 1]))

  const perfetto = JSON.parse(await ran('trace', record, '--to', 'perfetto')) as { traceEvents: { ph: string }[] }
  expect(perfetto.traceEvents.filter(({ ph }) => ph === 'X').length).toBe(40)

  const html = await ran('trace', record, '--to', 'page')
  expect(html).toMatch(/^<!doctype html>[\s\S]*<script type="application\/json" id="run">{"format":"yardmaster-run"/)

  const output = join(yardmaster.folder, 'run.json')
  expect(await ran('trace', record, '--to', 'wfformat', '--output', output)).toBe('')
  const workload = readWfFormat(readFileSync(output, 'utf8'))
  expect(workload.size).toBe(40)
  const replay = simulateWorkload(readWorkload(readFileSync(record, 'utf8'), record), {
    engines: engines(3),
    strategy: 'powerOf2',
  })
  expect(new Set(replay.engine)).toEqual(new Set([0, 1, 2]))

  const again = await yardmaster.run(['trace', record, '--to', 'wfformat', '--output', output])
  expect([again.code, again.stderr]).toEqual([2, expect.stringContaining('--output: EEXIST')])
})

test('a controller that is killed in the middle leaves a recording that can be read', async () => {
  const { pid } = JSON.parse(await ran('start', '--json', '-n', '2', '--record', record)) as { pid: number }
  const map = yardmaster.spawn(['map', '--cluster', 'default', '--chunk', '1', `${tasks}#sleep`])
  map.stdin.end('20\n'.repeat(1_000))
  const ended = () => readTrace(readFileSync(record, 'utf8')).tasks.filter(({ end }) => end).length
  await vi.waitUntil(() => ended() >= 40, { timeout: 30_000, interval: 10 })
  process.kill(pid, 'SIGKILL')
  map.kill('SIGKILL')
  const { code, stdout, stderr } = await yardmaster.run(['trace', record, '--to', 'perfetto'])
  expect([code, stderr]).toEqual([0, 'the recording does not end with the stop of its controller\n'])
  const { traceEvents } = JSON.parse(stdout) as { traceEvents: { ph: string }[] }
  const slices = traceEvents.filter(({ ph }) => ph === 'X').length
  expect(slices).toBeGreaterThanOrEqual(40)
  expect(slices).toBe(ended())
  expect(slices).toBeLessThan(1_000)
})

test('a controller that goes on with a store records what it was in the middle of', async () => {
  vi.stubEnv('YARDMASTER_DIR', yardmaster.directory)
  const store = join(yardmaster.folder, 'store')
  const controller = async (file: string) => {
    const args = ['--engines', '0', '--store', store, '--record', join(yardmaster.folder, file)]
    const running = yardmaster.spawn(['controller', ...args])
    await running.says(/connection file/, 'stderr')
    return running
  }
  const first = await controller('first.jsonl')
  yardmaster.spawn(['engine', '-n', '1'])
  await using client = await Client.connect()
  await client.waitForEngines(1)
  const view = client.loadBalancedView()
  const results = [1_500, 1, 1].map((ms) => view.apply((wait: number) => new Promise((r) => setTimeout(r, wait)), ms))
  await client.flush()
  await vi.waitUntil(() => results[0]?.status === 'running', { timeout: 30_000, interval: 5 })
  first.kill('SIGKILL')
  await first.over
  const second = await controller('second.jsonl')
  await Promise.all(results)
  second.kill('SIGTERM')
  await second.over
  const { tasks, isCut } = readTrace(readFileSync(join(yardmaster.folder, 'second.jsonl'), 'utf8'))
  expect(isCut).toBe(false)
  expect(tasks.map(({ id }) => id)).toEqual(results.flatMap(({ ids }) => ids))
  for (const { attempts, end } of tasks) {
    expect(attempts.map(({ engine, outcome }) => [engine, outcome])).toEqual([[0, 'succeeded']])
    expect(end?.status).toBe('succeeded')
  }
  expect(tasks[0]?.attempts[0]).toMatchObject({ attempt: 1, assigned: 0 })
})

test('what is wrong with a recording, or with where to write it, is said', async () => {
  const none = await yardmaster.run(['trace', record, '--to', 'perfetto'])
  expect([none.code, none.stderr]).toEqual([
    2,
    expect.stringMatching(/the recording cannot be read: ENOENT.*\[YM_CONFIGURATION\]/),
  ])
  const wrong = await yardmaster.run(['trace', join('programs', 'tasks.js'), '--to', 'perfetto'])
  expect([wrong.code, wrong.stderr]).toEqual([
    2,
    expect.stringMatching(/tasks\.js: line 1 is no JSON.*\[YM_WORKLOAD\]/),
  ])
  const nowhere = await yardmaster.run(['start', '-n', '1', '--record', join(yardmaster.folder, 'no', 'run.jsonl')])
  expect([nowhere.code, nowhere.stderr]).toEqual([
    2,
    expect.stringMatching(/record: .* cannot be written.*\[YM_CONFIGURATION\]/),
  ])
  expect(existsSync(record)).toBe(false)
})
