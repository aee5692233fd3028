/** A client's streams as RxJS uses them: one meaning for all, nothing that a subscriber does hurts anything but itself. */
import {
  concatMap,
  config,
  EmptyError,
  finalize,
  from,
  lastValueFrom,
  type Observable,
  Subject,
  switchMap,
  take,
  takeUntil,
  toArray,
} from 'rxjs'
import { afterEach, describe, expect, test, vi } from 'vitest'
import { encodeValue } from '../../core/payload.ts'
import type { AsyncResult } from '../../views/async-result.ts'
import type { Client } from '../../views/client.ts'
import { answer, collect, engineInfo, FakeController, failure, turn } from './fake-controller.ts'

const double = (x: number) => x * 2

async function connected() {
  const controller = new FakeController()
  const client = await controller.connect()
  return { controller, client, view: client.loadBalancedView() }
}

const streams: readonly { name: string; of: (result: AsyncResult<unknown>, client: Client) => Observable<unknown> }[] =
  [
    { name: 'results$', of: (result) => result.results$ },
    { name: 'status$', of: (result) => result.status$ },
    { name: 'progress$', of: (result) => result.progress$ },
    { name: 'output$', of: (result) => result.output$ },
    { name: 'emitted$', of: (result) => result.emitted$ },
    { name: 'engines$', of: (_result, client) => client.engines$ },
  ]

/** What an observer is told, in order. */
function told(stream: Observable<unknown>): string[] {
  const log: string[] = []
  stream.subscribe({
    next: () => log.push('next'),
    error: (error) => log.push(`error ${error.code}`),
    complete: () => log.push('complete'),
  })
  return log
}

/** A task that has begun, and has made each stream speak. */
async function running() {
  const { controller, client, view } = await connected()
  const result = view.apply(double, 4)
  await controller.submitted(1)
  const { id } = controller.task(0)
  controller.send({ type: 'begun', tasks: [{ id, attempt: 1, engine: 0 }] })
  controller.send({
    type: 'news',
    news: [
      { kind: 'progress', id, done: 1, total: 4 },
      { kind: 'output', id, attempt: 1, index: 0, stream: 'stdout', text: 'hello' },
      { kind: 'emit', id, value: encodeValue('by the way') },
    ],
  })
  await turn()
  await turn()
  expect(result.stdout).toBe('hello')
  return { controller, client, result }
}

describe.each(streams)('$name', ({ name, of }) => {
  test('tells each subscriber what was, then what is, then completes; those who come after the end as well', async () => {
    const { controller, client, result } = await running()
    const early = told(of(result, client))
    expect(early.includes('next')).toBe(name !== 'results$')
    controller.reply(answer(controller.task(0), double))
    controller.send({ type: 'engines', joined: [engineInfo(7)], left: [] })
    await result
    await client.close()
    expect(early.filter((what) => what !== 'next')).toEqual(['complete'])
    const late = told(of(result, client))
    expect(late.filter((what) => what !== 'next')).toEqual(['complete'])
    expect(late[0]).toBe('next')
    expect(early[0]).toBe('next')
  })

  test('only results$ errors, once, with what the result rejects with', async () => {
    const { controller, client, result } = await running()
    const early = told(of(result, client))
    controller.reply(failure(controller.task(0).id, new Error('no')))
    await result.wait()
    await client.close()
    const end = name === 'results$' ? 'error YM_REMOTE' : 'complete'
    for (const log of [early, told(of(result, client))]) expect(log.filter((what) => what !== 'next')).toEqual([end])
  })

  test('the end of the client is an end for it, too', async () => {
    const { client, result } = await running()
    const early = told(of(result, client))
    await client.close()
    const end = name === 'results$' ? 'error YM_CLOSED' : 'complete'
    expect(early.at(-1)).toBe(end)
    expect(told(of(result, client)).at(-1)).toBe(end)
  })

  test('subscribing and unsubscribing say nothing to the controller, and abort nothing', async () => {
    const { controller, client, result } = await running()
    const before = controller.received.length
    for (let i = 0; i < 1_000; i += 1) {
      of(result, client).subscribe().unsubscribe()
      of(result, client).pipe(take(1)).subscribe().unsubscribe()
      of(result, client)
        .pipe(takeUntil(from([0])))
        .subscribe()
    }
    await turn()
    expect(controller.received).toHaveLength(before)
    controller.reply(answer(controller.task(0), double))
    expect(await result).toBe(8)
  })
})

