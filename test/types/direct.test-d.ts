import { expectTypeOf, test } from 'vitest'
import type { YardmasterError } from '../../core/errors.ts'
import type { AsyncResult } from '../../views/async-result.ts'
import type { BroadcastView } from '../../views/broadcast-view.ts'
import type { Client } from '../../views/client.ts'
import type { DirectView } from '../../views/direct-view.ts'
import type { ModuleTask } from '../../views/functions/module-task.ts'

declare const client: Client
declare const ids: number[]
declare const power: ModuleTask<(x: number, n: number) => Promise<number>>

const length = (word: string) => word.length
const all = client.directView('all')
const one = client.directView(3)
const pair = client.directView([0, 2])
const some = client.directView(ids)

test('one engine gives a value, a list as many, others a list', () => {
  expectTypeOf(client.directView()).toEqualTypeOf<DirectView<'all'>>()
  expectTypeOf(one.apply(length, 'word')).toEqualTypeOf<AsyncResult<number>>()
  expectTypeOf(pair.apply(length, 'word')).toEqualTypeOf<AsyncResult<[number, number], number>>()
  expectTypeOf(client.directView([1]).apply(power, 2, 3)).toEqualTypeOf<AsyncResult<[number], number>>()
  expectTypeOf(some.apply(length, 'word')).toEqualTypeOf<AsyncResult<number[], number>>()
  expectTypeOf(all.apply(length, 'word')).toEqualTypeOf<AsyncResult<number[], number>>()
  expectTypeOf(client.directView({ from: 1, step: 2 }).apply(power, 2, 3)).toEqualTypeOf<
    AsyncResult<number[], number>
  >()
  expectTypeOf(one.remote(length)('word')).toEqualTypeOf<AsyncResult<number>>()
  const counts = function* (n: number) {
    yield n
  }
  expectTypeOf(one.apply(counts, 2)).toEqualTypeOf<AsyncResult<number[], number>>()
  expectTypeOf(pair.apply(counts, 2)).toEqualTypeOf<AsyncResult<[number[], number[]], number[]>>()
})

test('a broadcast gives a list always', () => {
  expectTypeOf(client.broadcastView()).toEqualTypeOf<BroadcastView<'all'>>()
  expectTypeOf(client.broadcastView().apply(length, 'word')).toEqualTypeOf<AsyncResult<number[], number>>()
  expectTypeOf(client.broadcastView(3).apply(length, 'word')).toEqualTypeOf<AsyncResult<[number], number>>()
  expectTypeOf(client.broadcastView([0, 2]).push({ a: 1 })).toEqualTypeOf<
    AsyncResult<[undefined, undefined], undefined>
  >()
  // @ts-expect-error parts of a sequence are for direct views
  client.broadcastView().scatter('a', [1])
})

test('names', () => {
  expectTypeOf(one.push({ a: 1 })).toEqualTypeOf<AsyncResult<undefined>>()
  expectTypeOf(all.set('a', 1)).toEqualTypeOf<AsyncResult<undefined[], undefined>>()
  expectTypeOf(one.pull('a')).toEqualTypeOf<AsyncResult<unknown>>()
  expectTypeOf(pair.pull<string>('a')).toEqualTypeOf<AsyncResult<[string, string], string>>()
  expectTypeOf(one.pull(['a', 'b'])).toEqualTypeOf<AsyncResult<[unknown, unknown]>>()
  expectTypeOf(one.pull<[string, number]>(['a', 'b'])).toEqualTypeOf<AsyncResult<[string, number]>>()
  expectTypeOf(all.pull<[string, number]>(['a', 'b'])).toEqualTypeOf<
    AsyncResult<[string, number][], [string, number]>
  >()
  expectTypeOf(one.get<Date>('a')).toEqualTypeOf<AsyncResult<Date>>()
  expectTypeOf(one.execute<number>('1 + 1')).toEqualTypeOf<AsyncResult<number>>()
  expectTypeOf(pair.run('file.js')).toEqualTypeOf<AsyncResult<[unknown, unknown], unknown>>()
  expectTypeOf(all.clear()).toEqualTypeOf<AsyncResult<undefined[], undefined>>()
  expectTypeOf(one.interrupt()).toEqualTypeOf<AsyncResult<undefined>>()
  expectTypeOf(client.broadcastView(1).restart()).toEqualTypeOf<AsyncResult<[undefined], undefined>>()
  expectTypeOf(one.importModule('node:path')).toEqualTypeOf<AsyncResult<undefined>>()
  // @ts-expect-error two types for one name
  one.pull<[string, number]>(['a'])
})

