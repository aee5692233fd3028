import { describe, expect, it } from 'vitest'
import type { EngineId } from '../../core/ids.ts'
import type { TaskSpec } from '../../scheduler/events.ts'
import { createScheduler } from '../../scheduler/state.ts'
import { strategy, type TaskView } from '../../scheduler/strategies/strategy.ts'
import { id, on, QuietWorld, spec, World } from './world.ts'

function world(engines = 1, config = {}): World {
  const w = new World(config)
  w.join(engines)
  return w
}

/** Ends tasks one by one, and answers in which order they were sent. */
function drain(w: World): string[] {
  const from = w.assignments.length
  for (let [next] = w.outstanding(); next !== undefined; [next] = w.outstanding()) w.end(next)
  return w.assignments.slice(from).map((one) => one.id.slice(2))
}

describe('order', () => {
  it('15: order of submission among equals', () => {
    const w = world()
    w.submit(...['busy', 'a', 'b', 'c'].map((name) => spec(name)))
    w.submit(spec('d'))
    expect(drain(w)).toEqual(['a', 'b', 'c', 'd'])
  })

  it('15: higher priority first, also between tasks of unlike constraints', () => {
    const w = world()
    w.submit(spec('busy'))
    w.submit(
      spec('a'),
      spec('b', { priority: 1 }),
      spec('c', { targets: [0], priority: 2 }),
      spec('d', { priority: -1 }),
    )
    w.submit(spec('e', { priority: 1 }), spec('f'))
    expect(drain(w)).toEqual(['c', 'b', 'e', 'a', 'f', 'd'])
  })

  it('15: a task that was held up by a dependency has its place by its submission', () => {
    const w = world()
    w.submit(spec('busy'), spec('early', { after: [on([id('busy')])] }), spec('late'))
    expect(drain(w)).toEqual(['early', 'late'])
  })

  it('15: a recalled or lost task keeps its place', () => {
    const w = world(1, { hwm: 3 })
    w.submit(...['a', 'b', 'c', 'd'].map((name) => spec(name)))
    w.end(id('b'), 'recalled')
    expect(w.assignments.slice(3).map((one) => one.id)).toEqual([id('b')])
    w.lose(0)
    w.join(1, 1)
    expect(w.attemptOf(id('a')).engine).toBe(1)
    expect(drain(w)).toEqual(['b', 'c', 'd'])
  })

  it('a strategy may rank tasks within their priority', () => {
    const shortestName = strategy('shortest', {
      start: () => ({ choose: (_task, engines) => engines.at(0), rank: (task: TaskView) => task.id.length }),
    })
    const w = world(1, { strategy: shortestName })
    w.submit(spec('busy'))
    w.submit(spec('ccc'), spec('bb'), spec('dd'), spec('a'), spec('urgent', { priority: 1 }))
    expect(drain(w)).toEqual(['urgent', 'a', 'bb', 'dd', 'ccc'])
  })
})

describe('work conservation', () => {
  it('16: tasks bound to a busy engine hold nobody up', () => {
    const w = world(2)
    w.submit(spec('busy', { targets: [0] }), ...[1, 2, 3].map((n) => spec(`bound${n}`, { targets: [0] })), spec('free'))
    expect(w.attemptOf(id('free')).engine).toBe(1)
  })

  it('16: an engine that gets room takes whatever may go there, the oldest first', () => {
    const w = world(2)
    w.submit(spec('x', { targets: [0] }), spec('y', { targets: [1] }))
    w.submit(spec('a', { targets: [0] }), spec('b', { targets: [0, 1] }), spec('c'))
    w.end(id('y'))
    expect(w.attemptOf(id('b')).engine).toBe(1)
    w.end(id('b'))
    expect(w.attemptOf(id('c')).engine).toBe(1)
  })

  it('16: a batch of results fills all the room it makes', () => {
    const w = world(1, { hwm: 4 })
    w.submit(...Array.from({ length: 10 }, (_, i) => spec(i)))
    const results = w.outstanding().map(({ id: task, attempt }) => ({
      id: task,
      attempt,
      outcome: 'succeeded' as const,
      durationMs: 1,
      output: undefined,
    }))
    w.send({ type: 'ended', engine: 0, results })
    expect(w.state.engines.get(0)?.load).toBe(4)
  })

  it('24: an event does not look at tasks that are blocked', () => {
    const looked = (blocked: readonly TaskSpec[]) => {
      const w = new QuietWorld({ hwm: 1 })
      w.join(2)
      w.submit(spec('long', { targets: [1] }))
      let reads = 0
      const counted = blocked.map(
        (one) => ({ ...one, targets: one.targets && watched(one.targets, () => (reads += 1)) }) as TaskSpec,
      )
      w.submit(...counted)
      reads = 0
      for (let i = 0; i < 10; i += 1) {
        w.submit(spec(`free${i}`))
        w.end(id(`free${i}`))
      }
      return reads
    }
    const many = Array.from({ length: 1_000 }, (_, i) => spec(i, { targets: [1] }))
    expect(looked(many)).toBe(0)
    expect(looked(many.map((one) => ({ ...one, after: [on([id('long')])] })))).toBe(0)
  })
})

