/** Results of every kind, and what is expected of each. */
import { expect } from 'vitest'
import { type AsyncResult, type Client, node } from 'yardmaster'

export type Result = AsyncResult<unknown>

export interface Expected {
  readonly status: Result['status']
  /** What awaiting gives, or the code of the error it rejects with. */
  readonly outcome: unknown
  /** What iterating gives before its end; `sorted` where the order is not promised. Default: the outcome itself. */
  readonly items?: readonly unknown[]
  readonly sorted?: boolean
  /** The code that iterating ends with. Default: as the outcome. */
  readonly itemsEnd?: string | undefined
  readonly progress: Result['progress']
  /** Of the tasks, in the order of `ids`; `many` where the number of tasks is not promised. */
  readonly tasks: readonly Result['status'][] | 'many'
}

interface Case {
  readonly name: string
  /** Behind a function where it takes time: a result in a promise would be awaited. */
  make(client: Client): Result | Promise<() => Result>
  readonly expected: Expected
}

/** An error, by its code where it has one, else by its message. */
export class Failure {
  readonly code: string
  constructor(code: string) {
    this.code = code
  }
}

const square = (x: number) => x * x
const add = (a: number, b: number) => a + b
export const noOdd = (x: number) => {
  if (x % 2 === 1) throw new RangeError(`${x} is odd`)
  return x
}
export const sleep = (ms: number) => new Promise<string>((resolve) => setTimeout(resolve, ms, 'slept'))
export const nested = () => {
  throw new Error('outer', { cause: new TypeError('inner', { cause: 'the core' }) })
}

const one = { done: 1, total: 1 }
const of = (count: number) => ({ done: count, total: count })
export const range = Array.from({ length: 8 }, (_, i) => i)
const squares = range.map(square)
const oddInPlace = (x: number) => (x % 2 === 1 ? new Failure('YM_REMOTE') : x)

/** A task that has begun, and sleeps. */
export async function begun(client: Client): Promise<() => AsyncResult<string>> {
  const result = client.loadBalancedView().apply(sleep, 60_000)
  await expect.poll(async () => (await client.query({ ids: result }))[0]?.state).toBe('running')
  return () => result
}

