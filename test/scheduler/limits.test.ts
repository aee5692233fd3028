import { describe, expect, it } from 'vitest'
import type { SessionId } from '../../core/ids.ts'
import { taskOverheadBytes } from '../../core/limits.ts'
import type { Effect } from '../../scheduler/events.ts'
import { validate } from '../../scheduler/invariants.ts'
import { createScheduler } from '../../scheduler/state.ts'
import { step } from '../../scheduler/step.ts'
import { id, spec, World } from './world.ts'

const other = { client: 'other' as SessionId }
const refusedIn = (effects: readonly Effect[]) =>
  effects.flatMap((effect) => (effect.type === 'refuse' ? [[effect.id, effect.fault.details]] : []))

describe('what is live is limited', () => {
  it('by tasks of one client: only those over the limit are refused, and there is room again when one has ended', () => {
    const w = new World({ limits: { clientTasksMax: 2 } })
    const refused = w.submit(spec('a'), spec('b'), spec('c'), spec('d', other))
    expect(refusedIn(refused)).toEqual([[id('c'), { limit: 'clientTasksMax', max: 2, used: 2 }]])
    expect(refused[0]).toMatchObject({ request: 'submit', fault: { code: 'YM_LIMIT' } })
    expect(w.state.tasks.has(id('c'))).toBe(false)
    w.abort(id('a'))
    expect(refusedIn(w.submit(spec('c'), spec('e')))).toEqual([[id('e'), expect.anything()]])
  })

  it('by bytes of one client, and of all; they go over by one task at most', () => {
    const bytes = taskOverheadBytes + 500
    const w = new World({ limits: { clientBytesMax: 2 * bytes, queuedBytesMax: 3 * bytes } })
    const large = { bodyBytes: 500 }
    const refused = w.submit(spec('a', { bodyBytes: 499 }), spec('b', large), spec('c', large), spec('d', large))
    expect(refusedIn(refused)).toEqual([[id('d'), { limit: 'clientBytesMax', max: 2 * bytes, used: 3 * bytes - 1 }]])
    const ofOther = w.submit(spec('e', { ...other, bodyBytes: 1 }), spec('f', other))
    expect(refusedIn(ofOther)).toEqual([[id('f'), { limit: 'queuedBytesMax', max: 3 * bytes, used: 4 * bytes - 500 }]])
  })

  it('a function counts once, as long as a live task has it', () => {
    const shared = { bytes: 10_000 }
    const w = new World({ limits: { clientBytesMax: 12_500 } })
    expect(w.submit(spec('a', { shared }), spec('b', { shared }))).toEqual([])
    expect(w.state.quota.bytes).toBe(10_000 + 2 * taskOverheadBytes)
    w.abort(id('a'))
    expect(w.state.quota.bytes).toBe(10_000 + taskOverheadBytes)
    expect(refusedIn(w.submit(spec('c'), spec('d'), spec('e')))).toEqual([[id('e'), expect.anything()]])
    w.abort(id('b'))
    expect(w.state.quota.bytes).toBe(2 * taskOverheadBytes)
  })

  it('a task that is submitted again counts for who submits it', () => {
    const w = new World({ limits: { clientTasksMax: 1 } })
    w.submit(spec('a', { shared: { bytes: 9 } }))
    w.abort(id('a'))
    w.submit(spec('b'))
    expect(w.resubmit(id('a'), id('c'))).toMatchObject([{ type: 'refuse', request: 'resubmit', id: id('c') }])
    const pairs = [{ from: id('a'), to: id('c') }]
    expect(refusedIn(w.send({ type: 'resubmit', pairs, ...other }))).toEqual([])
    expect([...w.state.quota.accounts.keys()]).toEqual(['t', 'other'])
  })

  it('what was accepted before a restart stays so', () => {
    const state = createScheduler({ limits: { clientTasksMax: 1 } })
    const tasks = ['a', 'b', 'c'].map((name) => ({ spec: spec(name), submittedAt: 0 }))
    expect(step(state, { type: 'restore', tasks, nextEngine: 0 }, 0)).toEqual([])
    const refused = refusedIn(step(state, { type: 'submit', tasks: [spec('d')] }, 0))
    expect(refused).toEqual([[id('d'), { limit: 'clientTasksMax', max: 1, used: 3 }]])
    expect(validate(state)).toEqual([])
  })

  it('23: after a restart, too, a function of several tasks counts once', () => {
    const state = createScheduler()
    const [one, other] = [{ bytes: 10 }, { bytes: 20 }]
    const end = { status: 'succeeded', attempt: 1, engine: 0, startedAt: 0, endedAt: 0, durationMs: 0 } as const
    const ended = { ...end, outputBytes: 0, purged: false }
    const tasks = [one, other, one, other].map((shared, i) => ({
      spec: spec(i, { shared }),
      submittedAt: 0,
      ...(i < 2 ? { end: ended } : {}),
    }))
    step(state, { type: 'restore', tasks, nextEngine: 0 }, 0)
    expect([state.shared.size, state.retention.bytes, state.quota.bytes]).toEqual([2, 30, 30 + 2 * taskOverheadBytes])
    expect(validate(state)).toEqual([])
  })

  it('a limit is a number', () => {
    expect(() => createScheduler({ limits: { clientTasksMax: Number.NaN } })).toThrow(/limits.clientTasksMax must be/)
  })
})

it('what a task was called with counts against the retention, and its function once', () => {
  const w = new World({ retention: { bytesMax: 150 } })
  w.join(1)
  const shared = { bytes: 60 }
  for (const name of ['a', 'b', 'c']) {
    w.submit(spec(name, { bodyBytes: 30, shared }))
    w.end(id(name))
  }
  expect(w.state.retention.bytes).toBe(60 + 3 * (30 + 8))
  w.pass(1)
  expect(['a', 'b', 'c'].map((name) => w.record(id(name)).purged)).toEqual([true, false, false])
  w.send({ type: 'purge', tasks: [id('b'), id('c')] })
  expect([w.state.retention.bytes, w.state.shared.size]).toEqual([0, 0])
})
