import { lastValueFrom } from 'rxjs'
import { expect, test } from 'vitest'
import type { ControllerToClient } from '../../core/messages.ts'
import { decodeValue, encodeValue } from '../../core/payload.ts'
import { windowParts } from '../../core/stream-window.ts'
import { collect, FakeController, failure, idOf, success, turn } from './fake-controller.ts'

async function* count(n: number) {
  for (let i = 0; i < n; i += 1) yield i
}

/** A client, one call of a generator, and a controller that speaks for its engine. */
async function streaming(fn: () => unknown = () => count(4)) {
  const controller = new FakeController()
  controller.onMessage = (message) => {
    if (message.type === 'ask') controller.send({ type: 'answer', request: message.request, value: null })
  }
  const client = await controller.connect()
  const result = client.loadBalancedView().apply(fn as () => AsyncGenerator<unknown, void, never>)
  await controller.submitted(1)
  const id = idOf(result)
  const news = (from: number, values: readonly unknown[]): ControllerToClient => {
    return { type: 'news', news: [{ kind: 'parts', id, from, values: values.map((value) => encodeValue(value)) }] }
  }
  return {
    controller,
    client,
    result,
    id,
    async parts(from: number, ...values: unknown[]) {
      controller.send(news(from, values))
      await turn()
      await turn()
    },
    async end(parts: number, last?: readonly unknown[]) {
      const payload = last && { last: encodeValue(last) }
      controller.reply(success(id, undefined, { stream: { parts, ...payload } }))
      await turn()
    },
    async pulls() {
      for (let i = 0; i < 3; i += 1) await turn()
      return controller.all('pull').flatMap(({ streams }) => streams.map(({ id: _, ...credit }) => credit))
    },
    aborted: () => controller.all('abort').length > 0,
  }
}

const range = (from: number, to: number) => Array.from({ length: to - from }, (_, i) => from + i)

test('parts arrive as they are yielded, each once although a second attempt or another link repeats them', async () => {
  const { result, parts, end, pulls } = await streaming()
  const read = result[Symbol.asyncIterator]()
  await parts(0, 0, 1)
  expect(await read.next()).toEqual({ done: false, value: 0 })
  await parts(0, 0, 1, 2)
  // The engine that begins again learns what need not be sent.
  expect(await pulls()).toEqual([{ heard: 3, upTo: 1 + windowParts }])
  // What came before what is missing is sent again, and not taken.
  await parts(4, 4)
  await parts(3)
  expect([await read.next(), await read.next()]).toMatchObject([{ value: 1 }, { value: 2 }])
  await end(4, [2, 3])
  expect([await read.next(), await read.next()]).toEqual([
    { done: false, value: 3 },
    { done: true, value: undefined },
  ])
})

test('after another link the client says how far it has come, and asks for the rest once more', async () => {
  const { parts, pulls } = await streaming()
  await parts(0)
  await parts(0, 'a', 'b')
  await parts(0)
  expect(await pulls()).toEqual([
    { heard: 0, upTo: windowParts, again: true },
    { heard: 2, upTo: windowParts, again: true },
  ])
})

test('a loop asks for more at each half of the window; nobody who reads, no more', async () => {
  const { result, parts, pulls } = await streaming()
  await parts(0, ...range(0, windowParts))
  expect(await pulls()).toEqual([])
  const read = result[Symbol.asyncIterator]()
  for (let i = 0; i < windowParts / 2; i += 1) await read.next()
  expect(await pulls()).toEqual([{ heard: windowParts, upTo: windowParts * 1.5 }])
})

test('large parts are asked for by their size', async () => {
  const { result, parts, pulls } = await streaming()
  const large = 'x'.repeat(300_000)
  await parts(0, large, large, large)
  const read = result[Symbol.asyncIterator]()
  await read.next()
  expect(await pulls()).toEqual([])
  await read.next()
  expect(await pulls()).toEqual([{ heard: 3, upTo: 2 + windowParts }])
})

test.for<[string, (result: Awaited<ReturnType<typeof streaming>>['result']) => unknown]>([
  ['await', (result) => result.then()],
  ['get', (result) => result.get({ timeout: 10_000 })],
  ['wait', (result) => result.wait(10_000)],
  ['a subscriber', (result) => result.results$.subscribe()],
])('%s takes everything as it comes', async ([, take]) => {
  const { result, parts, pulls, end } = await streaming()
  take(result)
  await parts(0, ...range(0, windowParts))
  expect(await pulls()).toEqual([{ heard: windowParts, upTo: windowParts * 2 }])
  await end(windowParts)
  expect(await result).toEqual(range(0, windowParts))
})

