import { runInThisContext } from 'node:vm'
import { expect, test } from 'vitest'
import { reviveFunction } from '../../cluster/executors/revive.ts'
import { bind } from '../../views/functions/bind.ts'
import type { Callable } from '../../views/functions/callable.ts'
import { shipFunction } from '../../views/functions/ship-function.ts'
import { scale } from './programs/work.ts'

declare const rate: number
declare const settings: { readonly step: number }

const factor = 2
const run = async (fn: Callable, ...args: unknown[]) => (await reviveFunction(shipFunction(fn).payload))(...args)

test('a name that nothing declares has a value on the engine', async () => {
  const fn = bind({ rate: 5, settings: { step: 7 } }, (x: number) => x * rate + settings.step)
  expect(await run(fn, 2)).toBe(17)
})

test('what is bound travels instead of what would be captured', async () => {
  const fn = (x: number) => x * factor
  expect(await run(bind({ factor: 10 }, fn), 3)).toBe(30)
  expect(await run(fn, 3)).toBe(6)
  expect(bind({ factor: 10 }, fn)(3)).toBe(6)
  const socket = new WeakMap()
  const guarded = () => socket
  expect(() => shipFunction(guarded)).toThrow(/'socket'/)
  expect(await run(bind({ socket: null }, guarded))).toBeNull()
})

test('each binding is a function of its own, and equal ones are equal on the wire', async () => {
  const fn = (x: number) => x * rate
  const [one, two] = [bind({ rate: 1 }, fn), bind({ rate: 2 }, fn)]
  expect([await run(one, 4), await run(two, 4)]).toEqual([4, 8])
  expect(shipFunction(one)).toBe(shipFunction(one))
  expect(shipFunction(bind({ rate: 1 }, fn)).hash).toBe(shipFunction(one).hash)
  const both = (x: number) => [one(x), two(x)]
  expect(await run(both, 3)).toEqual([3, 6])
})

test('bindings add up, and the later one holds', async () => {
  const fn = bind({ rate: 1, settings: { step: 1 } }, () => [rate, settings.step])
  expect(await run(bind({ rate: 9 }, fn))).toEqual([9, 1])
})

test('bound data is read at each submission', async () => {
  const list = [1]
  const fn = bind({ list }, runInThisContext('(() => list.length)') as () => number)
  expect(await run(fn)).toBe(1)
  list.push(2)
  expect(await run(fn)).toBe(2)
})

test('functions, classes and generators can be bound, and bound to', async () => {
  class Base {
    readonly kind: string = 'base'
  }
  class Other {
    readonly kind = 'other'
  }
  class Heir extends Base {}
  const make = runInThisContext('(() => new Heir().kind + helper(1))') as () => string
  const helper = (x: number) => scale(x, factor)
  expect(await run(bind({ Heir, helper }, make))).toBe('base42')
  expect(await run(bind({ Heir: bind({ Base: Other }, Heir as never), helper }, make))).toBe('other42')
  const counting = bind({ rate: 2 }, function* (n: number) {
    for (let i = 0; i < n; i += 1) yield i * rate
  })
  expect(Object.prototype.toString.call(counting)).toBe('[object GeneratorFunction]')
  expect([...((await run(counting, 3)) as Iterable<number>)]).toEqual([0, 2, 4])
})

test('what the function does not use is refused, with what it uses', () => {
  const given = () =>
    bind({ rat: 1 }, function grow(x: number) {
      return x * rate * factor
    })
  expect(given).toThrow(
    expect.objectContaining({
      code: 'YM_CAPTURE',
      message: expect.stringMatching(/'rat', which the function 'grow' does not use\..*'rate', 'factor'/),
      details: { identifier: 'rat' },
    }),
  )
  expect(() => bind({ x: 1 }, (x: number) => x)).toThrow(/'x', which the function does not use.*: none\./)
  let count = 0
  const write = () => {
    count += 1
    return count
  }
  expect(() => bind({ count: 1 }, write)).toThrow(/assigns to/)
  expect(() => bind({}, undefined as never)).toThrow(/then a function/)
})

test('what cannot travel is named', () => {
  const fn = bind({ settings: { step: Symbol('x') } }, () => settings.step)
  expect(() => shipFunction(fn)).toThrow(/captures 'settings.step', which is a symbol/)
})
