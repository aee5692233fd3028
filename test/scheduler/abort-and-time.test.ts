import { describe, expect, it } from 'vitest'
import type { SessionId } from '../../core/ids.ts'
import { nextDeadline } from '../../scheduler/deadlines.ts'
import { id, on, spec, World } from './world.ts'

function world(engines = 1, config = {}): World {
  const w = new World(config)
  w.join(engines)
  return w
}

describe('abort', () => {
  it('18: a task that waits or is ready ends at once and never runs', () => {
    const w = world()
    w.submit(spec('a'), spec('ready'), spec('waits', { after: [on([id('a')])] }))
    w.abort(id('ready'), id('waits'))
    expect([w.reply(id('ready')), w.reply(id('waits'))]).toMatchObject([{ code: 'YM_ABORTED' }, { code: 'YM_ABORTED' }])
    w.heal()
    expect(w.assignments.map((one) => one.id)).toEqual([id('a')])
  })

  it('4: one that is at an engine, not known to have begun, ends at once, and keeps its slot until the engine answers', () => {
    const w = world()
    w.submit(spec('a'), spec('b'))
    const a = w.attemptOf(id('a'))
    expect(w.abort(id('a')).map((effect) => effect.type)).toEqual(['cancel', 'end'])
    expect(w.reply(id('a')).status).toBe('aborted')
    expect([w.status(id('b')), w.state.engines.get(0)?.load]).toEqual(['ready', 1])
    w.end(a, 'aborted')
    expect([w.status(id('b')), w.state.engines.get(0)?.load]).toEqual(['assigned', 1])
  })

  it('5: what such an attempt answers changes nothing but its slot, and only once', () => {
    const w = world(1, { hwm: 2 })
    w.submit(spec('a'), spec('b'))
    const a = w.attemptOf(id('a'))
    w.abort(id('a'))
    w.end(a, 'succeeded')
    w.end(a, 'recalled')
    expect([w.reply(id('a')).status, w.state.engines.get(0)?.load]).toEqual(['aborted', 1])
  })

  it('4: the slots of such attempts go with their engine', () => {
    const w = world(2)
    w.submit(spec('a', { targets: [0] }), spec('b', { targets: [0, 1] }), spec('c'))
    w.abort(id('a'))
    w.lose(0)
    expect(w.state.engines.get(1)?.load).toBe(1)
    w.heal()
  })

  it('19: one that runs is signalled once, and is aborted when it has stopped, however it stops', () => {
    for (const outcome of ['aborted', 'failed', 'timedOut', 'unmet', 'lost', 'recalled'] as const) {
      const w = world(2)
      w.submit(spec('a', { retries: 3 }))
      w.begin(w.attemptOf(id('a')))
      expect(w.abort(id('a')).map((effect) => effect.type)).toEqual(['cancel'])
      expect(w.abort(id('a'))).toEqual([])
      expect(w.status(id('a'))).toBe('running')
      w.end(id('a'), outcome)
      expect(w.reply(id('a'))).toMatchObject({ status: 'aborted', code: 'YM_ABORTED', output: undefined })
      expect(w.assignments).toHaveLength(1)
    }
  })

  it('a success that won the race is one', () => {
    const w = world()
    w.submit(spec('a'))
    w.begin(w.attemptOf(id('a')))
    w.abort(id('a'))
    w.end(id('a'), 'succeeded', 42)
    expect(w.reply(id('a'))).toMatchObject({ status: 'succeeded', output: 42 })
  })

  it('19: the loss of its engine ends an aborted task', () => {
    const w = world(2)
    w.submit(spec('a'))
    const a = w.attemptOf(id('a'))
    w.begin(a)
    w.abort(id('a'))
    w.lose(a.engine)
    expect(w.reply(id('a')).status).toBe('aborted')
  })

  it('20: aborting nothing, what is unknown, or what has ended, does nothing', () => {
    const w = world()
    w.submit(spec('a'))
    w.end(id('a'))
    expect([w.abort(), w.abort(id('nobody')), w.abort(id('a'))]).toEqual([[], [], []])
    expect(w.reply(id('a')).status).toBe('succeeded')
  })

  it('with a client, only tasks of that session are aborted', () => {
    const w = world()
    w.submit(spec('a'), spec('b'))
    expect(w.send({ type: 'abort', tasks: [id('b')], client: 'someone else' as SessionId })).toEqual([])
    expect(w.status(id('b'))).toBe('ready')
  })

  it('dependents on failure start after an abort, others never', () => {
    const w = world()
    w.submit(spec('busy'), spec('a'))
    w.submit(
      spec('b', { after: [on([id('a')], { success: false, failure: true })] }),
      spec('c', { after: [on([id('a')])] }),
    )
    w.abort(id('a'))
    expect([w.status(id('b')), w.status(id('c'))]).toEqual(['ready', 'impossible'])
  })
})