describe('a subscriber that throws', () => {
  afterEach(() => {
    config.onUnhandledError = null
  })

  test.each(streams)('on $name hurts no other, nor the session', async ({ of }) => {
    const unhandled = vi.fn()
    config.onUnhandledError = unhandled
    const { controller, client, result } = await running()
    const stream = of(result, client)
    const fail = () => {
      throw new Error('subscriber')
    }
    stream.subscribe({ next: fail, complete: fail })
    const other = told(stream)
    stream.subscribe({ next: fail, complete: fail })
    controller.reply(answer(controller.task(0), double))
    controller.send({ type: 'engines', joined: [engineInfo(7)], left: [] })
    expect(await result).toBe(8)
    const next = client.loadBalancedView().apply(double, 5)
    await controller.submitted(2)
    controller.reply(answer(controller.task(1), double))
    expect(await next).toBe(10)
    await client.close()
    expect(other.at(-1)).toBe('complete')
    // RxJS reports by timers, behind which this one stands.
    await new Promise((resolve) => setTimeout(resolve, 1))
    expect(unhandled.mock.calls.length).toBeGreaterThanOrEqual(4)
  })

  test('in an operator ends its own chain only', async () => {
    const { controller, result } = await running()
    const chain = lastValueFrom(
      result.results$.pipe(
        concatMap(() => {
          throw new RangeError('operator')
        }),
      ),
    )
    const whole = lastValueFrom(result.results$)
    controller.reply(answer(controller.task(0), double))
    await expect(chain).rejects.toThrow(RangeError)
    expect(await whole).toBe(8)
  })
})

