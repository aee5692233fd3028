import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { adaptEngines } from '../../cluster/adapt-engines.ts'
import { Adaptation, type AdaptOptions } from '../../cluster/adaptation.ts'
import { seededRandom } from '../../core/random.ts'
import { VirtualClock } from '../../testing/virtual-clock.ts'

const options = fc
  .record({
    min: fc.nat(5),
    more: fc.integer({ min: 1, max: 20 }),
    tasksPerEngine: fc.constantFrom(1, 4, 0.5),
    growAfterMs: fc.nat(3_000),
    shrinkAfterMs: fc.nat(10_000),
    everyMs: fc.integer({ min: 50, max: 500 }),
  })
  .map(({ more, ...rest }) => ({ ...rest, max: rest.min + more }))

/** The number of engines after each look, where tasks are as the list says, each for some looks. */
function run(given: Required<AdaptOptions>, loads: readonly (readonly [tasks: number, looks: number])[], from = 0) {
  const adaptation = new Adaptation(given, 1)
  const sizes: number[] = []
  let size = from
  let now = 0
  for (const [tasks, looks] of loads) {
    for (let look = 0; look < looks; look += 1) {
      size = adaptation.decide(now, tasks, size)
      sizes.push(size)
      now += given.everyMs
    }
  }
  return sizes
}

const load = fc.tuple(fc.nat(100), fc.integer({ min: 1, max: 60 }))
const loads = fc.array(load, { minLength: 1, maxLength: 8 })
const looksIn = (ms: number, { everyMs }: Required<AdaptOptions>) => Math.ceil(ms / everyMs) + 1
const wantedBy = (tasks: number, { min, max, tasksPerEngine }: Required<AdaptOptions>) =>
  Math.min(max, Math.max(min, Math.ceil(tasks / tasksPerEngine)))