test('sequences', () => {
  expectTypeOf(one.map(length, ['a'])).toEqualTypeOf<AsyncResult<number[], number>>()
  expectTypeOf(all.map(power, [1, 2], new Set([3]))).toEqualTypeOf<AsyncResult<number[], number>>()
  expectTypeOf(all.parallel(length)(['a'])).toEqualTypeOf<AsyncResult<number[], number>>()
  expectTypeOf(all.parallel(length).map('ab')).toEqualTypeOf<AsyncResult<number[], number>>()
  expectTypeOf(all.gather('a')).toEqualTypeOf<AsyncResult<unknown[]>>()
  expectTypeOf(all.gather<Float64Array>('a', { cyclic: true })).toEqualTypeOf<AsyncResult<Float64Array>>()
  expectTypeOf(pair.scatter('a', new Float64Array(3))).toEqualTypeOf<AsyncResult<[undefined, undefined], undefined>>()
  // @ts-expect-error the function takes texts
  all.map(length, [1])
  // @ts-expect-error a sequence is missing
  all.map(power, [1])
})

test('errors in place are in the type, but of one engine', () => {
  const inPlace = { returnExceptions: true } as const
  type Entry = number | YardmasterError
  expectTypeOf(all.with(inPlace).apply(length, 'a')).toEqualTypeOf<AsyncResult<Entry[], Entry>>()
  expectTypeOf(pair.with(inPlace).apply(length, 'a')).toEqualTypeOf<AsyncResult<[Entry, Entry], Entry>>()
  expectTypeOf(pair.with(inPlace).with({ label: 'a' }).map(length, 'a')).toEqualTypeOf<AsyncResult<Entry[], Entry>>()
  expectTypeOf(one.with(inPlace).apply(length, 'a')).toEqualTypeOf<AsyncResult<number>>()
  expectTypeOf(client.broadcastView(1).with(inPlace).apply(length, 'a')).toEqualTypeOf<AsyncResult<[Entry], Entry>>()
})

test('flags that have no meaning do not compile', () => {
  all.with({ label: 'a', runTimeout: 5, ordered: false, signal: new AbortController().signal })
  // @ts-expect-error the engines are named
  all.with({ targets: 0 })
  // @ts-expect-error nothing is tried elsewhere
  all.with({ label: 'a', retries: 2 })
  // @ts-expect-error it begins when the engine is free
  all.with({ after: ['a.1'], label: 'a' })
  // @ts-expect-error the same of broadcasts
  client.broadcastView().with({ label: 'a', priority: 1 })
})

test('the short forms `client.view` and `client.apply`', () => {
  expectTypeOf(client.view([0, 2])).toEqualTypeOf<DirectView<readonly [0, 2]>>()
  expectTypeOf(client.view('all')).toEqualTypeOf<DirectView<'all'>>()
  expectTypeOf(client.apply(length, ['a'], { targets: 1 })).toEqualTypeOf<AsyncResult<number>>()
  expectTypeOf(client.apply(length, ['a'], { targets: [1, 2] })).toEqualTypeOf<AsyncResult<[number, number], number>>()
  expectTypeOf(client.apply(length, ['a'], { targets: 'all', returnExceptions: true })).toEqualTypeOf<
    AsyncResult<(number | YardmasterError)[], number | YardmasterError>
  >()
  expectTypeOf(client.apply(length, ['a'], { targets: null, retries: 1 })).toEqualTypeOf<AsyncResult<number>>()
  // @ts-expect-error the function takes a text
  client.apply(length, [1], { targets: [1] })
  // @ts-expect-error a flag of load-balanced views
  client.apply(length, ['a'], { targets: [1], retries: 1 })
})