export const resultCases: readonly Case[] = [
  {
    name: 'one result',
    make: (client) => client.loadBalancedView().apply(add, 1, 2),
    expected: { status: 'succeeded', outcome: 3, items: [3], progress: one, tasks: ['succeeded'] },
  },
  {
    name: 'nothing as a result',
    make: (client) => client.loadBalancedView().apply(() => {}),
    expected: { status: 'succeeded', outcome: undefined, items: [undefined], progress: one, tasks: ['succeeded'] },
  },
  {
    name: 'a generator',
    make: (client) =>
      client.loadBalancedView().apply(function* (n: number) {
        for (let i = 0; i < n; i += 1) yield i * 10
      }, 3),
    expected: { status: 'succeeded', outcome: [0, 10, 20], progress: one, tasks: ['succeeded'] },
  },
  {
    name: 'a map in chunks',
    make: (client) => client.loadBalancedView().with({ chunk: 3 }).map(square, range),
    expected: {
      status: 'succeeded',
      outcome: squares,
      progress: of(8),
      tasks: ['succeeded', 'succeeded', 'succeeded'],
    },
  },
  {
    name: 'a map as it completes',
    make: (client) => client.loadBalancedView().with({ ordered: false, chunk: 1 }).map(square, range),
    expected: {
      status: 'succeeded',
      outcome: squares,
      sorted: true,
      progress: of(8),
      tasks: range.map(() => 'succeeded'),
    },
  },
  {
    name: 'a map of a stream',
    make: (client) =>
      client.loadBalancedView().map(
        square,
        (async function* () {
          yield* range
        })(),
      ),
    expected: { status: 'succeeded', outcome: squares, progress: of(8), tasks: 'many' },
  },
  {
    name: 'a map of nothing',
    make: (client) => client.loadBalancedView().map(square, []),
    expected: { status: 'succeeded', outcome: [], progress: of(0), tasks: [] },
  },
  {
    name: 'a map over named engines',
    make: (client) => client.directView([0, 1]).map(square, range),
    expected: { status: 'succeeded', outcome: squares, progress: of(8), tasks: ['succeeded', 'succeeded'] },
  },
  {
    name: 'a map in which one item fails',
    make: (client) => client.loadBalancedView().with({ chunk: 2 }).map(noOdd, [0, 2, 4, 5]),
    expected: {
      status: 'failed',
      outcome: new Failure('YM_REMOTE'),
      items: [0, 2, 4],
      progress: of(4),
      tasks: ['succeeded', 'failed'],
    },
  },
  {
    name: 'a map in which several items fail',
    make: (client) => client.loadBalancedView().with({ chunk: 2 }).map(noOdd, [0, 2, 3, 5]),
    expected: {
      status: 'failed',
      outcome: new Failure('YM_COMPOSITE'),
      items: [0, 2],
      itemsEnd: 'YM_REMOTE',
      progress: of(4),
      tasks: ['succeeded', 'failed'],
    },
  },
  {
    name: 'a map with errors in place',
    make: (client) => client.loadBalancedView().with({ chunk: 3, returnExceptions: true }).map(noOdd, range),
    expected: {
      status: 'failed',
      outcome: range.map(oddInPlace),
      progress: of(8),
      tasks: ['failed', 'failed', 'failed'],
    },
  },
  {
    name: 'a map whose input fails',
    make: (client) =>
      client.loadBalancedView().map(
        square,
        (function* () {
          yield 2
          throw new Error('end of tape')
        })(),
      ),
    expected: {
      status: 'failed',
      outcome: new Failure('end of tape'),
      items: [4],
      progress: of(1),
      tasks: ['succeeded'],
    },
  },
  {
    name: 'several results, by id',
    make: async (client) => {
      const lview = client.loadBalancedView()
      const results = [lview.apply(add, 1, 2), lview.apply(add, 3, 4)]
      await client.wait(results)
      return () => client.getResult(results)
    },
    expected: { status: 'succeeded', outcome: [3, 7], progress: of(2), tasks: ['succeeded', 'succeeded'] },
  },
  {
    name: 'a map, by id, once and again',
    make: async (client) => {
      const map = client.loadBalancedView().with({ chunk: 3 }).map(square, range)
      return () => client.getResult([map, map.ids[2] as string])
    },
    expected: {
      status: 'succeeded',
      outcome: [...squares, 36, 49],
      progress: of(10),
      tasks: ['succeeded', 'succeeded', 'succeeded', 'succeeded'],
    },
  },
  {
    name: 'no results, by id',
    make: (client) => client.getResult([]),
    expected: { status: 'succeeded', outcome: [], progress: of(0), tasks: [] },
  },
  {
    name: 'several results, some of which failed',
    make: async (client) => {
      const lview = client.loadBalancedView()
      return () => client.getResult([lview.apply(noOdd, 2), lview.apply(noOdd, 3)])
    },
    expected: {
      status: 'failed',
      outcome: new Failure('YM_REMOTE'),
      items: [2],
      progress: of(2),
      tasks: ['succeeded', 'failed'],
    },
  },
  {
    name: 'a result that nobody knows',
    make: (client) => client.getResult('nobody.7'),
    expected: {
      status: 'failed',
      outcome: new Failure('YM_UNKNOWN_TASK'),
      items: [],
      progress: one,
      tasks: ['failed'],
    },
  },
  {
    name: 'results submitted once more',
    make: async (client) => {
      const map = client.loadBalancedView().with({ chunk: 4 }).map(square, range)
      await map
      return () => client.resubmit(map)
    },
    expected: { status: 'succeeded', outcome: squares, progress: of(8), tasks: ['succeeded', 'succeeded'] },
  },
  {
    name: 'a graph',
    make: (client) =>
      client.loadBalancedView().graph({ a: node(add, [1, 2]), b: node(add, [3, 4], { after: 'a' }) }) as Result,
    expected: {
      status: 'succeeded',
      outcome: { a: 3, b: 7 },
      items: [
        ['a', 3],
        ['b', 7],
      ],
      progress: of(2),
      tasks: ['succeeded', 'succeeded'],
    },
  },
  {
    name: 'an error that was caused by errors',
    make: (client) => client.loadBalancedView().apply(nested),
    expected: { status: 'failed', outcome: new Failure('YM_REMOTE'), items: [], progress: one, tasks: ['failed'] },
  },
  {
    name: 'a task that was aborted while it ran',
    make: async (client) => {
      const result = (await begun(client))()
      result.abort()
      return () => result
    },
    expected: { status: 'aborted', outcome: new Failure('YM_ABORTED'), items: [], progress: one, tasks: ['aborted'] },
  },
  {
    name: 'a map that was aborted',
    make: async (client) => {
      const map = client.loadBalancedView().with({ chunk: 1 }).map(sleep, Array<number>(100).fill(60_000))
      await expect.poll(() => client.queueStatus()).toMatchObject({ running: 2 })
      map.abort()
      return () => map
    },
    expected: {
      status: 'aborted',
      outcome: new Failure('YM_ABORTED'),
      items: [],
      progress: of(8),
      tasks: Array(8).fill('aborted'),
    },
  },
  {
    name: 'a task that ran too long',
    make: (client) => client.loadBalancedView().with({ runTimeout: 20 }).apply(sleep, 60_000),
    expected: {
      status: 'timedOut',
      outcome: new Failure('YM_RUN_TIMEOUT'),
      items: [],
      progress: one,
      tasks: ['timedOut'],
    },
  },
  {
    name: 'a task that did not begin in time',
    make: async (client) => {
      const lview = client.loadBalancedView()
      const before = (await begun(client))()
      const late = lview.with({ after: before, queueTimeout: 20 }).apply(add, 1, 2)
      await late.wait()
      before.abort()
      await before.wait()
      return () => late
    },
    expected: {
      status: 'timedOut',
      outcome: new Failure('YM_QUEUE_TIMEOUT'),
      items: [],
      progress: one,
      tasks: ['timedOut'],
    },
  },
  {
    name: 'a task that cannot run any more',
    make: async (client) => {
      const lview = client.loadBalancedView()
      return () => lview.with({ after: lview.apply(noOdd, 1) }).apply(add, 1, 2)
    },
    expected: {
      status: 'impossible',
      outcome: new Failure('YM_IMPOSSIBLE_DEPENDENCY'),
      items: [],
      progress: one,
      tasks: ['impossible'],
    },
  },
]
