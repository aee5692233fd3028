import { firstValueFrom, skip, take, toArray } from 'rxjs'
import { expect, test } from 'vitest'
import { TimeoutError, UnknownTaskError } from '../../core/errors.ts'
import type { TaskId } from '../../core/ids.ts'
import type { QueueStatus } from '../../core/messages.ts'
import { VirtualClock } from '../../testing/virtual-clock.ts'
import { answer, engineInfo, FakeController, idOf, replyTo, success, turn } from './fake-controller.ts'

const double = (x: number) => x * 2

async function connected() {
  const controller = new FakeController()
  const clock = new VirtualClock()
  const client = await controller.connect({ clock })
  return { controller, clock, client, view: client.loadBalancedView() }
}

/** Answers every question with this. */
function answering(controller: FakeController, value: unknown) {
  controller.onMessage = (message) => {
    if (message.type === 'ask') controller.send({ type: 'answer', request: message.request, value })
  }
}

test('engines: now, as they come and go, and waiting for them', async () => {
  const { controller, clock, client } = await connected()
  expect(client.ids).toEqual([0, 1])
  expect(await client.waitForEngines(2)).toEqual([0, 1])
  const changes = firstValueFrom(client.engines$.pipe(skip(1), take(2), toArray()))
  const four = client.waitForEngines(4, 60_000)
  const nine = client.waitForEngines(9, 1_000)
  nine.catch(() => {})
  controller.send({ type: 'engines', joined: [engineInfo(2)], left: [{ id: 0, reason: 'it died' }] })
  controller.send({ type: 'engines', joined: [engineInfo(3), engineInfo(4)], left: [] })
  expect(await four).toEqual([1, 2, 3, 4])
  expect((await changes).map((engines) => engines.map(({ id }) => id))).toEqual([
    [1, 2],
    [1, 2, 3, 4],
  ])
  clock.advance(1_000)
  await expect(nine).rejects.toThrow(TimeoutError)
  await expect(nine).rejects.toThrow('4 of 9')
  expect(clock.next).toBeGreaterThan(60_000)
})

test('questions are answered, or fail with the controller’s fault', async () => {
  const { controller, client } = await connected()
  const status: QueueStatus = { waiting: 1, ready: 2, assigned: 3, running: 4, ended: 5, strategy: 'lru', engines: [] }
  answering(controller, status)
  expect(await client.queueStatus()).toEqual(status)
  answering(controller, { 'x.1': 'running' })
  expect(await client.resultStatus('x.1')).toEqual({ 'x.1': 'running' })
  answering(controller, { purged: 2 })
  expect(await client.purge(['x.1', 'x.2'])).toBe(2)
  expect(controller.all('ask').map(({ ask }) => ask)).toEqual([
    { kind: 'queueStatus' },
    { kind: 'resultStatus', tasks: ['x.1'] },
    { kind: 'purge', tasks: ['x.1', 'x.2'] },
  ])
  controller.onMessage = (message) => {
    if (message.type !== 'ask') return
    controller.send({ type: 'answer', request: message.request, fault: { code: 'YM_PENDING', message: 'x.1 runs' } })
  }
  await expect(client.purge('x.1')).rejects.toMatchObject({ code: 'YM_PENDING', message: 'x.1 runs' })
})

test('getResult gives anyone’s results, of one id and of several', async () => {
  const { controller, client } = await connected()
  controller.onMessage = (message) => {
    if (message.type !== 'ask' || message.ask.kind !== 'watch') return
    controller.send({ type: 'answer', request: message.request, value: null })
    for (const id of message.ask.tasks) {
      if (id === 'b.1') controller.reply(success(id, { values: ['x', 'y'], errors: [] }, { call: 'each' }))
      else if (id === 'b.9')
        controller.reply(replyTo(id, { status: 'failed', fault: { code: 'YM_UNKNOWN_TASK', message: 'no b.9' } }))
      else controller.reply(success(id, id))
    }
  }
  expect(await client.getResult('b.0')).toBe('b.0')
  expect(await client.getResult(['b.0', 'b.1', 'b.2'])).toEqual(['b.0', 'x', 'y', 'b.2'])
  await expect(client.getResult('b.9').get()).rejects.toThrow(UnknownTaskError)
})