test('waiting for all tasks takes everything; a wait that is over, nothing', async () => {
  const { client, result, parts, pulls } = await streaming()
  expect(await result.wait(0)).toBe(false)
  await parts(0, ...range(0, windowParts))
  expect(await pulls()).toEqual([])
  void client.wait(undefined, 10_000)
  expect(await pulls()).toEqual([{ heard: windowParts, upTo: windowParts * 2 }])
})

test('what a loop has read is let go, unless the whole was asked for before', async () => {
  const first = await streaming()
  await first.parts(0, 'a', 'b')
  const read = first.result[Symbol.asyncIterator]()
  await read.next()
  const streamed = { code: 'YM_STREAMED', message: expect.stringMatching(/before a loop reads it/) }
  // Long before the end.
  await expect(first.result).rejects.toMatchObject(streamed)
  await expect(first.result.get({ timeout: 1 })).rejects.toMatchObject(streamed)
  await expect(collect(first.result)).rejects.toMatchObject(streamed)
  await expect(lastValueFrom(first.result.results$)).rejects.toMatchObject(streamed)
  expect(first.aborted()).toBe(false)
  await first.end(2)
  expect(await collect(read)).toEqual(['b'])
  expect([first.result.status, first.result.error]).toEqual(['succeeded', undefined])

  const second = await streaming()
  const whole = second.result.get()
  await second.parts(0, 'a', 'b')
  const looped = collect(second.result)
  await second.end(3, ['c'])
  expect([await whole, await looped, await collect(second.result)]).toEqual(Array(3).fill(['a', 'b', 'c']))
})

test('two loops read the same parts; the slower one holds up the other', async () => {
  const { result, parts, pulls, end, aborted } = await streaming()
  const [fast, slow] = [result[Symbol.asyncIterator](), result[Symbol.asyncIterator]()]
  await parts(0, ...range(0, windowParts))
  for (let i = 0; i < windowParts; i += 1) await fast.next()
  expect(await pulls()).toEqual([])
  for (let i = 0; i < windowParts; i += 1) expect(await slow.next()).toEqual({ done: false, value: i })
  expect((await pulls()).at(-1)).toEqual({ heard: windowParts, upTo: windowParts * 2 })
  await slow.return?.()
  expect(aborted()).toBe(false)
  await end(windowParts)
  expect(await fast.next()).toEqual({ done: true, value: undefined })
})

test('leaving the last loop aborts, but for a result that somebody awaits', async () => {
  const left = await streaming()
  await left.parts(0, 'a')
  for await (const _ of left.result) break
  await turn()
  expect(left.aborted()).toBe(true)

  const awaited = await streaming()
  const whole = awaited.result.get()
  await awaited.parts(0, 'a')
  for await (const _ of awaited.result) break
  expect(awaited.aborted()).toBe(false)
  await awaited.end(1)
  expect(await whole).toEqual(['a'])
})

test('a generator that fails half-way: its parts are read, then its error', async () => {
  const { controller, result, parts, id } = await streaming()
  await parts(0, 'a')
  const stream = { parts: 3, last: encodeValue(['b', 'c']) }
  controller.reply(failure(id, new RangeError('no more'), { stream }))
  const seen: unknown[] = []
  const read = async () => {
    for await (const part of result) seen.push(part)
  }
  await expect(read()).rejects.toThrow('no more')
  expect(seen).toEqual(['a', 'b', 'c'])
  await expect(result).rejects.toThrow('no more')
})

test('who has not heard the beginning gets the whole where it was kept, else a coded error', async () => {
  const { client, parts, id, end, result, pulls } = await streaming()
  const all = result.get()
  await parts(0, 'a')
  const late = [client.getResult(id), client.getResult([id])] as const
  await parts(1, 'b')
  // Not in the name of those that lack the first part.
  expect(await pulls()).toEqual([])
  await end(2, ['a', 'b'])
  expect(await Promise.all([all, ...late])).toEqual([['a', 'b'], ['a', 'b'], [['a', 'b']]])

  const other = await streaming()
  void other.result.get()
  await other.parts(0, 'a')
  const later = [other.client.getResult(other.id), other.client.getResult([other.id])] as const
  await other.end(2, ['b'])
  expect(await other.result).toEqual(['a', 'b'])
  for (const one of later) await expect(one).rejects.toMatchObject({ code: 'YM_STREAMED' })
  for (const one of later) await expect(collect(one)).rejects.toMatchObject({ code: 'YM_STREAMED' })
})

test('an engine that gathers what a generator yields is understood as well', async () => {
  const controller = new FakeController()
  const client = await controller.connect()
  const result = client.loadBalancedView().apply(count, 3)
  await controller.submitted(1)
  controller.reply(success(idOf(result), [0, 1, 2]))
  expect(await collect(result)).toEqual([0, 1, 2])
  expect(await result).toEqual([0, 1, 2])
  expect(decodeValue(controller.task(0).args)).toEqual([3])
})
