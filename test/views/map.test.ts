import { lastValueFrom, toArray } from 'rxjs'
import { describe, expect, test } from 'vitest'
import { CloneError, ConfigurationError, TaskAbortedError } from '../../core/errors.ts'
import { decodeValue } from '../../core/payload.ts'
import { CompositeError } from '../../views/composite-error.ts'
import { Dependency } from '../../views/dependency.ts'
import { RemoteError } from '../../views/remote-error.ts'
import { answer, collect, type FakeController, turn } from './fake-controller.ts'
import { connected, double, oddFails, range, stream } from './map-cases.ts'

/** How many items each task has. */
function sizes(controller: FakeController): number[] {
  return controller.submissions.map(({ args }) => (decodeValue(args) as unknown[]).length)
}

describe('sequences', () => {
  test.each([
    ['an array', range(100)],
    ['a set', new Set(range(100))],
    ['a typed array', Float64Array.from(range(100))],
    [
      'a generator',
      (function* () {
        yield* range(100)
      })(),
    ],
    ['a stream', stream(range(100))],
  ])('%s is mapped in order', async (_kind, sequence) => {
    const { controller, view } = await connected()
    controller.serve(double)
    const result = view.map(double, sequence)
    expect(await result).toEqual(range(100).map(double))
    expect(result.progress).toEqual({ done: 100, total: 100 })
    expect(result.metadata.reduce((sum, { items }) => sum + items, 0)).toBe(100)
  })

  test('several are read side by side, as long as the shortest', async () => {
    const { controller, view } = await connected()
    const add = (a: number, b: string) => `${a}${b}`
    controller.serve(add)
    expect(await view.map(add, range(10), 'abc')).toEqual(['0a', '1b', '2c'])
    expect(await view.map(add, stream(range(2)), ['x', 'y', 'z'])).toEqual(['0x', '1y'])
  })

  test('none at all gives nothing, at once', async () => {
    const { controller, view } = await connected()
    expect(await view.map(double, [])).toEqual([])
    expect(await view.map(double, stream([]))).toEqual([])
    expect(controller.submissions).toEqual([])
  })

  test('what is no sequence is refused', async () => {
    const { view } = await connected()
    expect(() => view.map(double, 3 as never)).toThrow(ConfigurationError)
    expect(() => view.map(() => 1)).toThrow(ConfigurationError)
  })

  test('an array is taken as it was', async () => {
    const { controller, view } = await connected()
    controller.serve(double)
    const items = range(50)
    const result = view.map(double, items)
    items.fill(-1)
    expect(await result).toEqual(range(50).map(double))
  })

  test('parallel functions map themselves', async () => {
    const { controller, view } = await connected()
    controller.serve(double)
    const f = view.parallel(double)
    expect(await f.map(range(5))).toEqual([0, 2, 4, 6, 8])
    expect(await f(range(3))).toEqual([0, 2, 4])
  })
})

describe('chunks', () => {
  test('are as large as told', async () => {
    const { controller, view } = await connected()
    controller.serve(double)
    expect(await view.with({ chunk: 7 }).map(double, range(20))).toHaveLength(20)
    expect(sizes(controller)).toEqual([7, 7, 6])
  })

  test('stay single where items are heavy', async () => {
    const { controller, view } = await connected()
    controller.onMessage = (message) => {
      if (message.type === 'submit')
        controller.reply(...message.tasks.map((task) => answer(task, double, { durationMs: 100 })))
    }
    await view.map(double, range(64))
    expect(new Set(sizes(controller))).toEqual(new Set([1]))
  })

  test('grow where items are light, and shrink again towards the end', async () => {
    const { controller, view } = await connected()
    controller.onMessage = (message) => {
      if (message.type !== 'submit') return
      for (const task of message.tasks) {
        const { length } = decodeValue(task.args) as unknown[]
        controller.reply(answer(task, double, { durationMs: length / 1_000 }))
      }
    }
    const result = await view.map(double, range(200_000))
    expect(result.length).toBe(200_000)
    const all = sizes(controller)
    expect(all[0]).toBe(1)
    expect(Math.max(...all)).toBeGreaterThan(5_000)
    expect(Math.max(...all)).toBeLessThanOrEqual(20_000)
    expect(all.length).toBeLessThan(200)
    expect(all.at(-1)).toBeLessThanOrEqual(2_000)
  })

  test('only some are under way at a time', async () => {
    const { controller, view } = await connected()
    const read: number[] = []
    const items = (function* () {
      for (const i of range(1_000)) {
        read.push(i)
        yield i
      }
    })()
    const result = view.with({ chunk: 5 }).map(double, items)
    await controller.submitted(8)
    await turn()
    expect([controller.submissions.length, read.length]).toEqual([8, 40])
    controller.reply(answer(controller.task(3), double))
    await controller.submitted(9)
    await turn()
    expect([controller.submissions.length, read.length]).toEqual([9, 45])
    result.abort()
  })
})

