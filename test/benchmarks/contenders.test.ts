import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { readdirSync, readFileSync } from 'node:fs'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { expect, test } from 'vitest'
import { type ContenderName, contenderNames } from '../../benchmarks/peers/contenders.ts'
import type { Job } from '../../benchmarks/peers/job.ts'
import { scaled } from '../scale.ts'

const built = '../../dist/benchmarks/peers/contenders.js'
const { openContenders } = (await import(
  new URL(built, import.meta.url).href
)) as typeof import('../../benchmarks/peers/contenders.ts')

/** What each does; what it does not do it says. */
const jobs: readonly Job[] = [
  { work: 'nothing', count: 10, window: 1 },
  { work: 'nothing', count: 10, window: 10 },
  { work: 'nothing', count: 10, window: 3 },
  { work: 'sleep', ms: [1, 2], count: 4, window: 4 },
  { work: 'sleep', ms: [1, 2], count: 4, window: 4, isMap: true },
  { work: 'compute', ms: [1], count: 4, window: 4 },
  { work: 'increment', count: 20, window: 20, isMap: true },
  { work: 'back', bytes: 100_000, count: 4, window: 2 },
  { work: 'take', bytes: 100_000, count: 4, window: 2 },
  { work: 'give', bytes: 100_000, count: 4, window: 2 },
  { work: 'back', bytes: 100_000, count: 4, window: 2, how: 'transferred' },
  { work: 'back', bytes: 100_000, count: 4, window: 2, how: 'shared' },
]
const [, , , sleeps, sleepMap, computes, increments, , takes, gives, transferred, shared] = jobs
const refused: Partial<Record<ContenderName, readonly (Job | undefined)[]>> = {
  poolifier: [transferred],
  'bare threads': [increments, takes, gives],
  'Yardmaster, ZeroMQ': [transferred, shared],
  'Yardmaster, WebSocket': [transferred, shared],
  'Yardmaster, ZeroMQ, client beside controller': [transferred, shared],
  'Yardmaster, WebSocket, client beside controller': [transferred, shared],
  ipyparallel: [computes, transferred, shared],
  dask: [computes, transferred, shared],
  'ZeroMQ, raw': [sleeps, sleepMap, computes, increments, takes, gives, transferred, shared],
  'WebSocket, raw': [sleeps, sleepMap, computes, increments, takes, gives, transferred, shared],
}

// Two stand for all in `npm test`. The pools of Python take long to start, and longer on a busy machine.
test.for(scaled<readonly ContenderName[]>(contenderNames, ['Yardmaster, ZeroMQ', 'bare threads']))(
  '%s does every job that it does not refuse',
  { timeout: 180_000 },
  async (name, { skip }) => {
    const contenders = await openContenders([name], 2)
    // Only what Python does may be absent.
    if (contenders.names.length === 0 && /^(ipyparallel|dask)$/.test(name)) skip(contenders.notes[0])
    expect(contenders.notes).toEqual([])
    try {
      for (const job of jobs) {
        const done = await contenders.run(name, job)
        expect([job, done === undefined]).toEqual([job, refused[name]?.includes(job) ?? false])
        if (done === undefined) continue
        expect(done.seconds).toBeGreaterThan(0)
        const isTimed = job.work === 'nothing' && job.window === 1
        expect(done.timesUs ?? []).toHaveLength(isTimed ? job.count : 0)
      }
    } finally {
      await contenders.close()
    }
  },
)

const programs = ['yardmaster-main.js 2 websocket', 'piscina-main.js 2', 'bare-link-main.js 2 zeromq']

test.for(programs.flatMap((line) => [[line, 'whoever asks is gone'] as const, [line, 'it is killed'] as const]))(
  '%s ends, and all that it started, when %s',
  async ([line, how]) => {
    const [file = '', ...args] = line.split(' ')
    const program = fileURLToPath(new URL(`../../dist/benchmarks/peers/${file}`, import.meta.url))
    const mark = `benchmark-test-${process.pid}-${Date.now()}`
    const env = { ...process.env, YARDMASTER_TEST_MARK: mark }
    const child = spawn(process.execPath, [program, ...args], { stdio: ['pipe', 'pipe', 'inherit'], env })
    try {
      await once(createInterface(child.stdout), 'line')
      expect(marked(mark)).toBeGreaterThan(0)
      if (how === 'it is killed') child.kill('SIGKILL')
      else child.stdin.destroy()
      await expect.poll(() => marked(mark)).toBe(0)
    } finally {
      child.kill('SIGKILL')
    }
  },
)

/** How many processes have inherited the mark. */
function marked(mark: string): number {
  return readdirSync('/proc').filter((entry) => /^\d+$/.test(entry) && environmentOf(entry).includes(mark)).length
}

function environmentOf(pid: string): string {
  try {
    return readFileSync(`/proc/${pid}/environ`, 'utf8')
  } catch {
    return ''
  }
}
