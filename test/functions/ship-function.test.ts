import { Session } from 'node:inspector'
import { setFlagsFromString } from 'node:v8'
import vm from 'node:vm'
import fc from 'fast-check'
import { expect, test, vi } from 'vitest'
import { reviveFunction } from '../../cluster/executors/revive.ts'
import type { Callable } from '../../views/functions/callable.ts'
import { task } from '../../views/functions/module-task.ts'
import { shipFunction } from '../../views/functions/ship-function.ts'

const factor = 2
let level = 1
const options: { list: unknown[] } = { list: [1] }
const scale = (x: number): number => x * factor

async function run(fn: Callable, ...args: unknown[]): Promise<unknown> {
  const revived = await reviveFunction(shipFunction(fn).payload)
  return revived(...args)
}

test('the same function is the same message', () => {
  const fn = (x: number) => scale(x)
  expect(shipFunction(fn)).toBe(shipFunction(fn))
  expect(shipFunction(fn).hash).toMatch(/^[\w-]{22}$/)
})

test('equal functions have one hash, different ones have others', () => {
  const make = (n: number) => (x: number) => x + n
  expect(shipFunction(make(1)).hash).toBe(shipFunction(make(1)).hash)
  expect(shipFunction(make(1)).hash).not.toBe(shipFunction(make(2)).hash)
  const plain = () => (x: number) => x + 1
  expect(shipFunction(plain())).toBe(shipFunction(plain()))
})

test('a variable is read at each submission', async () => {
  const fn = () => level
  const first = shipFunction(fn)
  expect(shipFunction(fn)).toBe(first)
  level += 1
  expect(shipFunction(fn).hash).not.toBe(first.hash)
  expect(await run(fn)).toBe(level)
  level -= 1
  expect(shipFunction(fn).hash).toBe(first.hash)
})

test('data behind a constant is read at each submission', async () => {
  const fn = () => options.list.length
  const first = shipFunction(fn)
  options.list.push(2)
  expect(await run(fn)).toBe(2)
  // Data that had no function may get one.
  options.list.push(scale)
  const call = () => (options.list[2] as typeof scale)(4)
  expect(await run(call)).toBe(8)
  expect(await run(fn)).toBe(3)
  options.list.length = 1
  expect(shipFunction(fn).hash).toBe(first.hash)
})

test('a property that a captured function gets later travels', async () => {
  const helper: { (): number; extra?: number } = () => 1
  const fn = () => helper.extra
  expect(await run(fn)).toBeUndefined()
  helper.extra = 5
  expect(await run(fn)).toBe(5)
})

test('what was shipped keeps the bytes of its moment', async () => {
  const bytes = new Uint8Array(100_000).fill(1)
  const fn = () => bytes[99_999]
  const shipped = shipFunction(fn)
  bytes.fill(2)
  expect(await (await reviveFunction(shipped.payload))()).toBe(1)
  expect(await run(fn)).toBe(2)
})

test('each revival has captures of its own', async () => {
  let n = 0
  const fn = () => {
    n += 1
    return n
  }
  const { payload } = shipFunction(fn)
  const [one, two] = [await reviveFunction(payload), await reviveFunction(payload)]
  expect([one(), one(), two(), n]).toEqual([1, 2, 1, 0])
})

test('two closures of one scope share it, and those of two scopes do not, whatever the values', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.nat(2), { minLength: 1, maxLength: 4 }),
      fc.array(fc.nat(7), { maxLength: 10 }),
      async (starts, calls) => {
        const makeCounter = (start: number) => {
          let n = start
          return { add: () => ++n, read: () => n }
        }
        const program = () => {
          const counters = starts.map(makeCounter)
          const steps = calls.map((call) => counters[call % counters.length])
          return () => steps.map((counter) => [counter?.add(), counter?.read()])
        }
        expect(await run(program())).toEqual(program()())
      },
    ),
  )
})

test('a class that has no value yet is refused', () => {
  const fn = () => new Later()
  // What it does not use may be without a value as well.
  shipFunction(() => level)
  expect(() => shipFunction(fn)).toThrow(/'Later', which has no value yet/)
  class Later {}
  expect(() => shipFunction(fn)).not.toThrow()
})

test('code of no file travels', async () => {
  expect(await run(new Function('a', 'b', 'return a * b') as Callable, 3, 4)).toBe(12)
  const sloppy = vm.runInThisContext(
    '(function () { return [this === globalThis, typeof arguments.callee] })',
  ) as Callable
  expect(await run(sloppy)).toEqual([true, 'function'])
})