describe('reading', () => {
  /** Replies to the tasks in this order, one a turn. */
  async function replyInOrder(controller: FakeController, order: readonly number[]) {
    await controller.submitted(order.length)
    for (const index of order) {
      controller.reply(answer(controller.task(index), double))
      await turn()
      await turn()
    }
  }

  test('in order, whatever the order of arrival', async () => {
    const { controller, view } = await connected()
    const result = view.with({ chunk: 2 }).map(double, range(6))
    const [items, observed] = [collect(result), lastValueFrom(result.results$.pipe(toArray()))]
    await replyInOrder(controller, [2, 0, 1])
    expect(await items).toEqual([0, 2, 4, 6, 8, 10])
    expect(await observed).toEqual([0, 2, 4, 6, 8, 10])
  })

  test('as they complete', async () => {
    const { controller, view } = await connected()
    const result = view.with({ chunk: 2, ordered: false }).map(double, range(6))
    const [items, observed] = [collect(result), lastValueFrom(result.results$.pipe(toArray()))]
    await replyInOrder(controller, [2, 0, 1])
    expect(await items).toEqual([8, 10, 0, 2, 4, 6])
    expect(await observed).toEqual([8, 10, 0, 2, 4, 6])
    expect(await result).toEqual([0, 2, 4, 6, 8, 10])
  })

  test('results can be read before the last has arrived', async () => {
    const { controller, view } = await connected()
    const result = view.with({ chunk: 2 }).map(double, range(6))
    const items = result[Symbol.asyncIterator]()
    await controller.submitted(3)
    controller.reply(answer(controller.task(0), double))
    expect([await items.next(), await items.next()]).toMatchObject([{ value: 0 }, { value: 2 }])
    expect(result).toMatchObject({ ready: false, status: 'running', progress: { done: 2, total: 6 } })
  })
})

describe('errors', () => {
  test('several become one that shows the first', async () => {
    const { controller, view } = await connected()
    controller.serve(oddFails)
    const result = view.with({ chunk: 3 }).map(oddFails, range(10))
    const error = await result.get().catch((reason: unknown) => reason)
    expect(error).toBeInstanceOf(CompositeError)
    expect((error as CompositeError).errors.map(({ message }) => message)).toEqual(
      [1, 3, 5, 7, 9].map((x) => `engine 0: RangeError: odd ${x}`),
    )
    expect(result).toMatchObject({ status: 'failed', successful: false, ready: true })
  })

  test('one stays itself', async () => {
    const { controller, view } = await connected()
    controller.serve(oddFails)
    await expect(view.map(oddFails, [2, 3, 4]).get()).rejects.toThrow(RemoteError)
  })

  test('stand among the results when asked for', async () => {
    const { controller, view } = await connected()
    controller.serve(oddFails)
    const result = view.with({ returnExceptions: true, chunk: 2 }).map(oddFails, range(4))
    const error = expect.objectContaining({ code: 'YM_REMOTE' })
    expect(await result).toEqual([0, error, 2, error])
    expect(await collect(result)).toEqual([0, error, 2, error])
    expect(result.successful).toBe(false)
  })

  test('iteration gives what comes before', async () => {
    const { controller, view } = await connected()
    controller.serve(oddFails)
    const seen: number[] = []
    const reading = (async () => {
      for await (const item of view.map(oddFails, [2, 4, 5, 6])) seen.push(item)
    })()
    await expect(reading).rejects.toThrow('odd 5')
    expect(seen).toEqual([2, 4])
  })

  test('of the input come out as they are, after what was read before', async () => {
    const { controller, view } = await connected()
    controller.serve(double)
    const broken = new Error('the input broke')
    const items = (function* () {
      yield 1
      throw broken
    })()
    const result = view.map(double, items)
    await expect(result.get()).rejects.toBe(broken)
    const asynchronous = view.map(
      double,
      (async function* () {
        yield 1
        throw broken
      })(),
    )
    await expect(asynchronous.get()).rejects.toBe(broken)
    expect(controller.submissions).toHaveLength(2)
  })

  test('an item that cannot travel is named as the user counts', async () => {
    const { controller, view } = await connected()
    controller.serve(() => 0)
    const items: unknown[] = range(20)
    items[13] = { inner: () => 1 }
    const result = view.with({ chunk: 5 }).map((x: unknown) => x, items)
    await expect(result.get()).rejects.toThrow(CloneError)
    await expect(result.get()).rejects.toThrow(/items\[13\]\.inner/)
  })
})

