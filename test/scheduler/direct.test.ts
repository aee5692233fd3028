import { describe, expect, it } from 'vitest'
import type { EngineId } from '../../core/ids.ts'
import { type StrategyRun, strategy } from '../../scheduler/strategies/strategy.ts'
import { id, on, spec, World } from './world.ts'

const direct = (name: string, engine: EngineId, extra = {}) => spec(name, { targets: [engine], direct: true, ...extra })

describe('direct tasks', () => {
  it('go to their engine at once, however busy it is, and are no load', () => {
    const world = new World()
    world.join(2)
    world.submit(spec('busy', { targets: [0] }), spec('queued', { targets: [0] }))
    world.submit(direct('a', 0), direct('b', 0), direct('c', 1))
    expect(world.assignments.map(({ id: task, engine }) => [task, engine])).toEqual([
      [id('busy'), 0],
      [id('a'), 0],
      [id('b'), 0],
      [id('c'), 1],
    ])
    expect([...world.state.engines.values()].map(({ load, direct: list }) => [load, list.length])).toEqual([
      [1, 2],
      [0, 1],
    ])
    world.end(id('a'))
    expect(world.status(id('queued'))).toBe('ready')
    world.end(id('busy'))
    expect(world.status(id('queued'))).toBe('assigned')
  })

  it('fail at once where their engine is not there, and name it', () => {
    const world = new World()
    world.join(1)
    world.lose(0)
    world.submit(direct('gone', 0), direct('never', 7))
    const details = ['gone', 'never'].map((name) => world.record(id(name)).fault)
    expect(details).toMatchObject([
      { code: 'YM_ENGINE_LOST', details: { engine: 0, reason: 'it has left' } },
      { code: 'YM_ENGINE_LOST', details: { engine: 7, reason: 'there is none with this number' } },
    ])
  })

  it('never move: they end with what happens to them at their engine', () => {
    const world = new World()
    world.join(2)
    world.submit(...['lost', 'back', 'unmet', 'failed', 'gone', 'aborted'].map((name) => direct(name, 0)))
    world.begin({ engine: 0, id: id('aborted'), attempt: 1 })
    for (const outcome of ['lost', 'unmet', 'failed'] as const) world.end(id(outcome), outcome)
    world.end(id('back'), 'recalled')
    world.abort(id('aborted'))
    world.lose(0)
    const ends = ['lost', 'back', 'unmet', 'failed', 'gone', 'aborted'].map((name) => world.reply(id(name)))
    expect(ends.map(({ status, code }) => code ?? status)).toEqual([
      'YM_ENGINE_LOST',
      'YM_ENGINE_LOST',
      'YM_UNMET_DEPENDENCY',
      'failed',
      'YM_ENGINE_LOST',
      'YM_ABORTED',
    ])
    const reasons = ['lost', 'back', 'gone'].map((name) => world.record(id(name)).fault?.details?.reason)
    expect(reasons).toEqual(['its executor died', 'it gave the task back', 'test'])
    expect(world.assignments).toHaveLength(6)
  })

  it('one that was aborted before it began leaves nothing behind, whatever its engine says later', () => {
    const world = new World()
    world.join(1)
    world.submit(direct('a', 0))
    world.abort(id('a'))
    const [engine] = world.state.engines.values()
    expect([engine?.load, engine?.direct.length, engine?.zombies]).toEqual([0, 0, undefined])
    world.end({ engine: 0, id: id('a'), attempt: 1 }, 'recalled')
    expect(engine?.load).toBe(0)
  })

  it('can be waited for and followed, and are resubmitted to the same engine', () => {
    const world = new World()
    world.join(3)
    world.submit(direct('a', 2), spec('after', { after: [on([id('a')])], follow: [on([id('a')])] }))
    world.end(id('a'))
    expect(world.assignments.at(-1)).toMatchObject({ id: id('after'), engine: 2 })
    world.submit(spec('fills', { targets: [2] }))
    world.resubmit(id('a'), id('again'))
    expect(world.assignments.at(-1)).toMatchObject({ id: id('again'), engine: 2 })
  })

  it('are none of the strategy’s business, and their durations none of the mark’s', () => {
    const told: string[] = []
    const note = (name: string) => (task: { readonly id: string }) => void told.push(`${name} ${task.id}`)
    const run: StrategyRun = {
      choose: (task, engines) => {
        told.push(`choose ${task.id}`)
        return engines.at(0)
      },
      rank: (task) => told.push(`rank ${task.id}`),
      tasksSubmitted: (tasks) => tasks.forEach(note('submitted')),
      taskReady: note('ready'),
      taskAssigned: note('assigned'),
      taskStarted: note('started'),
      taskFinished: note('finished'),
    }
    const world = new World({ strategy: strategy('told', { start: () => run }), hwm: 'auto' })
    world.join(1)
    world.submit(direct('a', 0), direct('lost', 0), direct('unmet', 0))
    world.begin({ engine: 0, id: id('a'), attempt: 1 })
    world.end(id('a'))
    world.end(id('unmet'), 'unmet')
    const [engine] = world.state.engines.values()
    expect(engine?.meanMs).toBeNaN()
    world.lose(0)
    expect(told).toEqual([])
  })
})
