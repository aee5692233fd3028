/**
 * What every store of tasks must do. For one of your own:
 *
 *   taskStoreSuite({ name: 'mine', runner: { describe, test }, setup: () => ({ open: () => openMine(place) }) })
 */
import assert from 'node:assert/strict'
import { type Random, seededRandom } from '../core/random.ts'
import type { StoreChange, TaskStore } from '../core/task-store.ts'
import type { SuiteRunner } from './transport-suite.ts'

/** A store, as the suite needs it. */
export interface TaskStoreUnderTest {
  /** Opens it: each time with what it had when it was closed last. */
  open(): Promise<TaskStore>
}

/** The store to test, and with what. */
export interface TaskStoreSuiteOptions {
  readonly name: string
  readonly runner: Pick<SuiteRunner, 'describe'> & { test(name: string, body: () => Promise<void>): void }
  /** Called for each case; the store is empty. */
  setup(): TaskStoreUnderTest | Promise<TaskStoreUnderTest>
}

const bytes = (...values: number[]) => Uint8Array.from(values)

async function contentOf(store: TaskStore): Promise<Map<string, Uint8Array>> {
  return new Map([...(await store.load())].map(([key, value]) => [key, new Uint8Array(value)]))
}

/** What it has after it was closed and opened again. */
async function reopened(place: TaskStoreUnderTest, store: TaskStore): Promise<Map<string, Uint8Array>> {
  await store.close()
  const next = await place.open()
  const content = await contentOf(next)
  await next.close()
  return content
}

const cases: Record<string, (place: TaskStoreUnderTest) => Promise<void>> = {
  'is empty at first': async (place) => {
    const store = await place.open()
    assert.equal((await contentOf(store)).size, 0)
    await store.close()
  },
  'has what was written, when it is opened again': async (place) => {
    const store = await place.open()
    await store.write([
      { key: 'a', value: bytes(1, 2, 3) },
      { key: 'b', value: bytes() },
    ])
    await store.write([{ key: 'c', value: bytes(0, 255) }])
    const expected = new Map([
      ['a', bytes(1, 2, 3)],
      ['b', bytes()],
      ['c', bytes(0, 255)],
    ])
    assert.deepEqual(await reopened(place, store), expected)
  },
  'sets again, and removes': async (place) => {
    const store = await place.open()
    await store.write(['a', 'b', 'c'].map((key) => ({ key, value: bytes(1) })))
    await store.write([
      { key: 'a', value: bytes(2) },
      { key: 'b', value: undefined },
      { key: 'never there', value: undefined },
    ])
    const expected = new Map([
      ['a', bytes(2)],
      ['c', bytes(1)],
    ])
    assert.deepEqual(await reopened(place, store), expected)
  },
  'the last of several changes of a key counts': async (place) => {
    const store = await place.open()
    await store.write([
      { key: 'a', value: bytes(1) },
      { key: 'a', value: undefined },
      { key: 'a', value: bytes(2) },
      { key: 'b', value: bytes(1) },
      { key: 'b', value: undefined },
    ])
    assert.deepEqual(await reopened(place, store), new Map([['a', bytes(2)]]))
  },
  'takes writes that overlap in their order': async (place) => {
    const store = await place.open()
    const writes = Array.from({ length: 50 }, (_, i) => store.write([{ key: 'a', value: bytes(i) }]))
    await Promise.all(writes)
    assert.deepEqual(await reopened(place, store), new Map([['a', bytes(49)]]))
  },
  'keeps no value by reference': async (place) => {
    const store = await place.open()
    const value = bytes(1, 2)
    await store.write([{ key: 'a', value }])
    value.fill(9)
    assert.deepEqual(await reopened(place, store), new Map([['a', bytes(1, 2)]]))
  },
  'takes a value of 20 MB, a key of 1,000 bytes, and a part of a buffer': async (place) => {
    const store = await place.open()
    const large = new Uint8Array(20_000_000).fill(7)
    const key = 'é'.repeat(500)
    await store.write([
      { key, value: large },
      { key: 'part', value: bytes(1, 2, 3, 4).subarray(1, 3) },
    ])
    const content = await reopened(place, store)
    assert.ok(Buffer.from(content.get(key) ?? []).equals(large))
    assert.deepEqual(content.get('part'), bytes(2, 3))
  },
  'has 100,000 entries': async (place) => {
    const store = await place.open()
    const keys = Array.from({ length: 100_000 }, (_, i) => `task.${i}`)
    for (let i = 0; i < keys.length; i += 1_000) {
      await store.write(keys.slice(i, i + 1_000).map((key, j) => ({ key, value: bytes(j % 256) })))
    }
    const content = await reopened(place, store)
    assert.equal(content.size, keys.length)
    assert.deepEqual(content.get('task.99999'), bytes(999 % 256))
  },
  'is what a map would be, whatever is written': async (place) => {
    const random = seededRandom(1)
    const expected = new Map<string, Uint8Array>()
    let store = await place.open()
    for (let round = 0; round < 200; round += 1) {
      const changes = Array.from({ length: random.below(20) }, () => randomChange(random))
      for (const { key, value } of changes) {
        if (value) expected.set(key, value)
        else expected.delete(key)
      }
      await store.write(changes)
      if (round % 50 !== 49) continue
      await store.close()
      store = await place.open()
      assert.deepEqual(await contentOf(store), expected)
    }
    await store.close()
  },
}

function randomChange(random: Random): StoreChange {
  const value =
    random.below(3) === 0 ? undefined : bytes(...Array.from({ length: random.below(9) }, () => random.below(256)))
  return { key: `key ${random.below(40)}`, value }
}

/** Declares a test for each rule that every store of tasks has to keep. */
export function taskStoreSuite({ name, runner, setup }: TaskStoreSuiteOptions): void {
  runner.describe(`task store ${name}`, () => {
    for (const [title, run] of Object.entries(cases)) runner.test(title, async () => run(await setup()))
  })
}
