import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { SessionId, TaskId } from '../../core/ids.ts'
import { findTasks, type TaskFilter } from '../../scheduler/find-tasks.ts'
import { createScheduler, type SchedulerState } from '../../scheduler/state.ts'
import { step } from '../../scheduler/step.ts'
import type { TaskStatus } from '../../scheduler/task.ts'
import { id, on, spec } from './world.ts'

const other = 'other' as SessionId

/** At 0 two engines join; at 10, 20, … a task each is submitted. `done` and `bad` end at 100 and 110, `purged` too. */
function yard(): SchedulerState {
  const state = createScheduler({ hwm: 1 })
  step(state, { type: 'engineJoined', engine: 0 }, 0)
  step(state, { type: 'engineJoined', engine: 1 }, 0)
  const specs = [
    spec('done', { label: 'fit', targets: [0] }),
    spec('bad', { label: 'fit', targets: [1] }),
    spec('purged', { client: other, targets: [0] }),
    spec('running', { label: 'long', targets: [1] }),
    spec('waiting', { after: [on([id('running')])] }),
    spec('ready', { client: other, targets: [1] }),
  ]
  specs.forEach((task, i) => {
    step(state, { type: 'submit', tasks: [task] }, 10 * (i + 1))
  })
  end(state, 'done', 0, 'succeeded', 100)
  end(state, 'bad', 1, 'failed', 110)
  end(state, 'purged', 0, 'succeeded', 120)
  step(state, { type: 'purge', tasks: [id('purged')] }, 130)
  step(state, { type: 'begun', engine: 1, tasks: [{ id: id('running'), attempt: 1 }] }, 140)
  return state
}

function end(state: SchedulerState, name: string, engine: number, outcome: 'succeeded' | 'failed', at: number): void {
  const result = { id: id(name), attempt: 1, outcome, durationMs: 5, output: name }
  step(state, { type: 'ended', engine, results: [result] }, at)
}

const names = (state: SchedulerState, filter: TaskFilter) =>
  findTasks(state, filter).tasks.map((task) => task.id.slice('t.'.length))

describe('findTasks', () => {
  it('gives all records, live and retained, in order of submission', () => {
    expect(names(yard(), {})).toEqual(['done', 'bad', 'purged', 'running', 'waiting', 'ready'])
  })

  it.for<[string, TaskFilter, string[]]>([
    ['client', { client: other }, ['purged', 'ready']],
    ['states', { states: new Set<TaskStatus>(['failed', 'waiting']) }, ['bad', 'waiting']],
    ['no states', { states: new Set() }, []],
    ['purged', { purged: true }, ['purged']],
    ['not purged', { purged: false, states: new Set<TaskStatus>(['succeeded']) }, ['done']],
    ['labels', { labels: new Set(['long', 'fit']) }, ['done', 'bad', 'running']],
    ['engines', { engines: new Set([0]) }, ['done', 'purged']],
    ['ids, each once, in order', { ids: ['ready', 'done', 'nobody', 'ready'].map(id) }, ['done', 'ready']],
    ['a time of submission', { submitted: { from: 20, until: 40 } }, ['bad', 'purged']],
    ['a time of beginning', { started: { from: 105, until: 141 } }, ['bad', 'purged', 'running']],
    ['a time of the end', { ended: { from: 110 } }, ['bad', 'purged']],
    ['an end before', { ended: { until: 110 } }, ['done']],
    ['times told otherwise', { ended: { from: 1_110, until: 1_120 }, timeOffset: 1_000 }, ['bad']],
    ['what came before', { before: 2 }, ['done', 'bad']],
    ['several at once', { labels: new Set(['fit']), engines: new Set([1]) }, ['bad']],
  ])('by %s', ([, filter, expected]) => {
    expect(names(yard(), filter)).toEqual(expected)
  })

  it('forgets what the scheduler forgets', () => {
    const state = createScheduler({ retention: { countMax: 0, purgedMax: 0 } })
    step(state, { type: 'engineJoined', engine: 0 }, 0)
    step(state, { type: 'submit', tasks: [spec('a')] }, 0)
    end(state, 'a', 0, 'succeeded', 1)
    expect(names(state, {})).toEqual(['a'])
    step(state, { type: 'tick' }, 2)
    expect(names(state, {})).toEqual([])
  })

  it('changes nothing, and costs records nothing: no field of theirs is written', () => {
    const state = yard()
    const before = structuredClone([...state.tasks].map(({ id, status, sequence }) => ({ id, status, sequence })))
    for (const task of state.tasks) Object.freeze(task)
    findTasks(state, { labels: new Set(['fit']), ended: { from: 0 } })
    expect([...state.tasks].map(({ id, status, sequence }) => ({ id, status, sequence }))).toEqual(before)
  })

  it('orders any number of ids, whatever they look like', () => {
    fc.assert(
      fc.property(fc.uniqueArray(fc.string({ minLength: 1, maxLength: 8 }), { maxLength: 200 }), (ids) => {
        const state = createScheduler()
        step(state, { type: 'submit', tasks: ids.map((name) => ({ ...spec(0), id: name as TaskId })) }, 0)
        expect(findTasks(state, {}).tasks.map((task) => task.id)).toEqual(ids)
      }),
    )
  })

  it('gives the latest so many of those that match, and says whether there are earlier ones', () => {
    fc.assert(
      fc.property(
        fc.array(fc.boolean(), { maxLength: 300 }),
        fc.integer({ min: 1, max: 40 }),
        fc.option(fc.nat(300), { nil: undefined }),
        (labelled, limit, before) => {
          const state = createScheduler()
          const tasks = labelled.map((isOne, i) => spec(i, isOne ? { label: 'one' } : {}))
          step(state, { type: 'submit', tasks }, 0)
          const matching = tasks.filter(({ label }, i) => label === 'one' && i < (before ?? 300)).map((task) => task.id)
          const found = findTasks(state, { labels: new Set(['one']), before }, limit)
          expect(found.tasks.map((task) => task.id)).toEqual(matching.slice(-limit))
          expect(found.hasEarlier).toBe(matching.length > limit)
        },
      ),
    )
  })
})
