import { describe, expect, it } from 'vitest'
import { createScheduler } from '../../scheduler/state.ts'
import { step } from '../../scheduler/step.ts'
import { resolveStrategy } from '../../scheduler/strategies/named.ts'
import { type EngineView, type StrategyLike, strategy } from '../../scheduler/strategies/strategy.ts'
import { id, on, spec, World } from './world.ts'

function world(strategyInForce: StrategyLike, engines = 2, hwm = 2): World {
  const w = new World({ strategy: strategyInForce, hwm })
  w.join(engines)
  return w
}

describe('naming', () => {
  it('by name, by object, or a bare function', () => {
    const mine = strategy('mine', (_task, engines) => engines.at(0))
    expect(resolveStrategy('lru').name).toBe('lru')
    expect(resolveStrategy(mine)).toBe(mine)
    expect(
      resolveStrategy(function byHand(_task, engines) {
        return engines.at(0)
      }).name,
    ).toBe('byHand')
    expect(resolveStrategy('powerOf3').name).toBe('powerOf3')
    for (const wrong of ['powerOf0', 'powerOf', 'powerOf-2', 'powerOf1.5', 'powerof2', 'toString', '']) {
      expect(() => resolveStrategy(wrong), wrong).toThrow(
        /no strategy .*leastload, lru, plainrandom, twobin, weighted, pure, .*powerOf2, .*; powerOf3/,
      )
    }
    expect(() => strategy('', (_task, engines) => engines.at(0))).toThrow(/name/)
  })
})

describe('a strategy that does wrong', () => {
  const faultsOf = (bad: StrategyLike) => {
    const state = createScheduler({ strategy: bad, hwm: 1 })
    step(state, { type: 'engineJoined', engine: 0 }, 0)
    step(state, { type: 'engineJoined', engine: 1 }, 0)
    step(state, { type: 'submit', tasks: [spec('first', { targets: [1] })] }, 0)
    return step(state, { type: 'submit', tasks: [spec('a')] }, 0)
  }

  it('by throwing is reported, and the least loaded engine is taken', () => {
    const effects = faultsOf(() => {
      throw new Error('no idea')
    })
    expect(effects).toMatchObject([
      { type: 'strategyFault', fault: { message: 'no idea' } },
      { type: 'assign', engine: 0 },
    ])
  })

  it.each([
    'rank',
    'tasksSubmitted',
    'taskReady',
    'taskAssigned',
    'taskStarted',
    'taskFinished',
    'engineJoined',
    'engineLeft',
    'steal',
  ])('in %s is reported, and every task ends', (hook) => {
    const clumsy = strategy('clumsy', {
      start: () => ({
        choose: (_task, engines) => engines.at(0),
        [hook]: () => {
          throw new Error(`no idea of ${hook}`)
        },
      }),
    })
    const state = createScheduler({ strategy: clumsy, hwm: 2 })
    const reported: string[] = []
    const ended: string[] = []
    const tell = (event: Parameters<typeof step>[1]) => {
      for (const effect of step(state, event, 0)) {
        if (effect.type === 'strategyFault') reported.push(effect.fault.message)
        if (effect.type === 'end') ended.push(effect.task.status)
      }
    }
    tell({ type: 'engineJoined', engine: 0 })
    tell({ type: 'submit', tasks: [spec('a'), spec('b')] })
    tell({ type: 'begun', engine: 0, tasks: [{ id: id('a'), attempt: 1 }] })
    // For one that steals: an idle engine beside a busy one.
    tell({ type: 'engineJoined', engine: 1 })
    tell({ type: 'engineLeft', engine: 1, reason: 'test' })
    for (const name of ['a', 'b']) {
      const result = { id: id(name), attempt: 1, outcome: 'succeeded' as const, durationMs: 1, output: undefined }
      tell({ type: 'ended', engine: 0, results: [result] })
    }
    expect(ended).toEqual(['succeeded', 'succeeded'])
    expect(new Set(reported)).toEqual(new Set([`no idea of ${hook}`]))
  })

  it('by choosing what it was not offered is reported too', () => {
    let full: EngineView | undefined
    const stubborn = faultsOf((task, engines) => {
      full ??= engines.at(0)
      return task.id === id('first') ? full : (full as EngineView)
    })
    expect(stubborn).toMatchObject([{ type: 'strategyFault', fault: { code: 'YM_CONFIGURATION' } }, { engine: 0 }])
    const forged = faultsOf((_task, engines) => ({ ...engines.at(0) }))
    expect(forged[0]).toMatchObject({ type: 'strategyFault' })
  })

  it('by not starting is reported, and the one before stays in force', () => {
    const state = createScheduler({ strategy: 'lru' })
    const broken = strategy('broken', {
      start: () => {
        throw new Error('no file')
      },
    })
    for (const bad of [broken, 'nobody'] as const) {
      expect(step(state, { type: 'setStrategy', strategy: bad }, 0)).toMatchObject([
        { type: 'strategyFault', strategy: typeof bad === 'string' ? bad : bad.name },
      ])
    }
    expect(state.strategy.strategy.name).toBe('lru')
  })
})