describe('from within a callback', () => {
  test('a stream can be subscribed to again, and gives all once', async () => {
    const { controller, view } = await connected()
    const map = view.with({ chunk: 1 }).map(double, [1, 2, 3])
    const inner: number[][] = []
    map.results$.subscribe(() => {
      const seen: number[] = []
      inner.push(seen)
      map.results$.subscribe((value) => seen.push(value))
    })
    const states: string[][] = []
    map.status$.subscribe(() => states.push(told(map.status$)))
    controller.serve(double)
    await controller.submitted(3)
    for (const task of controller.submissions) controller.reply(answer(task, double))
    await map
    expect(inner).toEqual([
      [2, 4, 6],
      [2, 4, 6],
      [2, 4, 6],
    ])
    expect(states.map((log) => log.at(-1))).toEqual(['complete', 'complete', 'complete'])
  })

  test('of the last result: a new wait, loop and stream are told of the end', async () => {
    const { controller, view } = await connected()
    const map = view.map(double, [1])
    const ends: Promise<unknown>[] = []
    map.results$.subscribe(() => {
      ends.push(map.wait(), map.get(), lastValueFrom(map.status$), lastValueFrom(map.progress$), collect(map))
    })
    await controller.submitted(1)
    controller.reply(answer(controller.task(0), double))
    await map
    expect(await Promise.all(ends)).toEqual([true, [2], 'succeeded', { done: 1, total: 1 }, [2]])
  })

  test('the result can be aborted, and every stream tells of it once', async () => {
    const { controller, view } = await connected()
    const never = { [Symbol.asyncIterator]: () => ({ next: () => new Promise<IteratorResult<number>>(() => {}) }) }
    for (const stream of ['status$', 'progress$'] as const) {
      // Nothing is under way: it ends within the call of abort.
      const map = view.map(double, never)
      const seen: unknown[] = []
      const end = new Promise<void>((complete) => {
        const states: Observable<unknown> = map[stream]
        states.subscribe({
          next: (state) => {
            seen.push(state)
            map.abort()
          },
          complete,
        })
      })
      await end
      expect(map.status).toBe('aborted')
      expect(seen).toEqual(
        stream === 'status$'
          ? ['pending', 'aborted']
          : [
              { done: 0, total: undefined },
              { done: 0, total: 0 },
            ],
      )
    }

    const map = view.with({ chunk: 1 }).map(double, [1, 2, 3])
    const log: unknown[] = []
    map.progress$.subscribe(({ done }) => {
      log.push(done)
      if (done === 1) map.abort()
    })
    await controller.submitted(3)
    controller.reply(answer(controller.task(0), double))
    await controller.until(() => controller.all('abort').length > 0)
    expect(controller.all('abort')[0]?.tasks).toEqual([controller.task(1).id, controller.task(2).id])
    for (const task of controller.submissions.slice(1)) controller.reply({ ...answer(task, double), status: 'aborted' })
    await map.wait()
    expect(log).toEqual([0, 1, 2, 3])
  })

  test('others can be unsubscribed, and hear no more', async () => {
    const { controller, client } = await connected()
    const heard: string[] = []
    const first = client.engines$.subscribe((engines) => {
      heard.push(`first ${engines.length}`)
      if (engines.length === 3) second.unsubscribe()
    })
    const second = client.engines$.subscribe((engines) => heard.push(`second ${engines.length}`))
    controller.send({ type: 'engines', joined: [engineInfo(7)], left: [] })
    await client.waitForEngines(3)
    first.unsubscribe()
    expect(heard).toEqual(['first 2', 'second 2', 'first 3'])
  })

  test('the client can be closed', async () => {
    const { client, result } = await running()
    let closing: Promise<void> | undefined
    result.output$.subscribe(() => {
      closing = client.close()
    })
    await closing
    expect(client.status).toBe('closed')
    await expect(result.get()).rejects.toMatchObject({ code: 'YM_CLOSED' })
  })
})

describe('with operators', () => {
  test('from(result) and wherever RxJS takes an input: the stream of results', async () => {
    const { controller, view } = await connected()
    controller.serve(double)
    const map = view.map(double, [1, 2, 3])
    expect(await lastValueFrom(from(map).pipe(toArray()))).toEqual([2, 4, 6])
    expect(
      await lastValueFrom(
        from([1, 2]).pipe(
          concatMap((x) => view.apply(double, x)),
          toArray(),
        ),
      ),
    ).toEqual([2, 4])
    expect(await lastValueFrom(map.results$)).toBe(6)
    await expect(lastValueFrom(view.map(double, []).results$)).rejects.toThrow(EmptyError)
  })

  test('switchMap leaves the task before alone; finalize can abort it', async () => {
    const { controller, view } = await connected()
    const calls = new Subject<number>()
    const results: AsyncResult<number>[] = []
    const seen: number[] = []
    calls
      .pipe(
        switchMap((x) => {
          const result = view.apply(double, x)
          results.push(result)
          return x < 10 ? result : result.results$.pipe(finalize(() => result.abort()))
        }),
      )
      .subscribe((value) => seen.push(value))
    calls.next(1)
    calls.next(2)
    await controller.submitted(2)
    await turn()
    expect(controller.all('abort')).toEqual([])
    for (const task of [...controller.submissions]) controller.reply(answer(task, double))
    expect(await Promise.all(results)).toEqual([2, 4])
    expect(seen).toEqual([4])
    calls.next(10)
    calls.next(11)
    await controller.until(() => controller.all('abort').length > 0)
    expect(controller.all('abort')[0]?.tasks).toEqual(results[2]?.ids)
  })
})
