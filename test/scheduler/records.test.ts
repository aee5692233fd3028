import { describe, expect, it } from 'vitest'
import type { SessionId } from '../../core/ids.ts'
import { id, on, spec, World } from './world.ts'

function world(config = {}): World {
  const w = new World(config)
  w.join(2)
  return w
}

describe('resubmit', () => {
  it('22: keeps every constraint, and links both records', () => {
    const w = world()
    w.submit(spec('dependency', { targets: [1] }))
    w.end(id('dependency'))
    const constraints = {
      after: [on([id('dependency')])],
      follow: [on([id('dependency')])],
      targets: [0, 1],
      retries: 2,
      queueTimeoutMs: 1_000,
      runTimeoutMs: 500,
      priority: 3,
      retryOnEngineLoss: false,
      onUnmet: 'wait',
      label: 'fit',
    } as const
    w.submit(spec('a', constraints))
    w.end(id('a'))
    w.resubmit(id('a'), id('again'))
    expect(w.record(id('again'))).toMatchObject({
      ...constraints,
      body: 'body of a',
      resubmittedFrom: id('a'),
      status: 'assigned',
    })
    expect(w.record(id('a'))).toMatchObject({ resubmittedAs: id('again'), status: 'succeeded' })
    expect(w.attemptOf(id('again')).engine).toBe(1)
  })

  it('22: what it ran after counts as met, remembered or forgotten', () => {
    const w = world({ retention: { countMax: 1, purgedMax: 0 } })
    w.submit(spec('dependency'))
    w.end(id('dependency'))
    w.submit(spec('a', { after: [on([id('dependency')])], follow: [on([id('dependency')])] }))
    const { engine } = w.attemptOf(id('a'))
    w.end(id('a'))
    w.pass(1)
    expect(w.state.tasks.has(id('dependency'))).toBe(false)
    w.resubmit(id('a'), id('again'))
    expect(w.attemptOf(id('again')).engine).toBe(engine)
  })

  it('is refused for what is unknown, pending, purged, or when the new id is in use', () => {
    const w = world()
    w.submit(spec('pending'), spec('purged'), spec('done'))
    w.end(id('purged'))
    w.end(id('done'))
    w.send({ type: 'purge', tasks: [id('purged')] })
    const codes = ['nobody', 'pending', 'purged'].map((name) => w.resubmit(id(name), id(`${name} again`)))
    expect(codes.flat()).toMatchObject([
      { type: 'refuse', fault: { code: 'YM_UNKNOWN_TASK' } },
      { type: 'refuse', fault: { code: 'YM_PENDING' } },
      { type: 'refuse', fault: { code: 'YM_PURGED' } },
    ])
    expect(w.resubmit(id('done'), id('pending'))).toMatchObject([{ type: 'refuse', id: id('pending') }])
    expect(w.record(id('done')).resubmittedAs).toBeUndefined()
  })

  it('may be on behalf of another session', () => {
    const w = world()
    const other = 'other' as SessionId
    w.submit(spec('a'))
    w.end(id('a'))
    w.send({ type: 'resubmit', pairs: [{ from: id('a'), to: id('b') }], client: other })
    expect([w.record(id('a')).client, w.record(id('b')).client]).toEqual(['t', other])
  })
})

describe('purge and retention', () => {
  it('purging drops the result and the body, and the record says so', () => {
    const w = world()
    w.submit(spec('a'))
    w.end(id('a'))
    expect(w.send({ type: 'purge', tasks: [id('a'), id('a')] })).toEqual([])
    expect(w.record(id('a'))).toMatchObject({ purged: true, output: undefined, body: undefined, status: 'succeeded' })
  })

  it('purging what is pending or unknown is refused, and harms nothing', () => {
    const w = world()
    w.submit(spec('a'))
    expect(w.send({ type: 'purge', tasks: [id('a'), id('nobody')] })).toMatchObject([
      { type: 'refuse', request: 'purge', fault: { code: 'YM_PENDING' } },
      { type: 'refuse', request: 'purge', fault: { code: 'YM_UNKNOWN_TASK' } },
    ])
    w.end(id('a'))
    expect(w.record(id('a')).purged).toBe(false)
  })

  it('23: results beyond the stated count are dropped, the oldest first; then they are forgotten', () => {
    const w = world({ retention: { countMax: 3, purgedMax: 2 } })
    for (let i = 0; i < 10; i += 1) {
      w.submit(spec(i))
      w.end(id(i))
    }
    w.pass(1)
    const known = [...w.state.tasks].sort((a, b) => a.sequence - b.sequence)
    expect(known.map((record) => [record.id, record.purged])).toEqual([
      [id(5), true],
      [id(6), true],
      [id(7), false],
      [id(8), false],
      [id(9), false],
    ])
  })

  it('23: results beyond the stated size are dropped', () => {
    const w = world({ retention: { bytesMax: 20 } })
    for (let i = 0; i < 4; i += 1) {
      w.submit(spec(i))
      w.end(id(i))
    }
    w.pass(1)
    expect([0, 1, 2, 3].map((i) => w.record(id(i)).purged)).toEqual([true, true, false, false])
    expect(w.state.retention.bytes).toBe(16)
  })

  it('what ended can be read in that step whatever the limits', () => {
    const w = world({ retention: { countMax: 0, purgedMax: 0 } })
    w.submit(spec('a'))
    w.end(id('a'), 'succeeded', 'result')
    expect(w.reply(id('a')).output).toBe('result')
    w.pass(1)
    expect(w.state.tasks.size).toBe(0)
  })

  it('a purged record still tells dependencies how it ended; a forgotten one is unknown', () => {
    const w = world({ retention: { countMax: 0, purgedMax: 1 } })
    w.submit(spec('a'))
    w.end(id('a'))
    w.submit(spec('b', { after: [on([id('a')])] }))
    w.end(id('b'))
    w.submit(spec('c', { after: [on([id('a')])] }))
    expect([w.reply(id('b')).status, w.reply(id('c')).status]).toEqual(['succeeded', 'impossible'])
  })

  it('23: nothing is left of 2,000 tasks but what is retained', () => {
    const w = world({ retention: { countMax: 5, purgedMax: 5 } })
    for (let i = 0; i < 2_000; i += 1) {
      w.submit(
        spec(i, { targets: [i % 2], queueTimeoutMs: 5, after: i > 0 ? [on([id(i - 1)], { failure: true })] : [] }),
      )
      w.end(id(i))
    }
    w.pass(100)
    const { tasks, ready, witnesses, deadlines } = w.state
    expect([tasks.size, ready.groups.size, ready.byEngine.size, witnesses.size]).toEqual([10, 0, 0, 0])
    expect(deadlines.size).toBeLessThanOrEqual(65)
  })
})
