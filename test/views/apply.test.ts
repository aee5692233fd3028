import { from, lastValueFrom, toArray } from 'rxjs'
import { describe, expect, test, vi } from 'vitest'
import { CloneError, QueueTimeoutError, TaskAbortedError, TimeoutError } from '../../core/errors.ts'
import type { TaskId } from '../../core/ids.ts'
import { encodeValue, Payload } from '../../core/payload.ts'
import { VirtualClock } from '../../testing/virtual-clock.ts'
import { RemoteError } from '../../views/remote-error.ts'
import { answer, collect, FakeController, failure, idOf, replyTo, success, turn } from './fake-controller.ts'

async function connected() {
  const controller = new FakeController()
  const client = await controller.connect()
  return { controller, client, view: client.loadBalancedView() }
}

const double = (x: number) => x * 2

test('a call gives its result, its facts and its times', async () => {
  const { controller, view } = await connected()
  const result = view.apply((a: number, b: number) => a + b, 1, 2)
  expect(result).toMatchObject({ status: 'pending', ready: false, successful: false, error: undefined })
  expect(result.metadata).toEqual([])
  expect(result.wallTime).toBeNaN()
  await controller.submitted(1)
  const task = controller.task(0)
  expect(task.id).toBe(result.ids[0])
  controller.reply(answer(task, (a: number, b: number) => a + b, { engine: 1, attempts: 2 }))
  expect(await result).toBe(3)
  expect(result).toMatchObject({ status: 'succeeded', ready: true, successful: true, progress: { done: 1, total: 1 } })
  expect(result.metadata).toEqual([
    {
      id: task.id,
      status: 'succeeded',
      items: 1,
      engineId: 1,
      attempts: 2,
      submittedAt: 1_000,
      startedAt: 1_001,
      endedAt: 1_011,
      durationMs: 10,
    },
  ])
  expect(result.serialTime).toBe(10)
  expect(result.wallTime).toBe(11)
  expect(result.speedup).toBe(10 / 11)
})

test('replies find their tasks in any order, and a second reply changes nothing', async () => {
  const { controller, view } = await connected()
  const results = [1, 2, 3].map((x) => view.apply(double, x))
  await controller.submitted(3)
  const replies = controller.submissions.map((task) => answer(task, double))
  controller.reply(...replies.toReversed())
  controller.reply(...controller.submissions.map((task) => success(task.id, 'again')))
  expect(await Promise.all(results)).toEqual([2, 4, 6])
  await turn()
  expect(await Promise.all(results)).toEqual([2, 4, 6])
})

