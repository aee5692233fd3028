import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { TaskId } from '../../core/ids.ts'
import { encodeValue } from '../../core/payload.ts'
import type { TaskNews } from '../../core/task-news.ts'
import { ref, setUp } from './puppet-executor.ts'

describe('AttemptTable', () => {
  it('gives back what has not begun, at once, and says of the rest that it has', () => {
    const { table, take, present, ends, begunReports, clock } = setUp()
    take(['a', 'b', 'c'])
    present().beginNext(clock.wallTime())
    table.recall([ref('a'), ref('c')])
    expect(ends()).toMatchObject([{ id: 'c', outcome: 'recalled' }])
    expect(begunReports()).toEqual(['a'])
    expect(present().beginNext(0)?.id).toBe('b')
    expect(present().beginNext(0)).toBeUndefined()
  })

  it('signals a running task, and replaces its executor when the grace period is over; others move along', () => {
    const { table, take, present, ready, ends, clock, executors } = setUp()
    take(['a', 'b'])
    const a = present().beginNext(clock.wallTime())
    table.cancel([ref('a')], 1_000)
    expect(present().signalled).toEqual([a?.sequence])
    clock.advance(990)
    expect(executors).toHaveLength(1)
    clock.advance(30)
    expect(executors).toHaveLength(2)
    expect(executors[0]?.ended).toBe(true)
    expect(ends()).toMatchObject([{ id: 'a', outcome: 'aborted' }])
    ready()
    const b = present().beginNext(clock.wallTime())
    expect(b?.id).toBe('b')
    expect(present().functions).toBe(1)
    if (b) present().finish(b)
    expect(ends().map(({ id, outcome }) => [id, outcome])).toEqual([
      ['a', 'aborted'],
      ['b', 'succeeded'],
    ])
  })

  it('ends an attempt that runs longer than its run timeout, and only that one', () => {
    const { take, present, ends, clock } = setUp()
    take(['slow'], { runTimeoutMs: 200 })
    take(['next'])
    clock.advance(1_000)
    expect(ends()).toEqual([])
    present().beginNext(clock.wallTime())
    clock.advance(190)
    expect(ends()).toEqual([])
    clock.advance(40)
    expect(ends()).toMatchObject([{ id: 'slow', outcome: 'timedOut' }])
  })

  it('sleeps while a task runs that fills its executor, and says in time that the next has begun', () => {
    const { take, present, begunReports, clock } = setUp()
    take(['long', 'next'])
    const long = present().beginNext(clock.wallTime())
    clock.advance(100)
    expect(begunReports()).toEqual(['long'])
    expect(clock.next).toBeUndefined()
    clock.advance(3_600_000)
    if (long) present().finish(long)
    present().beginNext(clock.wallTime())
    clock.advance(100)
    expect(begunReports()).toEqual(['long', 'next'])
    expect(clock.next).toBeUndefined()
  })

  it('looks on while an executor is slow to begin', () => {
    const { take, present, begunReports, clock } = setUp()
    take(['late'])
    clock.advance(3_600_000)
    present().beginNext(clock.wallTime())
    clock.advance(100)
    expect(begunReports()).toEqual(['late'])
  })

  it('what ended in time is not judged by how late its word comes', () => {
    const { take, present, ends, clock, executors } = setUp()
    take(['ended', 'still'], { runTimeoutMs: 200 })
    const first = present().beginNext(clock.wallTime())
    if (first) present().claims.end(first.sequence)
    clock.advance(1_000)
    expect(ends()).toEqual([])
    if (first) present().finish(first)
    present().beginNext(clock.wallTime())
    expect(ends()).toMatchObject([{ id: 'ended', outcome: 'succeeded' }])
    clock.advance(1_000)
    expect(ends()[1]).toMatchObject({ id: 'still', outcome: 'timedOut' })
    expect(executors).toHaveLength(2)
  })

  it('before anything is ended by force, all that the executor has said is heard', () => {
    const { take, present, ends, clock, executors } = setUp()
    take(['done', 'stuck'], { runTimeoutMs: 200 })
    const done = present().beginNext(clock.wallTime())
    if (done) present().unheard.push(done)
    present().beginNext(clock.wallTime())
    clock.advance(250)
    expect(ends().map(({ id, outcome }) => [id, outcome])).toEqual([
      ['done', 'succeeded'],
      ['stuck', 'timedOut'],
    ])
    expect(executors).toHaveLength(2)
  })

  it.for([3_600_000, -3_600_000])('a jump of the wall clock by %i ms ends nobody, and spares nobody', (jumpMs) => {
    const { take, present, ends, clock } = setUp()
    take(['a'], { runTimeoutMs: 10_000 })
    present().beginNext(clock.wallTime())
    clock.advance(100)
    const { wallTime } = clock
    clock.wallTime = () => wallTime.call(clock) + jumpMs
    clock.advance(100)
    expect(ends()).toEqual([])
    clock.advance(10_000)
    expect(ends()).toMatchObject([{ outcome: 'timedOut' }])
  })

  it('a task whose modules are being loaded has begun: it can be ended by force, and its run timeout waits', () => {
    const { table, take, present, ends, clock, begunReports } = setUp()
    take(['a'], { runTimeoutMs: 100 })
    const [loading] = present().queue
    if (loading) present().claims.begin(loading.sequence)
    clock.advance(1_000)
    expect(begunReports()).toEqual(['a'])
    expect(ends()).toEqual([])
    table.cancel([ref('a')], 50)
    clock.advance(100)
    expect(ends()).toMatchObject([{ id: 'a', outcome: 'aborted' }])
  })

  it('reports what was running as lost when the executor dies, and runs the rest on a new one', () => {
    const { take, present, ready, ends, clock } = setUp()
    take(['a', 'b'])
    present().beginNext(clock.wallTime())
    present().handlers.onDeath('out of memory')
    expect(ends()).toMatchObject([{ id: 'a', outcome: 'lost' }])
    ready()
    expect(present().beginNext(0)?.id).toBe('b')
  })

  it('gives up on executors that never come up', () => {
    const { present, hopeless, executors } = setUp()
    for (let i = 0; i < 10 && hopeless.length === 0; i += 1) present().handlers.onDeath('no such module')
    expect(hopeless).toEqual(['no such module'])
    expect(executors.length).toBeLessThan(10)
  })

  it('tells once of each task that runs long', () => {
    const { take, present, begunReports, clock } = setUp()
    take(['a', 'b'])
    present().beginNext(clock.wallTime())
    clock.advance(500)
    expect(begunReports()).toEqual(['a'])
  })

  it('holds more than the executor’s claims, and feeds them on', () => {
    const { take, present, ends } = setUp()
    const ids = Array.from({ length: 10_000 }, (_, i) => `t${i}`)
    take(ids)
    expect(present().queue).toHaveLength(4_096)
    for (let task = present().beginNext(0); task; task = present().beginNext(0)) present().finish(task)
    expect(ends().map(({ id }) => id)).toEqual(ids)
  })

  it('what was taken back never begins, even when its place among the claims is taken again, and hides nothing', () => {
    const { table, take, present, ends } = setUp()
    take(['long'])
    present().beginNext(0)
    const aborted = Array.from({ length: 4_095 }, (_, i) => `a${i}`)
    take(aborted)
    table.cancel(aborted.map(ref), 1_000)
    const later = Array.from({ length: 4_095 }, (_, i) => `b${i}`)
    take(later)
    const began: string[] = []
    for (let task = present().beginNext(0); task; task = present().beginNext(0)) {
      began.push(task.id)
      present().finish(task)
    }
    expect(began).toEqual(later)
    expect(ends()).toHaveLength(aborted.length + later.length)
  })

  it('gives back many with one message, each once', () => {
    const { table, take, reports } = setUp()
    const ids = Array.from({ length: 5_000 }, (_, i) => `t${i}`)
    take(ids)
    table.recall([...ids, 't7'].map(ref))
    expect(reports).toHaveLength(1)
    expect(reports[0]).toMatchObject({ type: 'ended', results: { length: 5_000 } })
  })

  it('leaves out values and progress while the link is full, and says with the end how many values', () => {
    const { table, take, present, reports, ends, link, clock } = setUp()
    const id = 'a' as TaskId
    const emit = { kind: 'emit', id, value: encodeValue(1) } as const
    const parts = { kind: 'parts', id, from: 0, values: [] } satisfies TaskNews
    const say = (...news: TaskNews[]) => present().handlers.onMessage({ type: 'news', news })
    const told = () => reports.flatMap((report) => (report.type === 'news' ? report.news.map(({ kind }) => kind) : []))
    take(['a', 'b'])
    const [a, b] = [present().beginNext(clock.wallTime()), present().beginNext(clock.wallTime())]
    say(emit)
    link.hasRoom = false
    say(emit)
    expect(told()).toEqual(['emit', 'emit'])
    say(emit, parts, emit)
    say({ kind: 'progress', id, done: 1 })
    expect(told()).toEqual(['emit', 'emit', 'parts'])
    link.hasRoom = true
    say(emit)
    table.drained()
    say(emit)
    expect(told()).toEqual(['emit', 'emit', 'parts', 'emit'])
    for (const one of [a, b]) if (one) present().finish(one)
    expect(ends()).toMatchObject([{ id: 'a', emitsDropped: 3 }, { id: 'b' }])
    expect(ends()[1]).not.toHaveProperty('emitsDropped')
  })

  it('of an attempt that ends late, the one after it hears nothing', () => {
    const { table, take, present, ends, clock } = setUp()
    take(['a'])
    const first = present().beginNext(clock.wallTime())
    table.cancel([ref('a')], 60_000)
    take(['a'], { attempt: 2 })
    if (first) present().finish(first)
    table.recall([{ ...ref('a'), attempt: 2 }])
    expect(ends().map(({ id, attempt, outcome }) => [id, attempt, outcome])).toEqual([
      ['a', 1, 'succeeded'],
      ['a', 2, 'recalled'],
    ])
  })

  it('says again to another controller what has begun', () => {
    const { table, take, present, reports, begunReports, clock } = setUp()
    take(['a'])
    present().beginNext(clock.wallTime())
    clock.advance(100)
    expect(begunReports()).toEqual(['a'])
    table.resume((message) => reports.push(message) > 0)
    clock.advance(100)
    expect(begunReports()).toEqual(['a', 'a'])
  })

  it('answers every attempt exactly once, whatever happens', () => {
    const step = fc.oneof(
      {
        weight: 4,
        arbitrary: fc.record({
          do: fc.constant('take' as const),
          count: fc.integer({ min: 1, max: 4 }),
          direct: fc.boolean(),
        }),
      },
      {
        weight: 6,
        arbitrary: fc.record({ do: fc.constantFrom('begin' as const, 'finish' as const), direct: fc.boolean() }),
      },
      {
        weight: 3,
        arbitrary: fc.record({ do: fc.constantFrom('recall' as const, 'cancel' as const), pick: fc.nat() }),
      },
      {
        weight: 1,
        arbitrary: fc.record({
          do: fc.constantFrom('die' as const, 'pass' as const, 'interrupt' as const, 'restart' as const),
        }),
      },
    )
    fc.assert(
      fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
        const { table, take, present, ready, ends, clock } = setUp()
        const taken: string[] = []
        const hadBegun = new Set<string>()
        const begin = (direct?: boolean) => {
          const task = present().beginNext(clock.wallTime(), direct)
          if (task) hadBegun.add(task.id)
        }
        for (const action of steps) {
          const executor = present()
          if (action.do === 'take') {
            const ids = Array.from({ length: action.count }, (_, i) => `t${taken.length + i}`)
            taken.push(...ids)
            take(ids, action.direct ? { direct: true } : {})
          } else if (action.do === 'begin') {
            begin(action.direct)
          } else if (action.do === 'finish') {
            const [running] = executor.begun
            if (running) executor.finish(running)
          } else if (action.do === 'recall' || action.do === 'cancel') {
            const id = taken[action.pick % Math.max(1, taken.length)]
            if (id !== undefined && action.do === 'recall') table.recall([ref(id)])
            if (id !== undefined && action.do === 'cancel') table.cancel([ref(id)], 50)
          } else if (action.do === 'die') {
            executor.handlers.onDeath('killed')
            ready()
          } else if (action.do === 'interrupt') {
            table.interrupt(50)
          } else if (action.do === 'restart') {
            table.restart()
            ready()
          } else {
            clock.advance(100)
            if (present() !== executor) ready()
          }
        }
        for (let rounds = 0; rounds < 500 && table.size > 0; rounds += 1) {
          const executor = present()
          for (const running of [...executor.begun]) executor.finish(running)
          begin()
          clock.advance(100)
          if (present() !== executor) ready()
        }
        const answered = ends().map(({ id }) => id as string)
        expect([...answered].sort()).toEqual([...taken].sort())
        for (const { id, outcome } of ends())
          if (outcome === 'lost' || outcome === 'aborted') expect(hadBegun).toContain(id)
        // What was given back has never begun, and never does. Each id is taken once.
        const recalled = ends().filter(({ outcome }) => outcome === 'recalled')
        expect(recalled.filter(({ id }) => hadBegun.has(id))).toEqual([])
      }),
    )
  })
})
