import { afterEach, expect, it } from 'vitest'
import type { Engine } from '../../cluster/engine.ts'
import { EnginePool } from '../../cluster/engine-pool.ts'
import { seededRandom } from '../../core/random.ts'
import { VirtualClock } from '../../testing/virtual-clock.ts'

const clock = new VirtualClock()
const lines: string[] = []
/** In order of their start. */
const engines: { readonly place: number; end(error?: Error): void; stops: number }[] = []
let refusals = 0

afterEach(() => {
  lines.length = 0
  engines.length = 0
  refusals = 0
})

function pool(restartsMax: number): EnginePool {
  return new EnginePool({
    restartsMax,
    clock,
    random: seededRandom(1),
    log: (_, line) => lines.push(line),
    launch: async (place) => {
      if (refusals > 0) {
        refusals -= 1
        throw new Error('no room')
      }
      let end: (error?: Error) => void = () => {}
      const stopped = new Promise<Error | undefined>((resolve) => {
        end = resolve
      })
      const entry = { place, end, stops: 0 }
      engines.push(entry)
      const stop = async () => {
        entry.stops += 1
        end()
      }
      return { id: engines.length, stop, stopped } satisfies Engine
    },
  })
}

async function settle(passMs = 0): Promise<void> {
  await new Promise((resolve) => setImmediate(resolve))
  clock.advance(passMs)
  await new Promise((resolve) => setImmediate(resolve))
}

it('an engine that is lost is replaced in its place, after a pause; one that was asked to stop is not', async () => {
  const three = pool(5)
  await three.start(3)
  engines[1]?.end(new Error('killed'))
  engines[2]?.end()
  await settle()
  expect(engines).toHaveLength(3)
  await settle(2_000)
  expect(engines.map(({ place }) => place)).toEqual([0, 1, 2, 1])
  expect(lines).toEqual(['engine 1 of the pool ended: killed; it is started anew (1 of 5)'])
  await three.stop()
  expect(engines.map(({ stops }) => stops)).toEqual([1, 0, 0, 1])
})

it('a place whose engine keeps ending, or does not come up, is given up; one that lived long starts afresh', async () => {
  const one = pool(2)
  await one.start(1)
  engines[0]?.end(new Error('first'))
  await settle(2_000)
  await settle(60_000)
  engines[1]?.end(new Error('second'))
  await settle()
  refusals = 1
  await settle(2_000)
  await settle(2_000)
  engines[2]?.end(new Error('third'))
  await settle(60_000)
  expect(engines).toHaveLength(3)
  expect(lines).toEqual([
    'engine 0 of the pool ended: first; it is started anew (1 of 2)',
    'engine 0 of the pool ended: second; it is started anew (1 of 2)',
    'engine 0 of the pool ended: no room; it is started anew (2 of 2)',
    'engine 0 of the pool ended: third; it is not started again',
  ])
  await one.stop()
})

it('a stop ends the pause before a restart, and an engine that comes up meanwhile', async () => {
  const one = pool(2)
  await one.start(1)
  engines[0]?.end(new Error('killed'))
  await settle()
  await one.stop()
  await settle(60_000)
  expect(engines).toHaveLength(1)
  expect(clock.next).toBeUndefined()
})

it('a pool that cannot start says why, and stops what came up', async () => {
  const two = pool(2)
  refusals = 1
  await expect(two.start(2)).rejects.toThrow('no room')
  await two.stop()
  expect(engines.map(({ stops }) => stops)).toEqual([1])
})
