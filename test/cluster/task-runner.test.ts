import { expect, it } from 'vitest'
import { newClaimTable } from '../../cluster/executors/claims.ts'
import { TaskRunner } from '../../cluster/executors/task-runner.ts'
import { currentTask } from '../../cluster/task-context.ts'
import type { TaskId } from '../../core/ids.ts'
import type { EachResult, ExecutorToEngine, ThrownByTask } from '../../core/messages.ts'
import { decodeValue, encodeValue, type Payload } from '../../core/payload.ts'
import { VirtualClock } from '../../testing/virtual-clock.ts'
import { task } from '../../views/functions/module-task.ts'
import { type Shippable, shipFunction } from '../../views/functions/ship-function.ts'

interface Wanted {
  readonly fn: Shippable
  readonly args?: unknown[]
  readonly attempt?: number
  readonly call?: 'each'
}

function setUp(clock = new VirtualClock()) {
  const claims = newClaimTable(64, false)
  const said: ExecutorToEngine[] = []
  const runner = new TaskRunner({
    claims,
    concurrency: 1,
    engine: 0,
    capacity: { shared: false, bytesMax: 100_000, batchBytesMax: 100_000 },
    clock,
    send: (message) => said.push(message),
  })
  let sequence = 0
  const sent = new Set<string>()
  const results = () => said.flatMap((message) => (message.type === 'done' ? message.results : []))
  return {
    clock,
    claims,
    runner,
    said,
    results,
    run(...wanted: Wanted[]) {
      const shipped = wanted.map(({ fn }) => shipFunction(fn))
      const tasks = wanted.map(({ args = [], attempt = 1, call = 'once' as const }, i) => {
        sequence += 1
        claims.queue(sequence)
        const hash = shipped[i]?.hash as (typeof shipped)[number]['hash']
        const payload = encodeValue(args)
        return { sequence, id: `t${sequence}` as TaskId, attempt, function: hash, call, args: payload }
      })
      const functions = shipped.filter(({ hash }) => !sent.has(hash) && sent.add(hash))
      runner.receive({ type: 'run', tasks, functions })
    },
    async ended(count: number) {
      while (results().length < count) await new Promise((resolve) => setImmediate(resolve))
      return results()
    },
  }
}

const outputOf = (result: { output?: Payload } | undefined) => result?.output && decodeValue(result.output)

/** What the tasks in here see of the world outside: they run in this thread. */
const outside = globalThis as { resultsSent?: () => number; currentTask?: typeof currentTask }

it('results leave before a task begins that may take long: a new one, or one that ended an executor', async () => {
  const { run, results, ended } = setUp()
  outside.resultsSent = () => results().length
  const quick = (x: number) => x
  const look = () => (globalThis as { resultsSent?: () => number }).resultsSent?.()
  run({ fn: quick, args: [1] }, { fn: quick, args: [2] }, { fn: look })
  await ended(3)
  const seen = () => results().map(({ output }) => output && Buffer.from(output.frames[0] ?? []).toString('hex'))
  const of = (value: unknown) => Buffer.from(encodeValue(value).frames[0] ?? []).toString('hex')
  expect(seen()).toEqual([of(1), of(2), of(2)])
  // Known by now, and quick: it may share a message with what went before; but not a second attempt.
  run({ fn: look }, { fn: quick, args: [1] }, { fn: look }, { fn: look, attempt: 2 })
  await ended(7)
  expect(seen().slice(3)).toEqual([of(3), of(1), of(3), of(6)])
})

it('modules that never load fail their task, and hold up no other for good', async () => {
  const { run, clock, claims, ended } = setUp()
  run({ fn: task(new URL('../system/programs/never-loads.mjs', import.meta.url), 'work') }, { fn: () => 2 })
  expect([claims.hasBegun(1), claims.calledAt(1), claims.hasBegun(2)]).toEqual([true, Number.NaN, false])
  await new Promise((resolve) => setImmediate(resolve))
  clock.advance(60_000)
  expect((await ended(2)).map(({ outcome }) => outcome)).toEqual(['failed', 'succeeded'])
})

it('a task that was aborted while its modules were loaded is not called', async () => {
  const { run, runner, ended } = setUp()
  run({ fn: () => 1 })
  runner.receive({ type: 'signal', sequences: [1] })
  expect(await ended(1)).toMatchObject([{ outcome: 'aborted', durationMs: 0 }])
})

it('a result that cannot be carried fails its item, and no other of the chunk', async () => {
  const { run, ended } = setUp()
  const make = (kind: string) => {
    if (kind === 'function') return () => 1
    if (kind === 'large') return new Uint8Array(200_000)
    if (kind === 'shared') return new Uint8Array(new SharedArrayBuffer(8_192))
    if (kind === 'thrower') throw Object.create(null)
    return kind
  }
  run({ fn: make, call: 'each', args: ['fine', 'function', 'large', 'shared', 'thrower', 'good'] })
  const [result] = await ended(1)
  expect(result?.outcome).toBe('failed')
  const { values, errors } = outputOf(result) as EachResult
  expect(values).toEqual(['fine', undefined, undefined, undefined, undefined, 'good'])
  expect(errors.map(([item, { name }]) => [item, name])).toEqual([
    [1, 'CloneError'],
    [2, 'MessageTooLargeError'],
    [3, 'CloneError'],
    [4, 'Thrown'],
  ])
})

it('whatever is thrown, however large, the task fails with it', async () => {
  const { run, ended } = setUp()
  const thrower = async (kind: string) => {
    await null
    if (kind === 'bare') throw Object.create(null)
    if (kind === 'shared') throw Object.assign(new Error('shares'), { memory: new SharedArrayBuffer(8_192) })
    throw new RangeError('long '.repeat(100_000))
  }
  run({ fn: thrower, args: ['bare'] }, { fn: thrower, args: ['shared'] }, { fn: thrower, args: ['long'] })
  const results = await ended(3)
  expect(results.map(({ outcome }) => outcome)).toEqual(['failed', 'failed', 'failed'])
  const thrown = results.map((result) => outputOf(result) as ThrownByTask)
  expect(thrown).toMatchObject([
    { name: 'Thrown' },
    { name: 'Error', message: 'shares' },
    { name: 'RangeError', message: expect.stringMatching(/^(long )+$/) },
  ])
})

it('a chunk moves on where one of its items finds that this engine cannot take it', async () => {
  const { run, ended } = setUp()
  const refuse = (x: number) => {
    if (x === 2) throw Object.assign(new Error('not here'), { code: 'YM_UNMET_DEPENDENCY' })
    return x
  }
  const later = async (x: number) => {
    await null
    if (x === 2) throw Object.assign(new Error('not here'), { code: 'YM_UNMET_DEPENDENCY' })
    return x
  }
  run({ fn: refuse, call: 'each', args: [1, 2, 3] }, { fn: later, call: 'each', args: [1, 2, 3] })
  expect((await ended(2)).map(({ outcome }) => outcome)).toEqual(['unmet', 'unmet'])
})

it('a progress that is no number is not told, and ends nothing', async () => {
  const { run, said, ended } = setUp()
  outside.currentTask = currentTask
  const tell = () => {
    const task = (globalThis as { currentTask?: typeof currentTask }).currentTask?.()
    task?.progress(0 / 0)
    task?.progress(1, 1 / 0)
    return 'told'
  }
  run({ fn: tell })
  expect((await ended(1)).map(outputOf)).toEqual(['told'])
  expect(said.filter(({ type }) => type === 'news')).toMatchObject([{ news: [{ done: 1 }] }])
})