describe('queue timeout', () => {
  const late = { queueTimeoutMs: 10 }

  it('ends what waits or is ready, when it is due and not before', () => {
    const w = world()
    w.submit(spec('a'), spec('ready', late), spec('waits', { ...late, after: [on([id('a')])] }))
    expect(nextDeadline(w.state)).toBe(10)
    w.pass(9)
    expect([w.status(id('ready')), w.status(id('waits'))]).toEqual(['ready', 'waiting'])
    w.pass(1)
    expect([w.reply(id('ready')), w.reply(id('waits'))]).toMatchObject([
      { status: 'timedOut', code: 'YM_QUEUE_TIMEOUT' },
      { status: 'timedOut', code: 'YM_QUEUE_TIMEOUT' },
    ])
    expect(nextDeadline(w.state)).toBeUndefined()
  })

  it('17: never fires for a running task, nor after the end', () => {
    const w = world(2)
    w.submit(spec('a', late), spec('b', late))
    w.begin(w.attemptOf(id('a')))
    w.end(id('b'))
    expect(nextDeadline(w.state)).toBeUndefined()
    expect(w.pass(100)).toEqual([])
    expect(w.status(id('a'))).toBe('running')
  })

  it('recalls what is at an engine, once; given back, it has timed out', () => {
    const w = world()
    w.submit(spec('a', late))
    expect(w.pass(10).map((effect) => effect.type)).toEqual(['recall'])
    expect(w.pass(10)).toEqual([])
    w.end(id('a'), 'recalled')
    expect(w.reply(id('a'))).toMatchObject({ status: 'timedOut', code: 'YM_QUEUE_TIMEOUT' })
  })

  it('17: an answer that shows that it had begun stands', () => {
    for (const outcome of ['succeeded', 'failed'] as const) {
      const w = world()
      w.submit(spec('a', late))
      w.pass(10)
      w.end(id('a'), outcome)
      expect(w.reply(id('a')).status).toBe(outcome)
    }
  })

  it('17: does not apply to a retry: it has begun once', () => {
    const w = world()
    w.submit(spec('a', { ...late, retries: 1 }), spec('b'))
    w.end(id('a'), 'failed')
    w.end(id('a'), 'recalled')
    w.pass(100)
    expect(w.status(id('a'))).toBe('assigned')
  })

  it('applies to a task that was refused after its time, or whose engine was lost before it began', () => {
    const w = world(2)
    w.submit(spec('a', late), spec('b', late))
    w.pass(10)
    w.end(id('a'), 'unmet')
    w.lose(w.attemptOf(id('b')).engine)
    expect([w.reply(id('a')).code, w.reply(id('b')).code]).toEqual(['YM_QUEUE_TIMEOUT', 'YM_QUEUE_TIMEOUT'])
  })

  it('23: timers of what has ended are forgotten', () => {
    const w = world()
    // Those behind one that is still set are not met on the way to it.
    w.submit(spec('busy'), spec('first', { queueTimeoutMs: 1_000 }))
    for (let i = 0; i < 300; i += 1) {
      w.submit(spec(i, { queueTimeoutMs: 1_000_000 }))
      w.abort(id(i))
    }
    expect(w.state.deadlines.size).toBeLessThan(100)
  })

  it('what is overdue is not sent out, though no tick was sent', () => {
    const w = world()
    w.submit(spec('a'), spec('b', late))
    w.now = 11
    w.end(id('a'))
    expect(w.reply(id('b')).status).toBe('timedOut')
  })
})
