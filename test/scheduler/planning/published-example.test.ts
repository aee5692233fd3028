import { describe, expect, test } from 'vitest'
import type { Schedule } from '../../../scheduler/planning/planning-problem.ts'
import { criticalPath, planCpop } from '../../../scheduler/strategies/cpop.ts'
import { planHeft, upwardRanks } from '../../../scheduler/strategies/heft.ts'
import { topcuogluExample } from './topcuoglu-example.ts'

const makespan = ({ endMs }: Schedule) => endMs.reduce((last, ms) => Math.max(last, ms), 0)
/** By task, from 1: where it runs, from when to when. */
const placesOf = ({ engine, startMs, endMs }: Schedule) =>
  Array.from(engine, (on, task) => `${task + 1}: ${on + 1} ${startMs[task]}-${endMs[task]}`)

describe('the example of Topcuoglu, Hariri and Wu', () => {
  test('has its upward ranks', () => {
    const ranks = [...upwardRanks(topcuogluExample)].map((rank) => Number(rank.toFixed(3)))
    expect(ranks).toEqual([108, 77, 80, 80, 69, 63.333, 42.667, 35.667, 44.333, 14.667])
  })

  test('HEFT takes 80', () => {
    const schedule = planHeft(topcuogluExample)
    expect(makespan(schedule)).toBe(80)
    expect(placesOf(schedule)).toEqual([
      '1: 3 0-9',
      '2: 1 27-40',
      '3: 3 9-28',
      '4: 2 18-26',
      '5: 3 28-38',
      '6: 2 26-42',
      '7: 3 38-49',
      '8: 1 57-62',
      '9: 2 56-68',
      '10: 2 73-80',
    ])
    expect(schedule.order.map((task) => task + 1)).toEqual([1, 3, 4, 2, 5, 6, 9, 7, 8, 10])
  })

  test('CPOP takes 86, its critical path on the second processor', () => {
    const { path, priority } = criticalPath(topcuogluExample)
    expect(path.map((task) => task + 1)).toEqual([1, 2, 9, 10])
    expect([...priority].map((value) => Number(value.toFixed(3)))).toEqual([
      108, 108, 105, 102, 93, 90.333, 105, 102.333, 108, 108,
    ])
    const schedule = planCpop(topcuogluExample)
    expect(makespan(schedule)).toBe(86)
    for (const task of path) expect(schedule.engine[task]).toBe(1)
  })
})
