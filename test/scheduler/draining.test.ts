import { describe, expect, it } from 'vitest'
import { strategy } from '../../scheduler/strategies/strategy.ts'
import { id, on, spec, World } from './world.ts'

const released = (world: World) =>
  [...world.state.engines.values()].filter(({ stage }) => stage === 'released').map((engine) => engine.id)

describe('engines that are to leave', () => {
  it('are let go at once where nothing is there, and take nothing from then on', () => {
    const world = new World()
    world.join(2)
    expect(world.drain(0, 0, 7)).toEqual([{ type: 'release', engine: 0 }])
    expect(world.drain(0)).toEqual([])
    world.submit(spec('a'), spec('b'))
    expect(world.assignments.map(({ engine }) => engine)).toEqual([1])
    world.lose(0)
    expect(world.status(id('b'))).toBe('ready')
  })

  it('finish what has begun, and give back what has not, which goes elsewhere and uses no retry', () => {
    const world = new World({ hwm: 2 })
    world.join(1)
    world.submit(spec('begun'), spec('sent'))
    world.begin(world.attemptOf(id('begun')))
    expect(world.drain(0)).toEqual([{ type: 'recall', engine: 0, id: id('sent'), attempt: 1 }])
    world.join(1)
    world.end(id('sent'), 'recalled')
    expect(world.attemptOf(id('sent'))).toMatchObject({ engine: 1, attempt: 2 })
    expect(released(world)).toEqual([])
    expect(world.end(id('begun')).map(({ type }) => type)).toEqual(['end', 'release'])
    expect(world.record(id('sent'))).toMatchObject({ losses: 0, failures: 0 })
  })

  it('go on with what only they can take: it ends, they are let go, and nothing is lost', () => {
    const world = new World()
    world.join(2)
    world.submit(spec('here', { targets: [0] }), spec('there', { targets: [1] }))
    world.submit(spec('bound', { targets: [0] }), spec('either', { targets: [0, 1] }), spec('free'))
    world.drain(0)
    world.end(id('here'))
    expect(world.attemptOf(id('bound')).engine).toBe(0)
    world.end(id('bound'))
    expect([released(world), world.status(id('either')), world.status(id('free'))]).toEqual([[0], 'ready', 'ready'])
    world.end(id('there'))
    expect(world.attemptOf(id('either')).engine).toBe(1)
    world.end(id('either'))
    expect(world.attemptOf(id('free')).engine).toBe(1)
  })

  it('wait for tasks that will follow what ran there, or that only they have not refused', () => {
    const world = new World()
    world.join(3)
    world.submit(spec('first', { targets: [0] }), spec('gate', { targets: [2] }))
    world.submit(spec('after', { follow: [on([id('first')])], after: [on([id('gate')])] }))
    world.end(id('first'))
    world.drain(0)
    expect(released(world)).toEqual([])
    world.end(id('gate'))
    expect(world.attemptOf(id('after')).engine).toBe(0)
    world.end(id('after'))
    expect(released(world)).toEqual([0])
    world.lose(0)
    world.submit(spec('picky'))
    world.drain(2)
    world.end(id('picky'), 'unmet')
    world.join(1)
    expect(released(world)).toEqual([2])
  })

  it('take what all that stay have refused', () => {
    const world = new World()
    world.join(2)
    world.submit(spec('long', { targets: [0] }), spec('picky', { targets: [] }))
    world.drain(0)
    world.end(id('picky'), 'unmet')
    expect(world.status(id('picky'))).toBe('ready')
    world.end(id('long'))
    expect(world.attemptOf(id('picky')).engine).toBe(0)
  })

  it('a task that waits under one moves to another that could take it too', () => {
    const world = new World()
    world.join(2)
    world.submit(spec('gate', { targets: [1] }), spec('late', { targets: [0, 1], after: [on([id('gate')])] }))
    expect(world.drain(0)).toEqual([{ type: 'release', engine: 0 }])
    world.lose(0)
    world.end(id('gate'))
    expect(world.attemptOf(id('late')).engine).toBe(1)
  })

  it('direct tasks still reach one that drains, and none that was let go', () => {
    const world = new World()
    world.join(2)
    world.submit(spec('long', { targets: [0] }))
    world.begin(world.attemptOf(id('long')))
    world.drain(0, 1)
    world.submit(spec('there', { targets: [0], direct: true }), spec('gone', { targets: [1], direct: true }))
    expect(world.status(id('there'))).toBe('assigned')
    expect(world.reply(id('gone'))).toMatchObject({ status: 'failed', code: 'YM_ENGINE_LOST' })
    world.end(id('long'))
    expect(released(world)).toEqual([1])
    world.end(id('there'))
    expect(released(world)).toEqual([0, 1])
  })

  it('one that is lost while it drains is lost like any other', () => {
    const world = new World()
    world.join(1)
    world.submit(spec('a'))
    world.begin(world.attemptOf(id('a')))
    world.drain(0)
    world.lose(0)
    world.join(1)
    expect(world.attemptOf(id('a'))).toMatchObject({ engine: 1, attempt: 2 })
    expect(world.record(id('a')).losses).toBe(1)
  })

  it('when all are to leave, what is ready waits for those that come', () => {
    const world = new World()
    world.join(2)
    world.submit(spec('a'), spec('b'), spec('c'))
    world.drain(0, 1)
    world.end(id('a'))
    world.end(id('b'))
    expect([world.status(id('c')), released(world)]).toEqual(['ready', [0, 1]])
    world.join(1)
    expect(world.attemptOf(id('c')).engine).toBe(2)
  })

  it('a strategy hears once that one leaves, when it is to, and one that comes into force does not hear of it', () => {
    const told: string[] = []
    const listening = strategy('listening', {
      start: () => ({
        choose: (_, engines) => engines.leastLoaded(),
        engineJoined: ({ id: engine }) => void told.push(`${engine} joined`),
        engineLeft: ({ id: engine }) => void told.push(`${engine} left`),
      }),
    })
    const world = new World({ strategy: listening })
    world.join(2)
    world.submit(spec('a'), spec('b'))
    world.drain(0)
    world.send({ type: 'setStrategy', strategy: listening })
    world.end(id('a'))
    world.lose(0)
    expect(told).toEqual(['0 joined', '1 joined', '0 left', '1 joined'])
  })

  it('those that need one are given in their order, as there is room', () => {
    const world = new World()
    world.join(2)
    world.submit(spec('a', { targets: [0] }))
    world.drain(0)
    world.submit(
      spec('later', { targets: [0] }),
      spec('urgent', { targets: [0], priority: 1 }),
      spec('last', { targets: [0] }),
    )
    for (const name of ['a', 'urgent', 'later', 'last']) {
      expect(world.outstanding().map((attempt) => attempt.id)).toEqual([id(name)])
      world.end(id(name))
    }
    expect(released(world)).toEqual([0])
  })
})
