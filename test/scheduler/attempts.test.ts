import { describe, expect, it } from 'vitest'
import { id, on, spec, World } from './world.ts'

function world(engines = 2, config = {}): World {
  const w = new World(config)
  w.join(engines)
  return w
}

describe('retries', () => {
  it('11: retries + 1 attempts, and the last error is the one reported', () => {
    const w = world()
    w.submit(spec('a', { retries: 2 }))
    for (const error of ['first', 'second', 'third']) w.end(id('a'), 'failed', error)
    expect(w.assignments).toHaveLength(3)
    expect(w.reply(id('a'))).toMatchObject({ status: 'failed', output: 'third', code: undefined })
  })

  it('11: more retries than engines end too: the same one serves where there is no other', () => {
    const w = world(2)
    w.submit(spec('a', { retries: 4 }))
    for (let i = 0; i < 5; i += 1) w.end(id('a'), 'failed', i)
    expect(
      w.assignments
        .map(({ engine }) => engine)
        .slice(0, 2)
        .sort(),
    ).toEqual([0, 1])
    expect(w.reply(id('a'))).toMatchObject({ status: 'failed', output: 4 })
  })

  it('11: with targets, the error is its own, also when no target is left for a retry', () => {
    const w = world(2)
    w.submit(spec('a', { retries: 5, targets: [1] }), spec('b', { retries: 5, targets: [1] }))
    w.end(id('a'), 'failed', 'own error')
    expect(w.attemptOf(id('a')).engine).toBe(1)
    w.end(id('a'), 'failed', 'own error again')
    w.lose(1)
    expect(w.reply(id('a'))).toMatchObject({ status: 'failed', output: 'own error again', code: undefined })
    expect(w.reply(id('b'))).toMatchObject({ status: 'impossible' })
  })

  it('another engine is preferred, the first choice of the strategy or not', () => {
    const w = world(3, { strategy: 'leastload', hwm: 0 })
    w.submit(spec('a', { retries: 3 }))
    const first = w.attemptOf(id('a')).engine
    w.submit(
      ...[0, 1, 2].filter((engine) => engine !== first).map((engine) => spec(`on${engine}`, { targets: [engine] })),
    )
    w.end(id('a'), 'failed')
    const second = w.attemptOf(id('a')).engine
    w.end(id('a'), 'failed')
    const third = w.attemptOf(id('a')).engine
    expect(new Set([first, second, third]).size).toBe(3)
  })

  it('16: a retry does not wait for another engine while one that failed it is free', () => {
    const w = world(2)
    w.submit(spec('a', { retries: 1 }), spec('b'))
    const { engine } = w.attemptOf(id('a'))
    w.end(id('a'), 'failed')
    expect(w.attemptOf(id('a')).engine).toBe(engine)
  })

  it('a run timeout counts as an error of its own, and is reported as such', () => {
    const w = world()
    w.submit(spec('a', { retries: 1, runTimeoutMs: 50 }))
    w.end(id('a'), 'timedOut')
    expect(w.status(id('a'))).toBe('assigned')
    w.end(id('a'), 'timedOut')
    expect(w.reply(id('a'))).toMatchObject({ status: 'timedOut', code: 'YM_RUN_TIMEOUT' })
    w.submit(spec('b', { retries: 1 }))
    w.end(id('b'), 'timedOut')
    w.end(id('b'), 'failed', 'real')
    expect(w.reply(id('b'))).toMatchObject({ status: 'failed', output: 'real', code: undefined })
  })
})

