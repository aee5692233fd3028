import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import type { LocalClusterOptions } from '../../../cluster/cluster.ts'
import { MemoryStore } from '../../../cluster/stores/memory-store.ts'
import { currentTask } from '../../../cluster/task-context.ts'
import { WorkloadError } from '../../../core/errors.ts'
import { strategies } from '../../../scheduler/strategies/named.ts'
import { engines } from '../../../sim/lab/engine-spec.ts'
import { readWfFormat } from '../../../sim/lab/read/read-wfformat.ts'
import { readWorkload } from '../../../sim/lab/read/workload-formats.ts'
import { simulateWorkload } from '../../../sim/lab/simulate-workload.ts'
import { readRecording, workloadOfTrace } from '../../../sim/trace/read-recording.ts'
import { readTrace, type Trace } from '../../../sim/trace/read-trace.ts'
import { toPerfetto } from '../../../sim/trace/to-perfetto.ts'
import { toWfFormat } from '../../../sim/trace/to-wfformat.ts'
import type { AsyncResult } from '../../../views/async-result.ts'
import type { Client } from '../../../views/client.ts'
import { Cluster } from '../../../views/cluster.ts'

let folder: string
let path: string
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'yardmaster-trace-'))
  path = join(folder, 'run.jsonl')
})
afterEach(() => rmSync(folder, { recursive: true, force: true }))

const options = { engines: 2, engineKind: 'inline' } as const

/** What a cluster writes while the program runs. */
async function recorded(
  program: (client: Client, cluster: Cluster) => Promise<unknown>,
  more: LocalClusterOptions = {},
): Promise<Trace> {
  const cluster = await Cluster.start({ ...options, record: path, ...more })
  try {
    await program(await cluster.connect(), cluster)
  } finally {
    await cluster.stop()
  }
  return readTrace(readFileSync(path, 'utf8'), path)
}

const sleep = (ms: number) => new Promise<number>((resolve) => setTimeout(resolve, ms, ms))
/** What a task imports is another copy than that of these sources, which the engine in this process runs. */
const outside = globalThis as { currentTask?: typeof currentTask }
/** It has to heed the signal: an inline engine cannot be ended, and others wait behind it. */
const untilAborted = () =>
  new Promise<number>((_, reject) => {
    const { signal } = (globalThis as { currentTask?: typeof currentTask }).currentTask?.() ?? {}
    if (signal === undefined) throw new Error('there is no task')
    signal.addEventListener('abort', () => reject(new Error('aborted')))
  })
const settle = (result: AsyncResult<unknown>) => result.then(undefined, () => {})

test('each task stands there once, with its engine, its times and what it came after, as its client was told', async () => {
  const results: AsyncResult<unknown>[] = []
  let elapsedMs = 0
  const trace = await recorded(async (client) => {
    const view = client.loadBalancedView()
    const since = performance.now()
    const first = view.with({ label: 'the "first"\n' }).apply(sleep, 12)
    const second = view.apply(sleep, 25)
    const last = view.with({ after: [first, second], label: 'last' }).apply(sleep, 8)
    const quick = Array.from({ length: 200 }, (_, i) => view.apply((x: number) => x * 2, i))
    results.push(first, second, last, ...quick)
    await Promise.all(results)
    elapsedMs = performance.now() - since
  })
  expect(trace).toMatchObject({ cluster: 'default', strategy: 'leastload', isCut: false, missing: 0 })
  expect(trace.engines.map(({ engine, kind, concurrency }) => [engine, kind, concurrency])).toEqual([
    [0, 'inline', 1],
    [1, 'inline', 1],
  ])
  expect(trace.tasks.map(({ id }) => id)).toEqual(results.flatMap(({ ids }) => ids))
  results.forEach(({ metadata: [told] }, i) => {
    const task = trace.tasks[i] as Trace['tasks'][number]
    const [attempt, ...others] = task.attempts
    if (told === undefined || attempt === undefined) throw new Error(`task ${i} did not run`)
    expect(others).toEqual([])
    expect(attempt).toMatchObject({ engine: told.engineId, attempt: 1, outcome: 'succeeded', status: 'succeeded' })
    expect(attempt.ran).toBe(Math.round(told.durationMs * 1_000) || undefined)
    const { assigned, start = assigned, end } = attempt
    expect([task.at, assigned, start, end]).toEqual([task.at, assigned, start, end].sort((a, b) => a - b))
    // As long as it ran at least, and within the run.
    expect(end - task.at).toBeGreaterThanOrEqual((attempt.ran ?? 0) - 1)
    expect((end - task.at) / 1_000).toBeLessThanOrEqual(elapsedMs + 1)
    expect(task.end).toEqual({ at: end, status: 'succeeded' })
  })
  const [first, second, last] = trace.tasks
  expect([first?.label, second?.label, last?.label]).toEqual(['the "first"\n', undefined, 'last'])
  expect(last?.after).toEqual([{ ids: [first?.id, second?.id] }])
  expect(last?.attempts[0]?.assigned).toBeGreaterThanOrEqual(Math.max(first?.end?.at ?? 0, second?.end?.at ?? 0))
  expect(first?.attempts[0]?.ran).toBeGreaterThan(11_000)
  // An engine runs one at a time.
  for (const engine of [0, 1]) {
    const spans = trace.tasks.flatMap(({ attempts }) =>
      attempts.filter((one) => one.engine === engine && one.start !== undefined),
    )
    spans.sort((a, b) => (a.start as number) - (b.start as number))
    spans.forEach((span, i) => {
      expect(span.start).toBeGreaterThanOrEqual(spans[i - 1]?.end ?? 0)
    })
  }
})