describe('what it is told', () => {
  it('13: it sees only engines that may take the task', () => {
    const seen: number[][] = []
    const spy = strategy('spy', (_task, engines) => {
      seen.push(Array.from({ length: engines.size }, (_, i) => engines.at(i).id))
      return engines.at(0)
    })
    const w = world(spy, 4, 1)
    w.submit(spec('a', { targets: [2, 1] }), spec('b'), spec('c'))
    w.end(id('b'), 'unmet')
    expect(seen).toEqual([[1, 2], [0, 2, 3], [2, 3], [3]])
  })

  it('everything in order, and durations only where it asked for them', () => {
    const play = (information: 'durations' | undefined) => {
      const told: string[] = []
      const tell = (what: string) => told.push(what)
      const listener = {
        tasksSubmitted: (tasks: readonly { id: string }[]) => tell(`submitted ${tasks.map((task) => task.id)}`),
        taskReady: (task: { id: string }) => tell(`ready ${task.id}`),
        taskAssigned: (task: { id: string }, engine: EngineView) => tell(`assigned ${task.id}@${engine.id}`),
        taskStarted: (task: { id: string }) => tell(`started ${task.id}`),
        engineJoined: (engine: EngineView) => tell(`joined ${engine.id}`),
        engineLeft: (engine: EngineView) => tell(`left ${engine.id}`),
        taskFinished: (task: { id: string }, engine: EngineView, report: object) =>
          tell(`finished ${task.id}@${engine.id} ${JSON.stringify(report)}`),
      }
      const spy =
        information === 'durations'
          ? strategy('spy', { information, start: () => ({ choose: (_task, engines) => engines.at(0), ...listener }) })
          : strategy('spy', { start: () => ({ choose: (_task, engines) => engines.at(0), ...listener }) })
      const w = world(spy, 1)
      w.submit(spec('a'), spec('b', { after: [on([id('a')])] }))
      w.begin(w.attemptOf(id('a')))
      w.end(id('a'))
      w.lose(0)
      return told
    }
    const plain = play(undefined)
    expect(plain).toEqual([
      'joined 0',
      'submitted t.a,t.b',
      'ready t.a',
      'assigned t.a@0',
      'started t.a',
      'finished t.a@0 {"outcome":"succeeded"}',
      'ready t.b',
      'assigned t.b@0',
      'left 0',
      'finished t.b@0 {"outcome":"lost"}',
      'ready t.b',
    ])
    expect(play('durations')[5]).toBe('finished t.a@0 {"outcome":"succeeded","durationMs":1}')
  })
})

describe('exchange', () => {
  it('tells the new one of engines and ready tasks, and moves nothing that was assigned', () => {
    const told: string[] = []
    const late = strategy('late', {
      start: () => ({
        choose: (_task, engines) => engines.at(0),
        engineJoined: (engine) => told.push(`engine ${engine.id}`),
        taskReady: (task) => told.push(task.id),
        rank: (task) => (task.id === id('c') ? 0 : 1),
      }),
    })
    const w = world('leastload', 2, 1)
    w.submit(...['x', 'y', 'a', 'b', 'c'].map((name) => spec(name)))
    expect(w.send({ type: 'setStrategy', strategy: late })).toEqual([])
    expect(told).toEqual(['engine 0', 'engine 1', id('a'), id('b'), id('c')])
    w.end(id('x'))
    w.end(id('y'))
    expect(w.assignments.slice(2).map((one) => one.id)).toEqual([id('c'), id('a')])
  })

  it('15: a task that was out when its strategy went comes back without the rank that one gave it', () => {
    const backwards = strategy('backwards', {
      start: () => ({ choose: (_task, engines) => engines.at(0), rank: (task) => -task.id.length }),
    })
    const w = world(backwards, 0, 1)
    w.submit(spec('a'), spec('longer'))
    w.join()
    w.send({ type: 'setStrategy', strategy: 'leastload' })
    w.end(id('longer'), 'recalled')
    expect(w.assignments.map((one) => one.id)).toEqual([id('longer'), id('a')])
  })

  it('27: randomness is that of the seed and the name', () => {
    const run = (seed: number, first: string) => {
      const w = new World({ strategy: first, seed, hwm: 0 })
      w.join(5)
      w.send({ type: 'setStrategy', strategy: 'plainrandom' })
      w.submit(...Array.from({ length: 30 }, (_, i) => spec(i)))
      return w.assignments.map((one) => one.engine)
    }
    expect(run(1, 'lru')).toEqual(run(1, 'twobin'))
    expect(run(1, 'lru')).not.toEqual(run(2, 'lru'))
  })
})

describe('stealing', () => {
  const thief = strategy('thief', {
    start: () => ({
      choose: (_task, engines) => engines.leastLoaded(),
      steal: (_idle, busy) => busy.toSorted((a, b) => b.load - a.load)[0],
    }),
  })

  it('an idle engine gets the last task that a busy one has not begun', () => {
    const w = world(thief, 1, 3)
    w.submit(...['a', 'b', 'c'].map((name) => spec(name)))
    w.begin(w.attemptOf(id('a')))
    w.join()
    expect(w.attemptOf(id('c')).asked).toBe('recall')
    w.end(id('c'), 'recalled')
    expect(w.attemptOf(id('c')).engine).toBe(1)
    expect(w.record(id('c'))).toMatchObject({ attempt: 2, failures: 0 })
  })

  it('takes nothing that it may not run', () => {
    const w = world(thief, 1, 3)
    w.submit(...['a', 'b'].map((name) => spec(name, { targets: [0] })))
    w.join()
    expect(w.outstanding().every((one) => one.asked === 'nothing')).toBe(true)
  })
})