describe('refusals', () => {
  it('12: strike off the engine, take no retry, and another serves', () => {
    const w = world(3)
    w.submit(spec('a'))
    w.end(id('a'), 'unmet')
    w.end(id('a'), 'unmet')
    w.end(id('a'))
    expect(new Set(w.assignments.map(({ engine }) => engine)).size).toBe(3)
    expect(w.reply(id('a')).status).toBe('succeeded')
    expect(w.record(id('a')).failures).toBe(0)
  })

  it('10: by every live engine end the task, with an error that lists them', () => {
    const w = world(2)
    w.submit(spec('a'))
    w.end(id('a'), 'unmet')
    w.end(id('a'), 'unmet')
    expect(w.reply(id('a'))).toMatchObject({ status: 'failed', code: 'YM_UNMET_DEPENDENCY' })
    expect(w.record(id('a')).fault?.details).toMatchObject({ engines: expect.arrayContaining([0, 1]) })
  })

  it('10: by every target end it, whatever other engines there are', () => {
    const w = world(3)
    w.submit(spec('a', { targets: [1] }))
    w.end(id('a'), 'unmet')
    expect(w.reply(id('a'))).toMatchObject({ status: 'failed', code: 'YM_UNMET_DEPENDENCY' })
  })

  it('10: end it as well when the last engine that had not refused leaves', () => {
    const w = world(2)
    w.submit(spec('a'))
    const { engine } = w.attemptOf(id('a'))
    w.submit(spec('b', { targets: [1 - engine] }))
    w.end(id('a'), 'unmet')
    expect(w.status(id('a'))).toBe('ready')
    w.lose(1 - engine)
    expect(w.reply(id('a'))).toMatchObject({ status: 'failed', code: 'YM_UNMET_DEPENDENCY' })
  })

  it('10: end it as well while it waits to follow another task, when only the engine that refused is left', () => {
    const w = world(2)
    w.submit(spec('a', { targets: [0] }), spec('b'))
    w.submit(spec('c', { follow: [on([id('a'), id('b')], { all: false })] }))
    w.end(id('a'))
    w.end(id('c'), 'unmet')
    expect(w.status(id('c'))).toBe('ready')
    w.lose(1)
    expect(w.reply(id('c'))).toMatchObject({ status: 'failed', code: 'YM_UNMET_DEPENDENCY' })
  })

  it("10: with onUnmet 'wait', engines to come are waited for", () => {
    const w = world(1)
    w.submit(spec('a', { onUnmet: 'wait' }))
    w.end(id('a'), 'unmet')
    expect(w.status(id('a'))).toBe('ready')
    w.join()
    expect(w.attemptOf(id('a')).engine).toBe(1)
  })

  it("10: with onUnmet 'wait', but targets that have all refused, nothing is waited for", () => {
    const w = world(2)
    w.submit(spec('a', { onUnmet: 'wait', targets: [0] }))
    w.end(id('a'), 'unmet')
    expect(w.reply(id('a'))).toMatchObject({ status: 'failed', code: 'YM_UNMET_DEPENDENCY' })
  })

  it('of an engine that left count no more', () => {
    const w = world(2)
    w.submit(spec('a'))
    w.end(id('a'), 'unmet')
    w.lose(w.attemptOf(id('a')).engine)
    expect(w.reply(id('a')).code).toBe('YM_UNMET_DEPENDENCY')
    w.submit(spec('b'))
    w.end(id('b'), 'unmet')
    expect(w.status(id('b'))).toBe('failed')
  })
})

