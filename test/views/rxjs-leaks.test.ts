/** What was subscribed to and left again is not held by anything, while the result, the client and the signal live on. */
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { firstValueFrom, from, type Observable } from 'rxjs'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { VirtualClock } from '../../testing/virtual-clock.ts'
import type { AsyncResult } from '../../views/async-result.ts'
import { TaskGroup } from '../../views/task-group.ts'
import { answer, FakeController, turn } from './fake-controller.ts'

// Optimized code holds on to an object that it was made for, now and then one of thousands, which is nobody's leak.
setFlagsFromString('--no-opt')

const count = 3_000
const double = (x: number) => x * 2

/** How many of these are still held by something. The last one, the machine may still have at hand: it does not count. */
async function held(refs: readonly WeakRef<object>[]): Promise<number> {
  setFlagsFromString('--expose-gc')
  const collect: () => void = runInNewContext('gc')
  for (let i = 0; i < 3; i += 1) {
    await turn()
    collect()
  }
  return refs.slice(0, -1).filter((ref) => ref.deref() !== undefined).length
}

/** Who ever watched a group. RxJS lets go of an observer itself, so it is these that would pile up. */
let watchers: WeakRef<object>[] = []
const { watch } = TaskGroup.prototype
beforeEach(() => {
  watchers = []
  TaskGroup.prototype.watch = function (watcher) {
    watchers.push(new WeakRef(watcher))
    watch.call(this, watcher)
  }
})
afterEach(() => {
  TaskGroup.prototype.watch = watch
})

async function pending() {
  const controller = new FakeController()
  const clock = new VirtualClock()
  const client = await controller.connect({ clock })
  const view = client.loadBalancedView()
  const result = view.apply(double, 4)
  await controller.submitted(1)
  return { controller, clock, client, view, result }
}

test('subscribers, of every stream', async () => {
  const { client, result } = await pending()
  const streams: readonly Observable<unknown>[] = [
    result.results$,
    result.status$,
    result.progress$,
    result.output$,
    result.emitted$,
    from(result),
    client.engines$,
  ]
  const observer = () => ({ next: () => {} })
  for (const stream of streams) {
    const left = Array.from({ length: count }, () => {
      const subscriber = observer()
      stream.subscribe(subscriber).unsubscribe()
      return new WeakRef(subscriber)
    })
    expect(await held(watchers.splice(0))).toBe(0)
    const kept = Array.from({ length: 10 }, () => {
      const subscriber = observer()
      stream.subscribe(subscriber)
      return new WeakRef(subscriber)
    })
    // Those that go on are held, or this would prove nothing.
    expect([await held(left), await held(kept)]).toEqual([0, 9])
    expect(await held(watchers.splice(0))).toBe(stream === client.engines$ ? 0 : 9)
  }
  expect(client.status).toBe('ready')
})

test('loops that were left', async () => {
  const { view, controller } = await pending()
  const map = view.with({ chunk: 1 }).map(double, [1, 2, 3])
  await controller.submitted(3)
  controller.reply(answer(controller.task(1), double))
  const left: WeakRef<object>[] = []
  for (let i = 0; i < count; i += 1) {
    const loop = map[Symbol.asyncIterator]()
    left.push(new WeakRef(loop))
    if (i % 2 === 0) await loop.next()
    await loop.return?.()
  }
  expect(await held(watchers.splice(0))).toBe(0)
  const loops = Array.from({ length: 10 }, () => map[Symbol.asyncIterator]())
  expect([await held(left), await held(loops.map((loop) => new WeakRef(loop)))]).toEqual([0, 9])
  expect(loops).toHaveLength(10)
})

test('waiting that was given up leaves no timer, and nothing at the result or the client', async () => {
  const { clock, client, result } = await pending()
  const heartbeats = clock.next
  const waits: Promise<unknown>[] = []
  for (let i = 0; i < count; i += 1) {
    waits.push(
      result.wait(10),
      result.get({ timeout: 10 }).catch(() => {}),
      client.wait(result, 10),
      client.wait(undefined, 10),
      client.waitForEngines(9, 10).catch(() => {}),
      client.waitForEngines(1, 10),
    )
  }
  const refs = waits.splice(0).map((wait) => new WeakRef(wait))
  await turn()
  clock.advance(10)
  await turn()
  expect(clock.next).toBe(heartbeats)
  expect(await held(refs)).toBe(0)
  expect(await held(watchers)).toBe(0)
})

test('results that have ended, although their signal has not fired', async () => {
  const { controller, view } = await pending()
  controller.serve(double)
  const { signal } = new AbortController()
  const ended: WeakRef<object>[] = []
  for (let i = 0; i < count; i += 1) {
    const result: AsyncResult<number> = view.with({ signal }).apply(double, i)
    result.status$.subscribe()
    ended.push(new WeakRef(result))
    if (i % 100 === 0) await firstValueFrom(result.results$)
  }
  await view.apply(double, 0)
  controller.received.length = 0
  expect(await held(ended)).toBe(0)
})