describe('high-water mark', () => {
  it.each([1, 3])('4: %d: never more than that', (hwm) => {
    const w = world(2, { hwm })
    w.submit(...Array.from({ length: 20 }, (_, i) => spec(i)))
    expect([...w.state.engines.values()].map((engine) => engine.load)).toEqual([hwm, hwm])
  })

  it('0: no limit', () => {
    const w = world(2, { hwm: 0 })
    w.submit(...Array.from({ length: 20 }, (_, i) => spec(i)))
    expect([...w.state.engines.values()].map((engine) => engine.load)).toEqual([10, 10])
  })

  it('each engine may have its own', () => {
    const w = world(1)
    w.join(1, 5)
    w.submit(...Array.from({ length: 20 }, (_, i) => spec(i)))
    expect([...w.state.engines.values()].map((engine) => engine.load)).toEqual([1, 5])
  })

  it('4: auto: starts at one, doubles while tasks are short, up to two round trips of work', () => {
    const w = new QuietWorld({ hwm: 'auto' })
    w.join()
    for (let i = 0; i < 50; i += 1) w.send({ type: 'roundTrip', engine: 0, rttMs: 2 })
    w.submit(...Array.from({ length: 5_000 }, (_, i) => spec(i)))
    const marks = [mark(w)]
    for (let i = 0; i < 9; i += 1) {
      endAll(w, 0.05)
      marks.push(mark(w))
    }
    // 2 · 2 ms / 0.05 ms = 80.
    expect(marks).toEqual([1, 2, 4, 8, 16, 32, 64, 80, 80, 80])
  })

  it('4: auto: falls to one at once when tasks turn out long, and stays within its bounds', () => {
    const w = new QuietWorld({ hwm: 'auto' })
    w.join()
    w.submit(...Array.from({ length: 20_000 }, (_, i) => spec(i)))
    for (let i = 0; i < 14; i += 1) endAll(w, 0)
    expect(mark(w)).toBe(400)
    for (let i = 0; i < 50; i += 1) w.send({ type: 'roundTrip', engine: 0, rttMs: 1_000 })
    endAll(w, 0)
    endAll(w, 0)
    expect(mark(w)).toBe(1_024)
    for (let i = 0; i < 50; i += 1) w.send({ type: 'roundTrip', engine: 0, rttMs: 1 })
    endAll(w, 50)
    expect(mark(w)).toBe(1)
  })

  it('4: auto: an engine that runs several side by side is given as many from the first on, however long they take', () => {
    const w = new QuietWorld({ hwm: 'auto' })
    w.send({ type: 'engineJoined', engine: 0, concurrency: 8 })
    w.submit(...Array.from({ length: 5_000 }, (_, i) => spec(i)))
    expect(w.state.engines.get(0)?.load).toBe(8)
    endAll(w, 10_000)
    expect(mark(w)).toBe(8)
    for (let i = 0; i < 50; i += 1) w.send({ type: 'roundTrip', engine: 0, rttMs: 2 })
    for (let i = 0; i < 50; i += 1) endAll(w, 1)
    // 8 · 2 · 2 ms / 1 ms = 32.
    expect(mark(w)).toBe(32)
    endAll(w, 10_000)
    expect(mark(w)).toBe(8)
    w.send({ type: 'engineJoined', engine: 1, concurrency: 1_000_000 })
    expect(w.state.engines.get(1)?.mark).toBe(1_024)
  })

  it('makes no sense below zero or in fractions', () => {
    for (const hwm of [-1, 1.5, Number.NaN]) expect(() => createScheduler({ hwm })).toThrow(/hwm must be/)
  })
})

describe('invalid settings', () => {
  it('are refused with their name', () => {
    expect(() => createScheduler({ strategy: 'fastest' })).toThrow(/no strategy 'fastest'.*leastload/)
    expect(() => createScheduler({ engineLossLimit: 0 })).toThrow(/engineLossLimit/)
    expect(() => createScheduler({ retention: { countMax: -1 } })).toThrow(/retention.countMax/)
  })
})

function mark(w: World): number {
  return w.state.engines.get(0)?.mark ?? 0
}

/** The engine answers for all it has, in one message. */
function endAll(w: World, durationMs: number): void {
  const engine: EngineId = 0
  const results = w.outstanding().map(({ id: task, attempt }) => {
    return { id: task, attempt, outcome: 'succeeded' as const, durationMs, output: undefined }
  })
  w.send({ type: 'ended', engine, results })
}

/** The same array, telling of each look into it. */
function watched<T extends readonly unknown[]>(array: T, tell: () => void): T {
  return new Proxy(array, {
    get(target, key) {
      tell()
      return Reflect.get(target, key)
    },
  })
}
