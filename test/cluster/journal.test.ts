import { expect, it } from 'vitest'
import { Journal } from '../../cluster/journal.ts'
import { readSaved } from '../../cluster/stored-tasks.ts'
import { systemClock } from '../../core/clock.ts'
import type { StoreError } from '../../core/errors.ts'
import type { StoreChange, TaskStore } from '../../core/task-store.ts'

const turn = () => new Promise((resolve) => setImmediate(resolve))

/** A store whose writes end when the test says so. */
function controlled() {
  const writes: { readonly keys: string[]; end(error?: Error): void }[] = []
  const store: TaskStore = {
    load: async () => [],
    write: (changes: readonly StoreChange[]) =>
      new Promise((resolve, reject) =>
        writes.push({
          keys: changes.map(({ key }) => key),
          end: (error) => (error === undefined ? resolve() : reject(error)),
        }),
      ),
    close: async () => {},
  }
  return { store, writes }
}

async function opened() {
  const { store, writes } = controlled()
  const failures: StoreError[] = []
  const saved = readSaved([])
  const journal = new Journal({ store, saved, clock: systemClock, onFailure: (error) => failures.push(error) })
  return { journal, writes, failures }
}

it('what waits is done when all that was noted before it is written, in order', async () => {
  const { journal, writes } = await opened()
  const done: string[] = []
  journal.later(() => done.push('at once'))
  journal.engineJoined('a', 0)
  journal.later(() => done.push('after a'))
  await turn()
  journal.engineJoined('b', 1)
  journal.later(() => done.push('after b'))
  await turn()
  expect([done, writes.length]).toEqual([['at once'], 1])
  writes[0]?.end()
  await turn()
  expect([done, writes.length]).toEqual([['at once', 'after a'], 2])
  writes[1]?.end()
  await turn()
  expect(done).toEqual(['at once', 'after a', 'after b'])
})

it('nothing that waited for a write that failed is done, nor what was noted while it failed', async () => {
  const { journal, writes, failures } = await opened()
  const done: string[] = []
  journal.engineJoined('a', 0)
  journal.later(() => done.push('after a'))
  await turn()
  journal.engineJoined('b', 1)
  journal.later(() => done.push('after b'))
  writes[0]?.end(new Error('no space is left'))
  await turn()
  journal.later(() => done.push('afterwards'))
  await turn()
  expect([done, writes.length]).toEqual([[], 1])
  expect(failures.map(({ code }) => code)).toEqual(['YM_STORE'])
  await journal.close()
})

it('a number is given when no later controller gives it any more', async () => {
  const { journal, writes } = await opened()
  let isSure = false
  void journal.numbered(3).then(() => {
    isSure = true
  })
  await turn()
  expect(isSure).toBe(false)
  writes[0]?.end()
  await turn()
  expect(isSure).toBe(true)
})
