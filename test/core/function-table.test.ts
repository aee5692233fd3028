import fc from 'fast-check'
import { expect, test } from 'vitest'
import { bringFunctions, FunctionTable, takeFunctions } from '../../core/function-table.ts'
import type { FunctionHash } from '../../core/ids.ts'
import { Payload } from '../../core/payload.ts'

const mebibyte = 2 ** 20
/** Functions of any size, without their bytes. */
const memory = new ArrayBuffer(48 * mebibyte)
const functionOf = (n: number, bytes: number) => ({
  hash: `function-${n}` as FunctionHash,
  payload: new Payload([new Uint8Array(memory, 0, bytes)]),
})
const namesOf = (functions: readonly Sent[]): string[] => functions.map(({ hash }) => hash)
type Sent = ReturnType<typeof functionOf>

class Pair {
  readonly sender = new FunctionTable<true>()
  readonly receiver = new FunctionTable<FunctionHash>()

  /** One message; answers what it brought, by name: texts of the bytes themselves would take the memory away. */
  send(batch: readonly Sent[]): string[] {
    const brought = bringFunctions(this.sender, batch)
    const tasks = batch.map(({ hash }) => ({ function: hash }))
    const held = takeFunctions(this.receiver, tasks, brought, ({ hash }) => hash)
    expect(held).toEqual(batch.map(({ hash }) => hash))
    return namesOf(brought)
  }
}

test('both ends agree whatever is sent, and neither holds more than 64 MiB, or one function', () => {
  const sizes = fc.array(fc.nat(48 * mebibyte), { minLength: 1, maxLength: 12 })
  const batches = fc.array(fc.array(fc.nat(11), { minLength: 1, maxLength: 8 }), { maxLength: 30 })
  fc.assert(
    fc.property(sizes, batches, (bytes, messages) => {
      const functions = bytes.map((size, n) => functionOf(n, size))
      const pair = new Pair()
      for (const message of messages) {
        pair.send(message.map((n) => functions[n % functions.length] as Sent))
        const held = functions.filter(({ hash }) => pair.receiver.has(hash))
        expect(namesOf(functions.filter(({ hash }) => pair.sender.has(hash)))).toEqual(namesOf(held))
        const total = held.reduce((sum, { payload }) => sum + payload.byteLength, 0)
        expect(total <= 64 * mebibyte || held.length === 1).toBe(true)
      }
    }),
  )
})

test('what fits is brought once, and the oldest goes when the bytes do not fit', () => {
  const pair = new Pair()
  const [a, b, c] = [functionOf(1, 30 * mebibyte), functionOf(2, 30 * mebibyte), functionOf(3, 30 * mebibyte)] as const
  expect(pair.send([a, b, a, b])).toEqual(namesOf([a, b]))
  expect(pair.send([a])).toEqual([])
  expect(pair.send([c])).toEqual(namesOf([c]))
  expect(pair.send([a])).toEqual([])
  expect(pair.send([b])).toEqual(namesOf([b]))
})

test('it holds 1,024 small ones', () => {
  const pair = new Pair()
  const many = Array.from({ length: 1_025 }, (_, n) => functionOf(n, 100))
  expect(pair.send(many.slice(0, 1_024))).toHaveLength(1_024)
  expect(pair.send(many.slice(0, 1_024))).toEqual([])
  expect(pair.send(many.slice(1_024))).toHaveLength(1)
  expect([pair.sender.size, pair.receiver.size]).toEqual([1_024, 1_024])
  expect(pair.send(many.slice(0, 1))).toHaveLength(1)
})
