import { expect, test } from 'vitest'
import { type Clock, wallTimeOffset } from '../../core/clock.ts'

test('one moment is told alike however the two clocks are read, until the wall clock jumps', () => {
  let [now, wall] = [100, 5_000]
  const clock: Clock = { now: () => now, wallTime: () => wall, after: () => () => {} }
  expect(wallTimeOffset(clock)).toBe(4_900)
  now = 100.9
  expect(wallTimeOffset(clock)).toBe(4_900)
  wall = 5_001
  expect(wallTimeOffset(clock)).toBe(4_900)
  now = 200
  wall = 3_605_100
  expect(wallTimeOffset(clock)).toBe(3_604_900)
  expect(wallTimeOffset({ ...clock, wallTime: () => 200 })).toBe(0)
})