describe('abort and dependencies', () => {
  test('abort stops the input and names what is under way', async () => {
    const { controller, view } = await connected()
    let isLeft = false
    const items = (function* () {
      try {
        for (let i = 0; ; i += 1) yield i
      } finally {
        isLeft = true
      }
    })()
    const result = view.map(double, items)
    await controller.submitted(8)
    controller.reply(answer(controller.task(0), double))
    await controller.submitted(9)
    result.abort()
    await controller.until(() => controller.all('abort').length > 0)
    expect(isLeft).toBe(true)
    const open = controller.all('abort').flatMap(({ tasks }) => tasks)
    expect(open).toEqual(controller.submissions.slice(1).map(({ id }) => id))
    controller.reply(...controller.submissions.slice(1).map((task) => answer(task, double)))
    await expect(result.get()).rejects.toThrow(TaskAbortedError)
    expect(result.status).toBe('aborted')
  })

  test('naming a map to abort it submits nothing more; naming it to wait waits for all of it', async () => {
    for (const how of ['client', 'view', 'all'] as const) {
      const { controller, client, view } = await connected()
      const result = view.with({ chunk: 1 }).map(double, range(100))
      await controller.submitted(8)
      const over = client.wait([result])
      if (how === 'all') client.abort()
      else (how === 'client' ? client : view).abort([result])
      await controller.until(() => controller.all('abort').length > 0)
      expect(controller.all('abort')[0]?.tasks).toEqual(controller.submissions.map(({ id }) => id))
      controller.reply(...controller.submissions.map((task) => answer(task, double)))
      await expect(result.get()).rejects.toThrow(TaskAbortedError)
      expect(await over).toBe(true)
      expect(controller.submissions).toHaveLength(8)
    }
    const { controller, client, view } = await connected()
    const result = view.with({ chunk: 1 }).map(double, range(100))
    const over = client.wait(result)
    controller.serve(double)
    controller.reply(...controller.submissions.map((task) => answer(task, double)))
    await controller.submitted(8)
    controller.reply(...controller.submissions.map((task) => answer(task, double)))
    expect(await over).toBe(true)
    expect(result.ready).toBe(true)
  })

  test('as a dependency, a map submits all of its tasks first', async () => {
    const { controller, view } = await connected()
    const map = view.with({ chunk: 1 }).map(double, range(100))
    expect(map.ids).toHaveLength(8)
    view.with({ after: new Dependency(map, { all: false }) }).apply(double, 1)
    await controller.submitted(101)
    expect(map.ids).toHaveLength(100)
    expect(controller.task(100).after).toEqual([{ ids: map.ids, all: false, success: true, failure: false }])
  })

  test('a stream that has not been read cannot be one', async () => {
    const { view } = await connected()
    const map = view.map(double, stream(range(3)))
    expect(() => view.with({ after: map })).toThrow(ConfigurationError)
    map.abort()
  })
})