test('what fails, is retried, aborted, impossible or refused stands there as it ended', async () => {
  const ids: Record<string, string> = {}
  const trace = await recorded(
    async (client) => {
      const view = client.loadBalancedView()
      const failing = view.with({ retries: 2 }).apply(() => {
        throw new RangeError('no')
      })
      const impossible = view.with({ after: failing }).apply(sleep, 1)
      const afterFailure = view.apply(sleep, 30)
      outside.currentTask = currentTask
      const aborted = view.apply(untilAborted)
      // It has begun, and would have failed if it did not know its task. Nothing is awaited before: it may lie behind this one.
      await expect.poll(() => aborted.status).toBe('running')
      aborted.abort()
      await settle(failing)
      const direct = client.directView(1).apply(() => 1)
      const all = { failing, impossible, afterFailure, aborted, direct }
      for (const [name, result] of Object.entries(all)) {
        ids[name] = result.ids[0] as string
        await settle(result as AsyncResult<unknown>)
      }
      const resubmitted = client.resubmit(failing.ids[0] as string)
      await settle(resubmitted)
      ids.resubmitted = resubmitted.ids[0] as string
    },
    { abortGraceMs: 10 },
  )
  const at = (name: string) => trace.tasks.find(({ id }) => id === ids[name]) as Trace['tasks'][number]
  expect(at('failing').attempts.map(({ attempt, outcome, status }) => [attempt, outcome, status])).toEqual([
    [1, 'failed', undefined],
    [2, 'failed', undefined],
    [3, 'failed', 'failed'],
  ])
  expect(at('impossible')).toMatchObject({
    attempts: [],
    end: { status: 'impossible', code: 'YM_IMPOSSIBLE_DEPENDENCY' },
  })
  expect(at('aborted')).toMatchObject({ end: { status: 'aborted' } })
  expect(at('direct')).toMatchObject({ direct: true, attempts: [{ engine: 1, status: 'succeeded' }] })
  expect(at('resubmitted').attempts.length).toBe(3)
  expect(trace.tasks.length).toBe(6)
})

test('an engine that is lost takes its attempts with it, and they are told of', async () => {
  let lost: string | undefined
  const trace = await recorded(async (client, cluster) => {
    const begun = join(folder, 'begun')
    const result = client.loadBalancedView().apply((mark: string) => {
      if (existsSync(mark)) return
      writeFileSync(mark, '')
      // The first attempt waits for what never comes.
      return new Promise<void>(() => {})
    }, begun)
    lost = result.ids[0]
    await expect.poll(() => existsSync(begun) && result.status).toBe('running')
    const engine = (await client.queueStatus()).engines.find(({ load }) => load > 0)
    await client.shutdown({ engines: [engine?.id ?? 0] })
    await result
    expect(cluster.engines.length).toBeGreaterThan(0)
  })
  const task = trace.tasks.find(({ id }) => id === lost)
  expect(task?.attempts.map(({ outcome }) => outcome)).toEqual(['lost', 'succeeded'])
  expect(task?.attempts[0]?.engine).not.toBe(task?.attempts[1]?.engine)
})