describe('how many engines there shall be', () => {
  it('is never outside of the bounds', () => {
    fc.assert(
      fc.property(options, loads, fc.nat(40), (given, list, from) => {
        for (const size of run(given, list, from)) expect(size >= given.min && size <= given.max).toBe(true)
      }),
    )
  })

  it('comes to rest at what the work needs, once that stays as it is', () => {
    fc.assert(
      fc.property(options, loads, fc.nat(100), fc.nat(40), (given, list, tasks, from) => {
        const looks = looksIn(Math.max(given.growAfterMs, given.shrinkAfterMs), given)
        const sizes = run(given, [...list, [tasks, looks + 5]], from)
        expect(new Set(sizes.slice(-5))).toEqual(new Set([wantedBy(tasks, given)]))
      }),
    )
  })

  it('grows under a backlog to the most there may be, and shrinks when idle to the fewest, each after its time and not before', () => {
    fc.assert(
      fc.property(options, (given) => {
        const up = looksIn(given.growAfterMs, given)
        const down = looksIn(given.shrinkAfterMs, given)
        const before = Math.max(up, down)
        const sizes = run(given, [
          [0, before],
          [10_000, up],
          [10_000, before],
          [0, down],
        ])
        const [idle, grown, shrunk] = [before - 1, before + up - 1, sizes.length - 1]
        expect([sizes[idle], sizes[grown], sizes[shrunk]]).toEqual([given.min, given.max, given.min])
        const early = sizes.slice(before, before + Math.ceil(given.growAfterMs / given.everyMs))
        expect(early.every((size) => size === given.min)).toBe(true)
        const from = before + up + before
        const late = sizes.slice(from, from + Math.ceil(given.shrinkAfterMs / given.everyMs))
        expect(late.every((size) => size === given.max)).toBe(true)
      }),
    )
  })

  it('moves only towards what was wanted of late', () => {
    fc.assert(
      fc.property(options, loads, fc.nat(40), (given, list, from) => {
        const sizes = run(given, list, from)
        const wanted = list.flatMap(([tasks, looks]) => Array<number>(looks).fill(wantedBy(tasks, given)))
        let size = Math.min(given.max, Math.max(given.min, from))
        for (const [i, next] of sizes.entries()) {
          if (next > size) expect(next).toBeLessThanOrEqual(wanted[i] as number)
          if (next < size) expect(next).toBeGreaterThanOrEqual(wanted[i] as number)
          size = next
        }
      }),
    )
  })

  it('a burst that is shorter than growAfterMs starts none, and a pause that is shorter than shrinkAfterMs ends none', () => {
    const given = { min: 1, max: 8, tasksPerEngine: 1, growAfterMs: 1_000, shrinkAfterMs: 5_000, everyMs: 250 }
    expect(
      new Set(
        run(
          given,
          [
            [0, 30],
            [50, 3],
            [0, 30],
          ],
          1,
        ),
      ),
    ).toEqual(new Set([1]))
    expect(
      run(
        given,
        [
          [50, 30],
          [0, 19],
          [50, 30],
        ],
        1,
      )
        .slice(10)
        .every((size) => size === 8),
    ).toBe(true)
  })

  it('where engines are never to leave, or never to come, nothing is kept of what was', () => {
    const endless = { growAfterMs: Number.POSITIVE_INFINITY, shrinkAfterMs: Number.POSITIVE_INFINITY }
    const adaptation = new Adaptation({ max: 4, ...endless }, 1)
    let size = 2
    for (let look = 0; look < 200_000; look += 1) size = adaptation.decide(250 * look, look % 7, size)
    expect(size).toBe(2)
    const growing = { min: 0, max: 4, tasksPerEngine: 1, everyMs: 250, ...endless, growAfterMs: 1_000 }
    const sizes = run(growing, [
      [3, 10],
      [0, 100],
      [9, 10],
      [0, 100],
    ])
    expect([sizes[9], sizes[109], sizes.at(-1)]).toEqual([3, 3, 4])
  }, 10_000)

  it('says which option is wrong', () => {
    const cases: [AdaptOptions, string][] = [
      [{ min: -1, max: 2 }, 'adapt: min must be a whole number from 0 on, not -1'],
      [{ max: 0 }, 'adapt: max must be a whole number from 1 on, not 0'],
      [{ min: 3, max: 2 }, 'adapt: max must be a whole number from 3 on, not 2'],
      [{ max: 2, tasksPerEngine: 0 }, 'adapt: tasksPerEngine must be a number above 0, not 0'],
      [{ max: 2, shrinkAfterMs: -1 }, 'adapt: shrinkAfterMs must be a time from 0 on, not -1'],
      [{ max: 2, everyMs: 0 }, 'adapt: everyMs must be a time above 0, not 0'],
    ]
    for (const [given, message] of cases) expect(() => new Adaptation(given, 1)).toThrow(message)
  })
})

it('after engines that did not come up, the next try waits; what there are too many leave all the same', async () => {
  const clock = new VirtualClock()
  const asked: number[] = []
  const engines = {
    clock,
    random: seededRandom(1),
    log: () => {},
    size: 2,
    tasks: 9,
    scale: async (count: number) => {
      asked.push(count)
      if (count > 2) throw new Error('no room')
    },
  }
  const stop = adaptEngines(engines, new Adaptation({ max: 4, growAfterMs: 0, shrinkAfterMs: 0, everyMs: 100 }, 1))
  const pass = async (ms: number) => {
    for (let passed = 0; passed < ms; passed += 100) {
      await new Promise((resolve) => setImmediate(resolve))
      clock.advance(100)
    }
  }
  await pass(200)
  expect(asked).toEqual([4])
  await pass(60_000)
  const tries = asked.length
  expect(tries).toBeGreaterThan(2)
  expect(tries).toBeLessThan(20)
  engines.tasks = 0
  await pass(100)
  expect(asked.at(-1)).toBe(0)
  stop()
  expect(clock.next).toBeUndefined()
})
