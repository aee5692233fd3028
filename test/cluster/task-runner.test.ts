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
  readonly direct?: true
}

function setUp(clock = new VirtualClock(), concurrency = 1) {
  const claims = newClaimTable(64, false)
  const said: ExecutorToEngine[] = []
  const state = { isCrowded: false }
  const runner = new TaskRunner({
    claims,
    concurrency,
    engine: 0,
    capacity: { shared: false, bytesMax: 100_000, batchBytesMax: 100_000 },
    clock,
    ownsThread: false,
    send: (message) => said.push(message),
    isCrowded: () => state.isCrowded,
  })
  let sequence = 0
  const sent = new Set<string>()
  const results = () => said.flatMap((message) => (message.type === 'done' ? message.results : []))
  return {
    clock,
    claims,
    runner,
    said,
    state,
    results,
    run(...wanted: Wanted[]) {
      const shipped = wanted.map(({ fn }) => shipFunction(fn))
      const tasks = wanted.map(({ args = [], attempt = 1, call = 'once' as const, direct }, i) => {
        sequence += 1
        claims.queue(sequence)
        const hash = shipped[i]?.hash as (typeof shipped)[number]['hash']
        const payload = encodeValue(args)
        const task = { sequence, id: `t${sequence}` as TaskId, attempt, function: hash, call, args: payload }
        return direct ? { ...task, direct } : task
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
const outside = globalThis as {
  resultsSent?: () => number
  currentTask?: typeof currentTask
  journal?: unknown[]
  hasRoom?: (hasRoom: boolean) => void
}

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

const note = (what: unknown) => (globalThis as { journal?: unknown[] }).journal?.push(what)

it.for(['direct', 'load-balanced'])(
  'direct and load-balanced tasks take turns while both wait: a flood of %s ones holds up no other',
  async (flood) => {
    const { run, ended } = setUp()
    outside.journal = []
    const many = Array.from({ length: 20 }, (_, i) => ({ fn: note, args: [i] }))
    const few = ['a', 'b', 'c'].map((name) => ({ fn: note, args: [name] }))
    const marked = (tasks: Wanted[]) => tasks.map((task) => ({ ...task, direct: true as const }))
    run(...(flood === 'direct' ? [...marked(many), ...few] : [...many, ...marked(few)]))
    await ended(23)
    const journal = outside.journal
    expect(journal.filter((entry) => typeof entry === 'number')).toEqual(many.map(({ args }) => args[0]))
    expect(journal.filter((entry) => typeof entry === 'string')).toEqual(['a', 'b', 'c'])
    // Each of the few waits for one of the many at most, once they are all there.
    expect(['a', 'b', 'c'].map((name) => journal.indexOf(name))).toEqual(flood === 'direct' ? [0, 2, 4] : [1, 3, 5])
  },
)

it('a direct task begins when the one before it has ended, however many others run', async () => {
  const { run, ended } = setUp(new VirtualClock(), 3)
  outside.journal = []
  const slowly = async (name: string) => {
    const { journal } = globalThis as { journal?: unknown[] }
    journal?.push(`${name} begins`)
    await new Promise((resolve) => setImmediate(resolve))
    journal?.push(`${name} ends`)
    if (name === 'd2') throw new Error('a direct task that fails has ended too')
  }
  const names = ['d1', 'd2', 'd3', 'b1', 'b2', 'b3']
  run(...names.map((name) => ({ fn: slowly, args: [name], ...(name.startsWith('d') && { direct: true as const }) })))
  await ended(6)
  const of = (kind: string) => outside.journal?.filter((entry) => String(entry).startsWith(kind))
  expect(of('d')).toEqual(['d1 begins', 'd1 ends', 'd2 begins', 'd2 ends', 'd3 begins', 'd3 ends'])
  expect(of('b')?.slice(0, 2)).toEqual(['b1 begins', 'b2 begins'])
})

it('values are left out while too much is on its way, and counted', async () => {
  const { run, ended, said, state } = setUp()
  outside.currentTask = currentTask
  outside.hasRoom = (hasRoom) => {
    state.isCrowded = !hasRoom
  }
  const emitting = (count: number) => {
    const { currentTask: current, hasRoom } = globalThis as typeof outside
    hasRoom?.(false)
    for (let i = 0; i < count; i += 1) current?.().emit(i)
    hasRoom?.(true)
    current?.().emit('last')
    current?.().progress(1)
  }
  run({ fn: emitting, args: [5] })
  expect(await ended(1)).toMatchObject([{ outcome: 'succeeded', emitsDropped: 5 }])
  const news = said.flatMap((message) => (message.type === 'news' ? message.news.map(({ kind }) => kind) : []))
  expect(news).toEqual(['emit', 'progress'])
  run({ fn: emitting, args: [0] })
  expect((await ended(2))[1]).not.toHaveProperty('emitsDropped')
})
