import { mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { Recorder } from '../../cluster/recorder.ts'
import { systemClock } from '../../core/clock.ts'
import type { SessionId } from '../../core/ids.ts'
import { taskId } from '../../core/ids.ts'
import type { SchedulerEvent } from '../../scheduler/events.ts'
import { readTrace } from '../../sim/trace/read-trace.ts'

const bounded = { timeout: 30_000, interval: 5 }
let folder: string
let path: string
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'yardmaster-recorder-'))
  path = join(folder, 'run.jsonl')
})
afterEach(() => rmSync(folder, { recursive: true, force: true }))

const start = () =>
  Recorder.start({
    path,
    cluster: 'c',
    strategy: 'leastload',
    clock: systemClock,
    log: (_level, line) => lines.push(line),
  })
let lines: string[] = []
beforeEach(() => {
  lines = []
})

const session = 'session' as SessionId
function submitted(from: number, count: number, label?: string): SchedulerEvent {
  const tasks = Array.from({ length: count }, (_, i) => ({
    id: taskId(session, from + i),
    client: session,
    body: undefined,
    ...(label === undefined ? {} : { label }),
  }))
  return { type: 'submit', tasks }
}

test('what waits for the disk is bounded: more is left out, counted, and then it goes on', async () => {
  const recorder = await start()
  // 80 MiB in one turn, in which nothing can be written.
  recorder.happening([submitted(0, 80, 'x'.repeat(2 ** 20))])
  await vi.waitUntil(() => statSync(path).size >= 60 * 2 ** 20, bounded)
  recorder.happening([submitted(80, 2)])
  await recorder.close(true)
  const { tasks, missing, isCut } = readTrace(readFileSync(path, 'utf8'))
  expect(isCut).toBe(false)
  expect(missing).toBeGreaterThan(0)
  expect(tasks.length + missing).toBe(82)
  expect(tasks.slice(-2).map(({ id }) => id)).toEqual(['session.80', 'session.81'])
  expect(lines).toEqual([])
})

test('lines are in the file soon, whether or not more follow', async () => {
  const recorder = await start()
  recorder.happening([submitted(0, 3)])
  await vi.waitUntil(() => readFileSync(path, 'utf8').includes('session.2'), bounded)
  expect(readTrace(readFileSync(path, 'utf8'))).toMatchObject({ isCut: true, tasks: [{}, {}, {}] })
  await recorder.close(true)
})

test('only its owner can read it', async () => {
  const recorder = await start()
  await recorder.close(true)
  expect((statSync(path).mode & 0o777).toString(8)).toBe('600')
})

test('a second task of an id leaves the first as it is', async () => {
  const recorder = await start()
  const id = taskId(session, 0)
  recorder.happening([submitted(0, 1), submitted(0, 1)])
  const fault = { code: 'YM_PROTOCOL', message: 'twice' } as const
  recorder.performing([{ type: 'refuse', request: 'submit', id, fault }])
  recorder.happened()
  await recorder.close(true)
  const { tasks } = readTrace(readFileSync(path, 'utf8'))
  expect(tasks).toEqual([expect.objectContaining({ id, attempts: [] })])
  expect(tasks[0]?.end).toBe(undefined)
})

test('what was refused for a limit stands there as refused, and counts when it is submitted again', async () => {
  const recorder = await start()
  recorder.happening([submitted(0, 1)])
  const fault = { code: 'YM_LIMIT', message: 'too much' } as const
  recorder.performing([{ type: 'refuse', request: 'submit', id: taskId(session, 0), fault }])
  recorder.happened()
  recorder.happening([submitted(0, 1)])
  await recorder.close(true)
  const text = readFileSync(path, 'utf8')
  expect(text).toMatch(/"status":"refused","code":"YM_LIMIT"/)
  expect(readTrace(text).tasks).toEqual([expect.objectContaining({ id: 'session.0', attempts: [] })])
})
