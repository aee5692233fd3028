import { expect, it } from 'vitest'
import { ref, setUp } from './puppet-executor.ts'

it('an interrupt signals all that has begun, and aborts it after the grace period; nothing else suffers', () => {
  const { table, take, present, ready, ends, clock, executors } = setUp()
  take(['a', 'b', 'c'])
  take(['d', 'e'], { direct: true })
  const running = [present().beginNext(0, false), present().beginNext(0, false), present().beginNext(0, true)]
  table.interrupt(1_000)
  expect(present().signalled).toEqual(running.map((task) => task?.sequence))
  if (running[0]) present().finish(running[0])
  if (running[1]) present().finish(running[1], 'failed')
  clock.advance(990)
  expect(executors).toHaveLength(1)
  clock.advance(30)
  ready()
  expect(ends().map(({ id, outcome }) => [id, outcome])).toEqual([
    ['a', 'succeeded'],
    ['b', 'aborted'],
    ['d', 'aborted'],
  ])
  expect(present().queue.map(({ id }) => id)).toEqual(['e', 'c'])
})

it('an interrupt with nothing running does nothing', () => {
  const { table, take, present, executors, clock } = setUp()
  take(['a'])
  table.interrupt(0)
  clock.advance(1_000)
  expect(present().signalled).toEqual([])
  expect(executors).toHaveLength(1)
})

it('what was interrupted is aborted however it ends: timed out, or its executor dies', () => {
  const { table, take, present, ends, clock } = setUp()
  take(['slow'], { runTimeoutMs: 100 })
  present().beginNext(clock.wallTime())
  table.interrupt(1_000)
  clock.advance(150)
  expect(ends()).toMatchObject([{ id: 'slow', outcome: 'aborted' }])
  const other = setUp()
  other.take(['a'])
  other.present().beginNext(0)
  other.table.interrupt(1_000)
  other.present().handlers.onDeath('out of memory')
  expect(other.ends()).toMatchObject([{ id: 'a', outcome: 'aborted' }])
})

it('a restart hears what has ended, loses what runs, and hands the rest to the new executor', () => {
  const { table, take, present, ready, ends, executors } = setUp()
  take(['a', 'b', 'c'])
  take(['d', 'e'], { direct: true })
  const a = present().beginNext(0, false)
  if (a) present().unheard.push(a)
  present().beginNext(0, false)
  present().beginNext(0, true)
  table.restart()
  // The second has nothing to end.
  table.restart()
  expect(executors).toHaveLength(2)
  expect(executors[0]?.ended).toBe(true)
  expect(ends().map(({ id, outcome }) => [id, outcome])).toEqual([
    ['a', 'succeeded'],
    ['b', 'lost'],
    ['d', 'lost'],
  ])
  take(['f'], { direct: true })
  ready()
  expect(present().queue.map(({ id }) => id)).toEqual(['e', 'f', 'c'])
})

it('tells of a direct task that has begun ahead of others, and ends it in time', () => {
  const { take, present, begunReports, ends, clock } = setUp()
  take(['waits', 'too'])
  take(['direct'], { direct: true, runTimeoutMs: 100 })
  present().beginNext(clock.wallTime(), true)
  clock.advance(50)
  expect(begunReports()).toEqual(['direct'])
  clock.advance(100)
  expect(ends()).toMatchObject([{ id: 'direct', outcome: 'timedOut' }])
})

it('keeps places for direct tasks at an executor that is full of others, and the other way round', () => {
  const { table, take, present, ends } = setUp()
  const ids = (prefix: string) => Array.from({ length: 10_000 }, (_, i) => `${prefix}${i}`)
  take(ids('t'))
  take(['direct'], { direct: true })
  expect(present().queue.some(({ id }) => id === 'direct')).toBe(true)
  table.recall([...ids('t'), 'direct'].map(ref))
  present().queue.length = 0
  take(ids('d'), { direct: true })
  take(['balanced'])
  expect(present().queue.some(({ id }) => id === 'balanced')).toBe(true)
  for (let task = present().beginNext(0); task; task = present().beginNext(0)) present().finish(task)
  expect(ends().filter(({ outcome }) => outcome === 'succeeded')).toHaveLength(10_001)
})
