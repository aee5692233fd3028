import { expect, test } from 'vitest'
import { ConfigurationError } from '../../core/errors.ts'
import { answer, collect, replyTo, turn } from './fake-controller.ts'
import { connected, double, oddFails, range, stream } from './map-cases.ts'

test('is lazy, and reads no further than its window', async () => {
  const { controller, view } = await connected()
  controller.serve(double)
  const read: number[] = []
  const items = (function* () {
    for (let i = 0; ; i += 1) {
      read.push(i)
      yield i
    }
  })()
  const results = view.imap(double, items, { window: 4 })
  await turn()
  expect(read).toEqual([])
  expect(await results.next()).toEqual({ done: false, value: 0 })
  await turn()
  expect(read).toHaveLength(4)
  for (let i = 1; i < 10; i += 1) expect(await results.next()).toEqual({ done: false, value: i * 2 })
  expect(read.length).toBeLessThanOrEqual(14)
  await results.return?.()
})

test('reads a stream no further than its window', async () => {
  const { controller, view } = await connected()
  let read = 0
  const items = (async function* () {
    for (; ; read += 1) yield read
  })()
  const results = view.imap(double, items, { window: 4 })
  const first = results.next()
  await controller.submitted(4)
  await turn()
  await turn()
  expect([controller.submissions.length, read]).toEqual([4, 3])
  controller.reply(answer(controller.task(0), double))
  expect(await first).toEqual({ done: false, value: 0 })
  await results.return?.()
})

test('leaving the loop stops the input and aborts what is under way', async () => {
  const { controller, view } = await connected()
  let isLeft = false
  const items = (function* () {
    try {
      for (let i = 0; ; i += 1) yield i
    } finally {
      isLeft = true
    }
  })()
  controller.onMessage = (message) => {
    if (message.type === 'submit' && message.tasks[0] === controller.task(0))
      controller.reply(answer(controller.task(0), double))
  }
  for await (const item of view.imap(double, items, { window: 3 })) {
    expect(item).toBe(0)
    break
  }
  await controller.until(() => controller.all('abort').length > 0)
  expect(isLeft).toBe(true)
  expect(controller.all('abort')[0]?.tasks).toEqual(controller.submissions.slice(1).map(({ id }) => id))
})

test('an endless stream is left with the loop, by the signal, and at an error, even while it is waited for', async () => {
  for (const how of ['loop', 'signal', 'error'] as const) {
    const { controller, view } = await connected()
    controller.serve(oddFails)
    const leave = new AbortController()
    let isLeft = false
    let position = 0
    const items = {
      async next() {
        position += 1
        const item = how === 'error' ? 1 : 0
        return position > 20 ? new Promise<never>(() => {}) : { done: false, value: item }
      },
      async return() {
        isLeft = true
        return { done: true, value: undefined }
      },
      [Symbol.asyncIterator]() {
        return this
      },
    } as AsyncIterableIterator<number>
    const read = async () => {
      for await (const _ of view.with({ signal: leave.signal, chunk: 1 }).imap(oddFails, items)) {
        if (how === 'loop') break
        if (how === 'signal') leave.abort()
      }
    }
    if (how === 'loop') await read()
    else await expect(read()).rejects.toMatchObject({ code: how === 'signal' ? 'YM_ABORTED' : 'YM_REMOTE' })
    expect(isLeft).toBe(true)
  }
})

test('the signal aborts what is under way, once; one that has fired lets nothing begin', async () => {
  const { controller, view } = await connected()
  const leave = new AbortController()
  const flagged = view.with({ signal: leave.signal, chunk: 1 })
  const results = flagged.imap(double, stream(range(100)))
  const first = results.next()
  await controller.submitted(8)
  controller.reply(answer(controller.task(0), double))
  expect(await first).toEqual({ done: false, value: 0 })
  leave.abort()
  await controller.until(() => controller.all('abort').length > 0)
  const open = controller.submissions.slice(1).map(({ id }) => id)
  expect(controller.all('abort').map(({ tasks }) => tasks)).toEqual([open])
  controller.reply(...open.map((id) => replyTo(id, { status: 'aborted' })))
  await expect(results.next()).rejects.toMatchObject({ code: 'YM_ABORTED' })
  expect(await results.next()).toEqual({ done: true, value: undefined })
  await expect(collect(flagged.imap(double, range(3)))).rejects.toMatchObject({ code: 'YM_ABORTED' })
  expect(controller.submissions).toHaveLength(8)
})

test('in order or as they complete', async () => {
  for (const ordered of [true, false]) {
    const { controller, view } = await connected()
    const reading = collect(view.imap(double, range(3), { ordered }))
    await controller.submitted(3)
    for (const index of [2, 0, 1]) {
      controller.reply(answer(controller.task(index), double))
      await turn()
    }
    expect(await reading).toEqual(ordered ? [0, 2, 4] : [4, 0, 2])
  }
})

test('the first error ends it, unless errors stand among the results', async () => {
  const { controller, view } = await connected()
  controller.serve(oddFails)
  await expect(collect(view.imap(oddFails, range(4)))).rejects.toThrow('odd 1')
  const error = expect.objectContaining({ code: 'YM_REMOTE' })
  expect(await collect(view.with({ returnExceptions: true }).imap(oddFails, range(4)))).toEqual([0, error, 2, error])
})

test('a window of nothing is refused', async () => {
  const { view } = await connected()
  expect(() => view.imap(double, [1], { window: 0 })).toThrow(ConfigurationError)
})