describe('errors', () => {
  test('what a task threw arrives as a RemoteError with its cause', async () => {
    const { controller, view } = await connected()
    const result = view.apply(double, 1)
    await controller.submitted(1)
    const thrown = new RangeError('out of rails')
    controller.reply(failure(controller.task(0).id, thrown, { engine: 7 }))
    const error = await result.then(
      () => undefined,
      (reason: unknown) => reason,
    )
    expect(error).toBeInstanceOf(RemoteError)
    expect(error).toMatchObject({
      code: 'YM_REMOTE',
      engineId: 7,
      taskId: result.ids[0],
      remoteName: 'RangeError',
      remoteStack: thrown.stack,
      message: 'engine 7: RangeError: out of rails',
    })
    expect((error as RemoteError).cause).toBeInstanceOf(RangeError)
    expect(result).toMatchObject({ status: 'failed', successful: false, error })
  })

  test('what the controller decided arrives as its coded class', async () => {
    const { controller, view } = await connected()
    const [late, gone] = [view.apply(double, 1), view.apply(double, 2)]
    await controller.submitted(2)
    const [a, b] = [controller.task(0), controller.task(1)]
    controller.reply(
      replyTo(a.id, { status: 'timedOut', fault: { code: 'YM_QUEUE_TIMEOUT', message: 'too late' } }),
      replyTo(b.id, { status: 'aborted' }),
    )
    await expect(late.get()).rejects.toThrow(QueueTimeoutError)
    await expect(gone.get()).rejects.toThrow(TaskAbortedError)
    expect([late.status, gone.status]).toEqual(['timedOut', 'aborted'])
  })

  test('an argument that cannot travel throws at the call, by name', async () => {
    const { view } = await connected()
    expect(() => view.apply((x: unknown) => x, { deep: [() => 1] })).toThrow(CloneError)
    expect(() => view.apply((x: unknown) => x, { deep: [() => 1] })).toThrow(/args\[0\]\.deep\[0\]/)
  })

  test('a result that nobody awaits disturbs nobody', async () => {
    const unhandled = vi.fn()
    process.on('unhandledRejection', unhandled)
    const { controller, view } = await connected()
    const result = view.apply(double, 1)
    const settled = result.wait()
    await controller.submitted(1)
    controller.reply(failure(controller.task(0).id, new Error('lonely')))
    await settled
    await turn()
    await turn()
    process.off('unhandledRejection', unhandled)
    expect(unhandled).not.toHaveBeenCalled()
  })

  test('an output that cannot be decoded is an error of that task only', async () => {
    const { controller, view } = await connected()
    const [bad, good] = [view.apply(double, 1), view.apply(double, 2)]
    await controller.submitted(2)
    const [a, b] = [controller.task(0), controller.task(1)]
    controller.reply(
      replyTo(a.id, {
        output: new Payload([new Uint8Array([0xc1])]),
      }),
      answer(b, double),
    )
    await expect(bad.get()).rejects.toMatchObject({ code: 'YM_PROTOCOL' })
    expect(await good).toBe(4)
  })

  test('arguments beyond the controller’s limit are refused here, and the link lives', async () => {
    const controller = new FakeController()
    controller.messageBytesMax = 200_000
    const client = await controller.connect()
    controller.serve((bytes: Uint8Array) => bytes.length)
    const view = client.loadBalancedView()
    const length = (bytes: Uint8Array) => bytes.length
    await expect(view.apply(length, new Uint8Array(200_000)).get()).rejects.toMatchObject({
      code: 'YM_MESSAGE_TOO_LARGE',
      message: expect.stringContaining('200000'),
    })
    expect(await view.apply(length, new Uint8Array(100_000))).toBe(100_000)
    expect(controller.submissions).toHaveLength(1)
  })
})

describe('waiting', () => {
  test('get with a timeout rejects and the task goes on', async () => {
    const { controller, view } = await connected()
    const result = view.apply(double, 21)
    await expect(result.get({ timeout: 5 })).rejects.toThrow(TimeoutError)
    expect(await result.wait(5)).toBe(false)
    expect(await result.wait(0)).toBe(false)
    controller.reply(answer(controller.task(0), double))
    expect(await result.wait(10_000)).toBe(true)
    expect(await result.get({ timeout: 0 })).toBe(42)
  })

  test('waiting leaves no timer behind', async () => {
    const controller = new FakeController()
    const clock = new VirtualClock()
    const result = (await controller.connect({ clock })).loadBalancedView().apply(double, 1)
    const waiting = [result.wait(60_000), result.get({ timeout: 60_000 })]
    await controller.submitted(1)
    controller.reply(answer(controller.task(0), double))
    expect(await Promise.all(waiting)).toEqual([true, 2])
    expect(clock.next).toBeGreaterThan(60_000)
  })

  test('abort names the task; the reply settles it', async () => {
    const { controller, view } = await connected()
    const result = view.apply(double, 1)
    result.abort()
    await controller.until(() => controller.all('abort').length > 0)
    expect(controller.received.map(({ type }) => type)).toEqual(['submit', 'abort'])
    expect(controller.all('abort')[0]?.tasks).toEqual(result.ids)
    controller.reply(replyTo(idOf(result), { status: 'aborted' }))
    await expect(result.get()).rejects.toThrow(TaskAbortedError)
  })

  test('a signal aborts all its tasks with one listener, and lets go of it at the end', async () => {
    const { controller, view } = await connected()
    const stop = new AbortController()
    const added = vi.spyOn(stop.signal, 'addEventListener')
    const removed = vi.spyOn(stop.signal, 'removeEventListener')
    const results = [1, 2, 3].map((x) => view.with({ signal: stop.signal }).apply(double, x))
    await controller.submitted(3)
    expect(added).toHaveBeenCalledTimes(1)
    controller.reply(answer(controller.task(0), double))
    expect(await results[0]).toBe(2)
    stop.abort()
    await controller.until(() => controller.all('abort').length === 2)
    expect(controller.all('abort').flatMap(({ tasks }) => tasks)).toEqual(results.slice(1).flatMap(({ ids }) => ids))
    controller.reply(...results.slice(1).map(({ ids }) => replyTo(ids[0] as TaskId, { status: 'aborted' })))
    await Promise.all(results.map((result) => result.wait()))
    expect(removed).toHaveBeenCalledTimes(1)
  })

  test('with a signal that has fired, nothing is submitted', async () => {
    const { controller, view } = await connected()
    const aborted = view.with({ signal: AbortSignal.abort() })
    await expect(aborted.apply(double, 1).get()).rejects.toThrow(TaskAbortedError)
    await expect(aborted.map(double, [1, 2]).get()).rejects.toThrow(TaskAbortedError)
    await turn()
    expect(controller.submissions).toEqual([])
  })
})

