import { expectTypeOf, test } from 'vitest'
import { transfer } from '../../core/transfer.ts'
import type { AsyncResult } from '../../views/async-result.ts'
import { bind } from '../../views/functions/bind.ts'
import { type ModuleTask, task } from '../../views/functions/module-task.ts'
import type { LoadBalancedView } from '../../views/load-balanced-view.ts'

declare const view: LoadBalancedView
declare const rate: number

test('a bound function has the type of the function', () => {
  const fn = bind({ rate: 2 }, (x: number) => x * rate)
  expectTypeOf(fn).toEqualTypeOf<(x: number) => number>()
  expectTypeOf(view.map(fn, [1, 2])).toEqualTypeOf<AsyncResult<number[], number>>()
  // @ts-expect-error the function takes a number
  view.apply(fn, 'one')
  expectTypeOf(
    view.apply(
      bind({}, function* (n: number) {
        yield String(n)
      }),
      1,
    ),
  ).toEqualTypeOf<AsyncResult<string[], string>>()
  // @ts-expect-error the values come first
  bind((x: number) => x, {})
  // @ts-expect-error the handle of an exported function captures nothing
  bind({}, task(import.meta.url, 'fit'))
  expectTypeOf(task(import.meta.url, 'fit')).toExtend<ModuleTask>()
})

test('what is transferred keeps its type', () => {
  expectTypeOf(transfer(new Float64Array(1))).toEqualTypeOf<Float64Array<ArrayBuffer>>()
  expectTypeOf(transfer(new ArrayBuffer(1))).toEqualTypeOf<ArrayBuffer>()
  expectTypeOf(view.apply((given: Uint8Array) => given.length, transfer(new Uint8Array(1)))).toEqualTypeOf<
    AsyncResult<number>
  >()
  expectTypeOf(view.apply(() => transfer(new Uint8Array(1)))).toEqualTypeOf<AsyncResult<Uint8Array<ArrayBuffer>>>()
  // @ts-expect-error shared memory is shared, not moved
  transfer(new SharedArrayBuffer(1))
  // @ts-expect-error a view of shared memory
  transfer(new Uint8Array(new SharedArrayBuffer(1)))
  // @ts-expect-error each buffer is marked on its own
  transfer({ bytes: new Uint8Array(1) })
})