describe('loss', () => {
  it('21: each task there is resolved once, without using a retry, at its place in the queue', () => {
    const w = world(1, { hwm: 2 })
    w.submit(...['a', 'b', 'c', 'd'].map((name) => spec(name)))
    w.lose(0)
    expect(w.state.counts).toMatchObject({ ready: 4, assigned: 0, running: 0 })
    w.join(1, 4)
    expect(w.assignments.slice(2).map((one) => one.id)).toEqual(['a', 'b', 'c', 'd'].map(id))
    expect(w.record(id('a'))).toMatchObject({ failures: 0, losses: 1, attempt: 2 })
  })

  it('21: one engine too many ends the task', () => {
    const w = world(3, { engineLossLimit: 2 })
    w.submit(spec('a'))
    w.lose(w.attemptOf(id('a')).engine)
    w.lose(w.attemptOf(id('a')).engine)
    expect(w.reply(id('a'))).toMatchObject({ status: 'failed', code: 'YM_ENGINE_LOST' })
  })

  it('the limit is three where nothing else is said', () => {
    const w = world(5)
    w.submit(spec('a'))
    for (let i = 0; i < 3; i += 1) w.lose(w.attemptOf(id('a')).engine)
    expect(w.reply(id('a'))).toMatchObject({ status: 'failed', code: 'YM_ENGINE_LOST' })
  })

  it('a task that must not run twice ends at the first', () => {
    const w = world(2)
    w.submit(spec('a', { retryOnEngineLoss: false, retries: 3 }))
    w.lose(w.attemptOf(id('a')).engine)
    expect(w.reply(id('a'))).toMatchObject({ status: 'failed', code: 'YM_ENGINE_LOST' })
  })

  it('12: an executor that died counts as a lost engine, and the engine goes on', () => {
    const w = world(1)
    w.submit(spec('a'))
    w.end(id('a'), 'lost')
    w.end(id('a'), 'lost')
    expect(w.attemptOf(id('a')).engine).toBe(0)
    w.end(id('a'), 'lost')
    expect(w.reply(id('a'))).toMatchObject({ status: 'failed', code: 'YM_ENGINE_LOST' })
  })

  it('a task bound to the engine can never run again', () => {
    const w = world(2)
    w.submit(spec('a', { targets: [1] }))
    w.lose(1)
    expect(w.reply(id('a'))).toMatchObject({ status: 'impossible', code: 'YM_IMPOSSIBLE_DEPENDENCY' })
  })
})

describe('late and repeated news', () => {
  it('5: a result of an earlier attempt changes nothing', () => {
    const w = world(2)
    w.submit(spec('a', { retries: 1 }))
    const first = w.attemptOf(id('a'))
    w.end(first, 'failed')
    expect(w.end({ ...first }, 'succeeded')).toEqual([])
    expect(w.status(id('a'))).toBe('assigned')
  })

  it('5: nor one that is told twice, or comes from an engine that was lost, or another', () => {
    const w = world(2)
    w.submit(spec('a'), spec('b', { retries: 1 }))
    const a = w.attemptOf(id('a'))
    const b = w.attemptOf(id('b'))
    w.end(a)
    expect(w.end(a)).toEqual([])
    expect(w.end({ ...b, engine: a.engine })).toEqual([])
    w.lose(b.engine)
    expect(w.end(b)).toEqual([])
    expect(w.attemptOf(id('b')).attempt).toBe(2)
  })

  it('5: begun after the end, and an engine that joins or leaves twice', () => {
    const w = world(2)
    w.submit(spec('a'))
    const a = w.attemptOf(id('a'))
    w.end(a)
    w.begin(a)
    expect(w.status(id('a'))).toBe('succeeded')
    w.lose(1)
    expect(w.send({ type: 'engineLeft', engine: 1, reason: 'again' })).toEqual([])
    expect(w.send({ type: 'engineJoined', engine: 1 })).toEqual([])
    expect([...w.state.engines.keys()]).toEqual([0])
  })

  it('3: an id in use is refused, and the task that has it is not disturbed', () => {
    const w = world(1)
    w.submit(spec('a'))
    expect(w.submit(spec('a'), spec('b'))).toMatchObject([{ type: 'refuse', request: 'submit', id: id('a') }])
    w.end(id('a'))
    expect(w.attemptOf(id('b')).engine).toBe(0)
  })

  it('the end of a task is told before what it sets free is sent', () => {
    const w = world(1)
    w.submit(spec('a'), spec('b', { after: [on([id('a')])] }))
    expect(w.end(id('a')).map((effect) => effect.type)).toEqual(['end', 'assign'])
  })
})

describe('times', () => {
  it('are those of the steps; the beginning is reported, or computed from the duration', () => {
    const w = world(1, { hwm: 2 })
    w.now = 100
    w.submit(spec('a'), spec('b'))
    w.now = 110
    w.begin(w.attemptOf(id('a')))
    w.now = 150
    w.end(id('a'))
    w.end(id('b'))
    expect(w.record(id('a'))).toMatchObject({
      submittedAt: 100,
      assignedAt: 100,
      startedAt: 110,
      endedAt: 150,
      durationMs: 1,
    })
    expect(w.record(id('b'))).toMatchObject({ submittedAt: 100, startedAt: 149, endedAt: 150 })
  })
})
