import { from, type Observable } from 'rxjs'
import { expectTypeOf, test } from 'vitest'
import type { YardmasterError } from '../../core/errors.ts'
import type { AsyncResult } from '../../views/async-result.ts'
import type { Client } from '../../views/client.ts'
import { depend, requires } from '../../views/depend.ts'
import { type ModuleTask, task } from '../../views/functions/module-task.ts'
import type { LoadBalancedView, MapResult } from '../../views/load-balanced-view.ts'

declare const view: LoadBalancedView
declare const client: Client
declare const numbers: number[]
declare const stream: AsyncIterable<string>
declare const power: ModuleTask<(x: number, n: number) => Promise<number>>

test('apply knows its arguments and what comes of them', () => {
  expectTypeOf(view.apply((a: number, b: number) => a + b, 1, 2)).toEqualTypeOf<AsyncResult<number>>()
  expectTypeOf(view.apply(async (text: string) => text.length, 'abc')).toEqualTypeOf<AsyncResult<number>>()
  expectTypeOf(view.apply(() => {})).toEqualTypeOf<AsyncResult<void>>()
  expectTypeOf(view.apply(power, 2, 10)).toEqualTypeOf<AsyncResult<number>>()
  // @ts-expect-error the function takes a number
  view.apply((x: number) => x, 'one')
  // @ts-expect-error an argument is missing
  view.apply((a: number, b: number) => a + b, 1)
  // @ts-expect-error the exported function takes numbers
  view.apply(power, '2', 10)
})

test('a generator gives its parts one by one, and all of them when awaited', () => {
  const result = view.apply(async function* (n: number) {
    for (let i = 0; i < n; i += 1) yield String(i)
  }, 3)
  expectTypeOf(result).toEqualTypeOf<AsyncResult<string[], string>>()
  expectTypeOf(result.results$).toEqualTypeOf<Observable<string>>()
})

test('map infers elements and results, one sequence for each parameter', () => {
  expectTypeOf(view.map((x: number) => `${x}`, numbers)).toEqualTypeOf<AsyncResult<string[], string>>()
  expectTypeOf(view.map((x) => x * 2, numbers)).toEqualTypeOf<AsyncResult<number[], number>>()
  expectTypeOf(view.map(async (a: number, b: string) => a + b.length, numbers, stream)).toEqualTypeOf<
    AsyncResult<number[], number>
  >()
  expectTypeOf(view.map((a, b) => ({ a, b }), numbers, stream)).toEqualTypeOf<
    MapResult<{ a: number; b: string }, false>
  >()
  expectTypeOf(view.map(power, numbers, new Set([1, 2]))).toEqualTypeOf<AsyncResult<number[], number>>()
  // @ts-expect-error the elements are texts
  view.map((x: number) => x, ['one'])
  // @ts-expect-error a sequence is missing
  view.map((a: number, b: number) => a + b, numbers)
})

test('errors in place are in the type', async () => {
  const inPlace = view.with({ returnExceptions: true })
  expectTypeOf(await inPlace.map((x: number) => x, numbers)).toEqualTypeOf<(number | YardmasterError)[]>()
  const further = inPlace.with({ retries: 2 })
  expectTypeOf(await further.map((x: number) => x, numbers)).toEqualTypeOf<(number | YardmasterError)[]>()
  const back = further.with({ returnExceptions: false })
  expectTypeOf(await back.map((x: number) => x, numbers)).toEqualTypeOf<number[]>()
  expectTypeOf(await inPlace.apply((x: number) => x, 1)).toEqualTypeOf<number>()
  for await (const item of inPlace.imap((x: number) => x, stream as AsyncIterable<never>))
    expectTypeOf(item).toEqualTypeOf<number | YardmasterError>()
})

test('imap, parallel and remote', async () => {
  for await (const item of view.imap((text) => text.length, stream)) expectTypeOf(item).toEqualTypeOf<number>()
  const f = view.parallel((x: number) => 10.0 * x ** 4)
  expectTypeOf(f.map(numbers)).toEqualTypeOf<AsyncResult<number[], number>>()
  expectTypeOf(f(numbers)).toEqualTypeOf<AsyncResult<number[], number>>()
  const add = view.remote((a: number, b: number) => a + b)
  expectTypeOf(add).toEqualTypeOf<(a: number, b: number) => AsyncResult<number>>()
})

test('a result is a promise, an iterable and an observable', async () => {
  const result = view.map((x: number) => `${x}`, numbers)
  expectTypeOf(await result).toEqualTypeOf<string[]>()
  expectTypeOf(result).toExtend<PromiseLike<string[]>>()
  expectTypeOf(await Promise.all([result, view.apply(() => 1)])).toEqualTypeOf<[string[], number]>()
  for await (const item of result) expectTypeOf(item).toEqualTypeOf<string>()
  expectTypeOf(from(result.results$)).toEqualTypeOf<Observable<string>>()
  expectTypeOf(result.get({ timeout: 1 })).toEqualTypeOf<Promise<string[]>>()
  expectTypeOf(result.wait(1)).toEqualTypeOf<Promise<boolean>>()
})

test('handles of exported functions carry their types', () => {
  const fit = task<typeof import('../../views/chunk-size.ts').ChunkSize.prototype.next>('x', 'next')
  expectTypeOf(view.apply(fit, 3, 2)).toEqualTypeOf<AsyncResult<number>>()
})

test('functions that depend keep their types', () => {
  const sync = depend(
    (x: number) => `${x}`,
    (n: number) => n > 1,
    2,
  )
  expectTypeOf(sync).toEqualTypeOf<(x: number) => string>()
  expectTypeOf(view.apply(sync, 1)).toEqualTypeOf<AsyncResult<string>>()
  expectTypeOf(
    depend(
      (x: number) => x,
      async () => true,
    ),
  ).toEqualTypeOf<(x: number) => Promise<number>>()
  expectTypeOf(requires((x: number) => x, ['sharp'])).toEqualTypeOf<(x: number) => number>()
  const ready = (n: number) => n > 1
  // @ts-expect-error the predicate takes a number
  depend((x: number) => x, ready, 'two')
})

test('the client', () => {
  expectTypeOf(client.getResult<number>('a.1')).toEqualTypeOf<AsyncResult<number>>()
  expectTypeOf(client.getResult<number>(['a.1'])).toEqualTypeOf<AsyncResult<number[], number>>()
  expectTypeOf(client.apply((x: number) => x, [1], { targets: null })).toEqualTypeOf<AsyncResult<number>>()
  expectTypeOf(client.view(null)).toEqualTypeOf<LoadBalancedView>()
  // @ts-expect-error flags have names
  view.with({ retrys: 2 })
})