test('a change of strategy is told of, and nothing is written where nobody asked', async () => {
  await recorded(async (client, cluster) => {
    cluster.setStrategy('lru')
    await client.loadBalancedView().apply(sleep, 1)
  })
  expect(readFileSync(path, 'utf8')).toMatch(/\{"type":"strategy","at":\d+,"strategy":"lru"\}/)
  // Other tests write beside this one where it runs, but no recordings.
  const recordings = (place: string) => readdirSync(place).filter((name) => name.includes('.jsonl'))
  const listed = () => [folder, process.cwd()].map((place) => recordings(place).sort())
  const before = listed()
  const cluster = await Cluster.start(options)
  await (await cluster.connect()).loadBalancedView().apply(sleep, 1)
  await cluster.stop()
  expect(listed()).toEqual(before)
})

test('a file that is there is not touched, and one of a cluster that does not start is taken away', async () => {
  writeFileSync(path, 'mine')
  await expect(Cluster.start({ ...options, record: path })).rejects.toMatchObject({
    code: 'YM_CONFIGURATION',
    message: expect.stringContaining(`record: ${path} cannot be written: it is there already`),
  })
  expect(readFileSync(path, 'utf8')).toBe('mine')
  const other = join(folder, 'other.jsonl')
  await expect(Cluster.start({ ...options, record: other, strategy: 'none' })).rejects.toThrow('no strategy')
  await expect(Cluster.start({ ...options, record: other, addresses: ['memory:'] })).rejects.toThrow()
  expect(existsSync(other)).toBe(false)
  await expect(Cluster.start({ ...options, record: join(folder, 'no', 'such.jsonl') })).rejects.toMatchObject({
    code: 'YM_CONFIGURATION',
  })
})

test('a controller that fails does not say that it was stopped', async () => {
  const store = new MemoryStore()
  const cluster = await Cluster.start({ ...options, record: path, store })
  const client = await cluster.connect()
  await client.loadBalancedView().apply(sleep, 1)
  vi.spyOn(store, 'write').mockRejectedValue(new Error('the disk is full'))
  client
    .loadBalancedView()
    .apply(sleep, 1)
    .then(undefined, () => {})
  await expect(cluster.stopped).rejects.toMatchObject({ code: 'YM_STORE' })
  await cluster.stop().catch(() => {})
  expect(readTrace(readFileSync(path, 'utf8'))).toMatchObject({
    isCut: true,
    tasks: [{ end: { status: 'succeeded' } }, {}],
  })
})

/** A run of a small graph. */
function graphRun(): Promise<Trace> {
  return recorded(async (client) => {
    const view = client.loadBalancedView()
    const roots = [3, 6, 9].map((ms) => view.with({ label: `root ${ms}` }).apply(sleep, ms))
    const middle = roots.map((root) => view.with({ after: root }).apply(sleep, 4))
    await view.with({ after: middle, label: 'join' }).apply(sleep, 2)
  })
}

test('a recording is a workload, which runs under every strategy', async () => {
  const trace = await graphRun()
  const workload = readWorkload(readFileSync(path, 'utf8'), path)
  expect(workload).toEqual(readRecording(readFileSync(path, 'utf8')))
  expect(workload.size).toBe(7)
  expect([...workload.durationMs]).toEqual(trace.tasks.map(({ attempts }) => (attempts[0]?.ran ?? 0) / 1_000))
  expect([...workload.arrivalMs]).toEqual(trace.tasks.map(({ at }) => (at - (trace.tasks[0]?.at ?? 0)) / 1_000))
  for (const strategy of Object.keys(strategies)) {
    const { startMs, endMs } = simulateWorkload(workload, { engines: engines(2), strategy, information: 'exact' })
    for (const place of [0, 1, 2]) expect(startMs[3 + place]).toBeGreaterThanOrEqual(endMs[place] as number)
    expect(startMs[6]).toBe(Math.max(...endMs.subarray(3, 6)))
  }
})