test('getResult of one’s own task that is under way asks nobody', async () => {
  const { controller, client, view } = await connected()
  const result = view.apply(double, 2)
  const again = client.getResult<number>(idOf(result))
  const third = client.getResult<number>(result)
  await controller.submitted(1)
  await turn()
  expect(controller.all('ask')).toEqual([])
  controller.reply(answer(controller.task(0), double))
  expect([await result, await again, await third]).toEqual([4, 4, [4]])
})

test('resubmit makes new tasks, or fails with the reason', async () => {
  const { controller, client } = await connected()
  answering(controller, null)
  const again = client.resubmit<number>(['b.1', 'b.2'])
  await controller.until(() => controller.all('ask').length > 0)
  expect(controller.all('ask')[0]?.ask).toEqual({
    kind: 'resubmit',
    pairs: again.ids.map((to, i) => ({ from: `b.${i + 1}`, to })),
  })
  controller.reply(...again.ids.map((id, i) => success(id, i)))
  expect(await again).toEqual([0, 1])
  controller.onMessage = (message) => {
    if (message.type !== 'ask') return
    controller.send({ type: 'answer', request: message.request, fault: { code: 'YM_PURGED', message: 'gone' } })
  }
  await expect(client.resubmit('b.1').get()).rejects.toMatchObject({ code: 'YM_PURGED' })
})

test('wait: for all that is awaited, for some, and not for ever', async () => {
  const { controller, clock, client, view } = await connected()
  expect(await client.wait()).toBe(true)
  const [first] = [view.apply(double, 1), view.apply(double, 2)]
  const [all, some, brief] = [client.wait(), client.wait(first), client.wait(undefined, 100)]
  await controller.submitted(2)
  controller.reply(answer(controller.task(0), double))
  expect(await some).toBe(true)
  clock.advance(100)
  expect(await brief).toBe(false)
  controller.reply(answer(controller.task(1), double))
  expect(await all).toBe(true)
})

test('abort: of some, of all that is awaited, of nothing', async () => {
  const { controller, client, view } = await connected()
  const results = [1, 2].map((x) => view.apply(double, x))
  client.abort([])
  client.abort('other.1')
  client.abort()
  view.abort(results)
  await controller.until(() => controller.all('abort').length === 3)
  const own = results.flatMap(({ ids }) => ids)
  expect(controller.all('abort').map(({ tasks }) => tasks)).toEqual([['other.1'], own, own])
})

test('the short forms `client.view` and `client.apply`', async () => {
  const { controller, client } = await connected()
  controller.serve(double)
  expect(await client.view(null).map(double, [1, 2])).toEqual([2, 4])
  expect(await client.apply(double, [3], { targets: null })).toBe(6)
  expect(await client.apply(double, [3], { targets: 1, label: 'short' })).toBe(6)
  expect(controller.all('broadcast').at(-1)).toMatchObject({ targets: [1], label: 'short' })
  expect(await client.view([1, 0]).apply(double, 3)).toEqual([6, 6])
})

test('shutdown of engines, and of the whole', async () => {
  const { controller, client } = await connected()
  answering(controller, null)
  await client.shutdown({ engines: [1] })
  expect(controller.all('ask')[0]?.ask).toEqual({ kind: 'shutdown', engines: [1] })
  controller.onMessage = (message) => {
    if (message.type !== 'ask') return
    controller.send({ type: 'answer', request: message.request, value: null })
    controller.send({ type: 'goodbye', reason: 'shutdown was asked for' })
  }
  await client.shutdown()
  expect(client.status).toBe('closed')
})

test('close says goodbye, twice is once, and what was awaited knows why', async () => {
  const { controller, clock, client, view } = await connected()
  const result = view.apply(double, 1)
  const engines: number[] = []
  client.engines$.subscribe({ next: (list) => engines.push(list.length), complete: () => engines.push(-1) })
  await Promise.all([client.close(), client.close()])
  await client.close()
  expect(controller.received.map(({ type }) => type)).toEqual(['submit', 'goodbye'])
  await expect(result.get()).rejects.toMatchObject({ code: 'YM_CLOSED' })
  await expect(client.queueStatus()).rejects.toMatchObject({ code: 'YM_CLOSED' })
  await expect(client.waitForEngines(5)).rejects.toMatchObject({ code: 'YM_CLOSED' })
  expect(() => client.getResult('a.1' as TaskId)).toThrow('closed')
  expect(engines).toEqual([2, -1])
  expect(clock.next).toBeUndefined()
})