test('a call that begins a line without semicolons stays a statement of its own', async () => {
  const fn = vm.runInThisContext(`(() => {
    let last = 0
    let note = (n) => { last = n }
    return (x) => {
      const y = x
      note(y)
      note = note
      return last
    }
  })()`) as Callable
  expect(await run(fn, 7)).toBe(7)
})

test("coverage's counters stay behind", async () => {
  const { fn } = vm.runInThisContext(`
    (() => {
      function cov_1a2b3c() { return { s: [0], b: [[0, 0]], f: [0], socket: Symbol('not to travel') } }
      const inner = (x) => { cov_1a2b3c().f[0]++; return x + 1 }
      return { fn: (x) => { cov_1a2b3c().s[0]++; return x > 1 ? (cov_1a2b3c().b[0][1]++, inner(x)) : 0 } }
    })()`) as { fn: Callable }
  expect(await run(fn, 2)).toBe(3)
})

test('what is too large is named, with its size and what to write instead', () => {
  const table = { rows: new Float64Array(3 * 2 ** 20), small: [1] }
  const read = (i: number) => table.rows[i]
  const fn = (i: number) => scale(read(i) ?? 0)
  expect(() => shipFunction(fn)).toThrow(
    expect.objectContaining({
      code: 'YM_CAPTURE',
      message: expect.stringMatching(
        /captures 'read', which captures 'table', which takes 24\.0 MiB, and a function may take 16\.0 MiB .*argument/,
      ),
      details: expect.objectContaining({ identifier: 'table' }),
    }),
  )
  expect(shipFunction(fn, 25 * 2 ** 20).payload.byteLength).toBeGreaterThan(24 * 2 ** 20)
  expect(() => shipFunction(fn)).toThrow(/24\.0 MiB/)
  const text = 'x'.repeat(100_000)
  const long = () => text.length
  shipFunction(long)
  expect(() => shipFunction(long, 10_000)).toThrow(/'text', which takes 97\.7 KiB, and a function may take 9\.8 KiB/)
  const wordy = () => ['a text of its own, which is longer than may be', level]
  expect(() => shipFunction(wordy, 10)).toThrow(/its text takes 0\.\d KiB/)
})

test('what is no function is refused', () => {
  for (const value of [undefined, null, 1, 'name', {}])
    expect(() => shipFunction(value as never)).toThrow(expect.objectContaining({ code: 'YM_CAPTURE' }))
})

test('module tasks are shipped by name and content', () => {
  const handle = task(import.meta.url, 'anything')
  expect(shipFunction(handle)).toBe(shipFunction(handle))
  expect(shipFunction(handle).hash).toBe(shipFunction(task(import.meta.url, 'anything')).hash)
  expect(shipFunction(handle).hash).not.toBe(shipFunction(task(import.meta.url, 'other')).hash)
  expect(shipFunction(handle).name).toBe('anything')
})

test('nothing that was shipped is kept alive', async () => {
  setFlagsFromString('--expose-gc')
  const collect = vm.runInNewContext('gc') as () => void
  const references = [1, 2, 3].map((n) => {
    const data = { n, level }
    const fn = () => [data, level]
    shipFunction(fn)
    return [new WeakRef(fn), new WeakRef(data)]
  })
  for (let round = 0; round < 10 && references.flat().some((reference) => reference.deref()); round += 1) {
    await new Promise((resolve) => setTimeout(resolve, 1))
    collect()
  }
  expect(references.flat().filter((reference) => reference.deref())).toEqual([])
})

test('the debugger is left as soon as it has answered', () => {
  const post = vi.spyOn(Session.prototype, 'post')
  shipFunction(vm.runInThisContext('((level) => () => level)(4)') as Callable)
  const domains = post.mock.calls.map(([method]) => method).filter((method) => /\.(enable|disable)$/.test(method))
  expect(domains).toEqual(['Debugger.enable', 'Debugger.disable'])
})

test("a user's own debugger is not disturbed", () => {
  const session = new Session()
  session.connect()
  const seen: string[] = []
  session.on('inspectorNotification', ({ method }) => seen.push(method))
  session.post('Debugger.enable')
  session.post('Debugger.setPauseOnExceptions', { state: 'uncaught' })
  seen.length = 0
  const fn = vm.runInThisContext('((level) => () => level)(3)') as Callable
  shipFunction(fn)
  expect(seen.filter((method) => method !== 'Debugger.scriptParsed')).toEqual([])
  // Still enabled: only then does it answer this.
  let failed: Error | null | undefined
  session.post('Debugger.setBreakpointsActive', { active: true }, (error) => {
    failed = error
  })
  expect(failed).toBeNull()
  session.disconnect()
})