test('by way of WfFormat it is the same workload, but for the times of submission', async () => {
  const trace = await graphRun()
  const instance = toWfFormat(trace)
  const back = readWfFormat(JSON.stringify(instance))
  const { durationMs, cores, data } = workloadOfTrace(trace)
  expect(back.cores).toEqual(cores)
  expect(back.data).toEqual(data)
  back.durationMs.forEach((ms, place) => {
    expect(ms).toBeCloseTo(durationMs[place] as number, 9)
  })
  expect(instance).toMatchObject({
    schemaVersion: '1.5',
    workflow: {
      specification: { tasks: expect.arrayContaining([expect.objectContaining({ name: 'join', children: [] })]) },
      execution: { machines: [{ nodeName: 'engine-0' }, { nodeName: 'engine-1' }] },
    },
  })
  expect(() => toWfFormat({ ...trace, tasks: [] })).toThrow(WorkloadError)
})

test('as a trace for Perfetto it has a slice for each attempt, an arrow for each dependency, and rows without overlap', async () => {
  const trace = await graphRun()
  const { traceEvents } = JSON.parse(JSON.stringify(toPerfetto(trace))) as { traceEvents: Record<string, unknown>[] }
  const phases = (ph: string) => traceEvents.filter((event) => event.ph === ph)
  for (const event of traceEvents) {
    expect(event).toMatchObject({
      ph: expect.stringMatching(/^[XMsfC]$/),
      name: expect.any(String),
      pid: expect.any(Number),
    })
    if (event.ph !== 'M') expect(event.ts).toBeGreaterThanOrEqual(0)
  }
  expect(phases('M').map(({ args }) => (args as { name: string }).name)).toEqual([
    'cluster default',
    // They join in whichever order.
    expect.stringMatching(/^engine 0 \(inline-[01], pid /),
    expect.stringMatching(/^engine 1 \(inline-[01], pid /),
  ])
  expect(
    phases('X')
      .map(({ name }) => name)
      .sort(),
  ).toEqual(trace.tasks.map(({ id, label }) => label ?? id).sort())
  expect([phases('s').length, phases('f').length]).toEqual([6, 6])
  for (const { id, pid, tid, ts } of phases('s')) {
    const end = phases('f').find((event) => event.id === id)
    expect(end?.ts).toBeGreaterThanOrEqual(ts as number)
    const around = (at: unknown, of: Record<string, unknown>) =>
      phases('X').some(
        (slice) =>
          slice.pid === of.pid &&
          slice.tid === of.tid &&
          (slice.ts as number) <= (at as number) &&
          (at as number) <= (slice.ts as number) + (slice.dur as number),
      )
    expect(around(ts, { pid, tid })).toBe(true)
    expect(around(end?.ts, end as Record<string, unknown>)).toBe(true)
  }
  const rows = new Map<string, number>()
  for (const { pid, tid, ts, dur } of phases('X')) {
    expect(ts).toBeGreaterThanOrEqual(rows.get(`${pid}/${tid}`) ?? 0)
    rows.set(`${pid}/${tid}`, (ts as number) + (dur as number))
  }
  // What waits and runs comes back to nothing.
  for (const name of ['live tasks', 'running']) {
    const last = phases('C').findLast((event) => event.name === name)
    expect(last?.args).toEqual({ count: 0 })
  }
})

describe('a file is read as far as it goes', () => {
  const head = '{"type":"trace","version":1,"cluster":"c","startedAt":"2026-01-01T00:00:00.000Z","strategy":"lru"}'
  const task = '{"type":"task","id":"s.0","at":5,"bytes":1}'
  const attempt =
    '{"type":"attempt","id":"s.0","attempt":1,"engine":0,"assigned":6,"start":7,"end":9,"ran":2,"outcome":"succeeded","status":"succeeded"}'
  const file = (...lines: string[]) => lines.map((line) => `${line}\n`).join('')

  test('a last line that was cut off is passed over, wherever that was', () => {
    const whole = file(head, task, attempt)
    for (let length = file(head).length; length <= whole.length; length += 1) {
      const { tasks, isCut } = readTrace(whole.slice(0, length))
      expect(isCut).toBe(true)
      expect(tasks.length).toBe(length < file(head, task).length ? 0 : 1)
      expect(tasks[0]?.attempts.length ?? 0).toBe(length < whole.length ? 0 : 1)
    }
  })

  test('what was refused may be submitted again, and counts from then on', () => {
    const refused = '{"type":"end","id":"s.0","at":6,"status":"refused","code":"YM_LIMIT"}'
    const { tasks } = readTrace(file(head, task, refused, task.replace('5', '7'), attempt))
    expect(tasks).toMatchObject([{ id: 's.0', at: 7, end: { status: 'succeeded' } }])
  })

  test('where lines are missing, what they would have told is', () => {
    const trace = readTrace(file(head, '{"type":"gap","at":5,"lines":3}', attempt, '{"type":"stop","at":9}'))
    expect(trace).toMatchObject({ missing: 3, tasks: [], isCut: false })
  })

  test.for([
    ['', 'my.jsonl: must begin with a line of type trace, and has no line'],
    [file(task), 'my.jsonl: line 1 is of type task: the first, and no other, must be of type trace'],
    [file(head, head), 'my.jsonl: line 2 is of type trace: the first, and no other, must be of type trace'],
    [file(head.replace('"version":1', '"version":9')), 'my.jsonl: line 1 is of version 9; this reads version 1'],
    [file(head, '{"type'), 'my.jsonl: line 2 is no JSON: '],
    [file(head, '{"type":"tsk"}'), 'my.jsonl: line 2 must have a type, one of trace, engine, '],
    [file(head, '[]'), 'my.jsonl: line 2 must have a type, one of trace, engine, '],
    [file(head, task.replace('5', '-5')), 'my.jsonl: line 2 of type task: at must be >= 0'],
    [file(head, task, task), 'my.jsonl: line 3 tells of task s.0 for the second time'],
    [file(head, attempt), 'my.jsonl: line 2 names task s.0, of which no line tells'],
  ] as const)('what is wrong is named: %#', ([text, message]) => {
    expect(() => readTrace(text, 'my.jsonl')).toThrow(
      expect.objectContaining({ code: 'YM_WORKLOAD', message: expect.stringContaining(message) }),
    )
  })

  test('the attempt that succeeded counts, the first of several that was enough, and nothing that did not run', () => {
    const lines = [
      head,
      task,
      '{"type":"task","id":"s.1","at":5,"bytes":1}',
      '{"type":"task","id":"s.2","at":6,"bytes":1,"after":[{"ids":["s.0","s.1"],"all":false}],"cores":2}',
      '{"type":"task","id":"s.3","at":7,"bytes":1,"after":[{"ids":["s.4x","s.2"]}],"follow":[{"ids":["s.0"]}]}',
      '{"type":"attempt","id":"s.1","attempt":1,"engine":0,"assigned":6,"end":8,"outcome":"lost"}',
      '{"type":"attempt","id":"s.1","attempt":2,"engine":0,"assigned":8,"start":9,"end":10,"ran":1,"outcome":"succeeded","status":"succeeded"}',
      '{"type":"attempt","id":"s.0","attempt":1,"engine":0,"assigned":8,"start":10,"end":15,"ran":5,"outcome":"failed","status":"failed"}',
      '{"type":"attempt","id":"s.2","attempt":1,"engine":0,"assigned":8,"start":16,"end":23,"ran":7,"outcome":"succeeded","status":"succeeded"}',
      '{"type":"end","id":"s.3","at":24,"status":"aborted"}',
    ]
    const { size, durationMs, cores, arrivalMs, data } = readRecording(file(...lines))
    expect([size, [...durationMs], [...cores], [...arrivalMs]]).toEqual([
      3,
      [0.005, 0.001, 0.007],
      [1, 1, 2],
      [0, 0, 0.001],
    ])
    expect([...(data?.producer ?? [])]).toEqual([1])
  })
})