describe('streams', () => {
  test('each subscriber gets everything from the beginning, and completion', async () => {
    const { controller, view } = await connected()
    const result = view.apply(double, 4)
    await controller.submitted(1)
    const { id } = controller.task(0)
    const early = {
      status: lastValueFrom(result.status$.pipe(toArray())),
      progress: lastValueFrom(result.progress$.pipe(toArray())),
    }
    controller.send({ type: 'begun', tasks: [{ id, attempt: 1, engine: 0 }] })
    controller.send({
      type: 'news',
      news: [
        { kind: 'progress', id, done: 1, total: 4 },
        { kind: 'output', id, attempt: 1, index: 0, stream: 'stdout', text: 'hello ' },
        { kind: 'output', id, attempt: 1, index: 1, stream: 'stderr', text: 'oh' },
        { kind: 'output', id, attempt: 1, index: 2, stream: 'stdout', text: 'world' },
        { kind: 'emit', id, value: encodeValue('by the way') },
      ],
    })
    controller.reply(answer(controller.task(0), double))
    expect(await result).toBe(8)
    expect(await early.status).toEqual(['pending', 'running', 'succeeded'])
    expect(await early.progress).toEqual([
      { done: 0, total: 1 },
      { done: 1, total: 4 },
    ])
    expect([result.stdout, result.stderr]).toEqual(['hello world', 'oh'])
    expect(await lastValueFrom(result.output$.pipe(toArray()))).toHaveLength(3)
    expect(await lastValueFrom(result.emitted$.pipe(toArray()))).toEqual(['by the way'])
    expect(await lastValueFrom(result.results$.pipe(toArray()))).toEqual([8])
    expect(await lastValueFrom(from(result).pipe(toArray()))).toEqual([8])
    expect(await collect(result)).toEqual([8])
  })

  test('unsubscribing and leaving a loop abort nothing', async () => {
    const { controller, view } = await connected()
    const result = view.apply(double, 4)
    result.results$.subscribe().unsubscribe()
    await result[Symbol.asyncIterator]().return?.()
    await controller.submitted(1)
    await turn()
    expect(controller.all('abort')).toEqual([])
    controller.reply(answer(controller.task(0), double))
    expect(await result).toBe(8)
  })

  test('results$ errors as the result does', async () => {
    const { controller, view } = await connected()
    const result = view.apply(double, 4)
    const read = lastValueFrom(result.results$)
    await controller.submitted(1)
    controller.reply(failure(idOf(result), new Error('no')))
    await expect(read).rejects.toThrow(RemoteError)
  })
})

test('remote makes a function that runs elsewhere', async () => {
  const { controller, view } = await connected()
  controller.serve(double)
  const remote = view.remote(double)
  expect(await Promise.all([remote(1), remote(2)])).toEqual([2, 4])
})
