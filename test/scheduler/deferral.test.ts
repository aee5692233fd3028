import { describe, expect, it } from 'vitest'
import { createScheduler } from '../../scheduler/state.ts'
import { step } from '../../scheduler/step.ts'
import { type Deferral, type StrategyRun, strategy } from '../../scheduler/strategies/strategy.ts'
import { id, spec, World } from './world.ts'

type Answer = Deferral | 'take'

/** A strategy that answers of each task as it is told to, and notes about which it was asked. */
function told(answerOf: (task: string) => Answer, more: Partial<StrategyRun> = {}) {
  const asked: string[] = []
  const obedient = strategy('obedient', {
    start: () => ({
      ...more,
      choose(task, engines) {
        const name = task.id.slice(2)
        asked.push(name)
        const answer = answerOf(name)
        return answer === 'take' ? engines.leastLoaded() : answer
      },
    }),
  })
  /** Those that were asked about since the last time. */
  return { obedient, asked: () => asked.splice(0) }
}

function world(answers: Record<string, Answer>, engines = 2, hwm = 1) {
  const { obedient, asked } = told((task) => answers[task] ?? 'take')
  const w = new World({ strategy: obedient, hwm })
  w.join(engines)
  w.submit(spec('first', { targets: [0] }))
  asked()
  return { w, asked }
}

describe('a strategy that lets tasks wait', () => {
  it('by pass: those that come after it are asked about', () => {
    const { w, asked } = world({ a: 'pass' })
    w.submit(spec('a'), spec('b'), spec('c'))
    expect(asked()).toEqual(['a', 'b'])
    expect(w.status(id('a'))).toBe('ready')
    expect(w.attemptOf(id('b')).engine).toBe(1)
  })

  it('by hold: they are not', () => {
    const { w, asked } = world({ a: 'hold' })
    w.submit(spec('a'), spec('b'), spec('c', { targets: [1] }))
    expect(asked()).toEqual(['a'])
    expect(['a', 'b', 'c'].map((name) => w.status(id(name)))).toEqual(['ready', 'ready', 'ready'])
  })

  it('is asked again, in order, when something changes, and only then', () => {
    const answers: Record<string, Answer> = { a: 'pass', b: 'pass' }
    const { w, asked } = world(answers)
    w.submit(spec('a'), spec('b'))
    expect(asked()).toEqual(['a', 'b'])
    w.pass(1)
    w.abort()
    expect(asked()).toEqual([])
    w.begin(w.attemptOf(id('first')))
    expect(asked()).toEqual(['a', 'b'])
    w.submit(spec('c', { priority: 1, targets: [0] }))
    expect(asked()).toEqual(['a', 'b'])
    w.join()
    expect(asked()).toEqual(['a', 'b'])
    answers.b = 'take'
    w.end(id('first'))
    expect(asked()).toEqual(['c', 'a', 'b'])
  })

  it('a task of higher priority that comes while all is held back has its turn', () => {
    const { w, asked } = world({ a: 'hold' })
    w.submit(spec('a'))
    w.submit(spec('urgent', { priority: 1 }))
    expect(asked()).toEqual(['a', 'urgent'])
    expect(w.attemptOf(id('urgent')).engine).toBe(1)
  })

  it('what it passed by keeps its place among those that come out of order', () => {
    const answers: Record<string, Answer> = { b: 'pass', c: 'pass' }
    const { w, asked } = world(answers)
    w.submit(spec('b'), spec('c'))
    w.submit(spec('a', { priority: 1 }))
    w.end(id('first'))
    w.end(id('a'), 'recalled')
    answers.b = 'take'
    asked()
    w.submit(spec('d', { priority: 1 }))
    expect(asked()).toEqual(['d'])
    w.end(id('d'))
    expect(w.assignments.slice(1).map((one) => one.id)).toEqual(['a', 'a', 'd', 'b'].map(id))
  })

  it.each(['pass', 'hold'] as const)(
    'by %s: the task can be aborted, time out and be taken over by another strategy',
    (answer) => {
      const { w } = world({ a: answer, b: answer, c: answer })
      w.submit(spec('a'), spec('b', { queueTimeoutMs: 5 }), spec('c'))
      w.abort(id('a'))
      w.pass(6)
      expect([w.status(id('a')), w.status(id('b')), w.status(id('c'))]).toEqual(['aborted', 'timedOut', 'ready'])
      w.send({ type: 'setStrategy', strategy: 'leastload' })
      expect(w.attemptOf(id('c')).engine).toBe(1)
    },
  )

  it('asks about each task once in a step, however many engines are free', () => {
    const { w, asked } = world({}, 5)
    const waiting = Array.from({ length: 50 }, (_, i) => spec(`x${i}`))
    const { obedient, asked: askedNext } = told(() => 'pass')
    w.send({ type: 'setStrategy', strategy: obedient })
    w.submit(...waiting)
    expect(askedNext()).toHaveLength(50)
    expect(asked()).toEqual([])
  })
})

describe('16: a strategy that waits for nothing', () => {
  it.each(['pass', 'hold'] as const)('by %s is overruled, one task at a time, and reported', (answer) => {
    const { obedient } = told(() => answer)
    const state = createScheduler({ strategy: obedient, hwm: 1 })
    const ended: string[] = []
    const tell = (event: Parameters<typeof step>[1]) => {
      const effects = step(state, event, 0)
      for (const effect of effects) if (effect.type === 'end') ended.push(effect.task.id)
      return effects
    }
    tell({ type: 'engineJoined', engine: 0 })
    tell({ type: 'engineJoined', engine: 1 })
    const sent = tell({ type: 'submit', tasks: [spec('a', { targets: [1] }), spec('b'), spec('c')] })
    expect(sent).toMatchObject([
      { type: 'strategyFault', strategy: 'obedient', fault: { message: /lets task t.a wait/ } },
      { type: 'assign', engine: 1, task: { id: id('a') } },
    ])
    for (const [engine, name] of [
      [1, 'a'],
      [0, 'b'],
      [1, 'c'],
    ] as const) {
      const result = { id: id(name), attempt: 1, outcome: 'succeeded' as const, durationMs: 1, output: undefined }
      tell({ type: 'ended', engine, results: [result] })
    }
    expect(ended).toEqual(['a', 'b', 'c'].map(id))
  })
})

describe('what it knows', () => {
  it('of engines: their cores, how many are free, and their speed; of tasks: their cores; and the time', () => {
    const seen: unknown[] = []
    const curious = strategy('curious', {
      start: ({ now }) => ({
        choose(task, engines) {
          const { cores, freeCores, speed } = engines.at(0)
          seen.push([now(), task.cores, cores, freeCores, speed])
          return engines.at(0)
        },
      }),
    })
    const w = new World({ strategy: curious, hwm: 0 })
    w.send({ type: 'engineJoined', engine: 0, concurrency: 4, speed: 2 })
    w.submit(spec('a', { cores: 3 }))
    w.pass(7)
    w.submit(spec('b'))
    w.submit(spec('c', { cores: 2 }))
    w.abort(id('a'))
    w.submit(spec('d'))
    w.end({ engine: 0, id: id('a'), attempt: 1 }, 'aborted')
    w.submit(spec('e'))
    expect(seen).toEqual([
      [0, 3, 4, 4, 2],
      [7, 1, 4, 1, 2],
      [7, 2, 4, 0, 2],
      [7, 1, 4, -2, 2],
      [7, 1, 4, 0, 2],
    ])
  })

  it('where nothing is said, one core and speed 1', () => {
    const w = new World()
    w.join()
    expect(w.state.engines.get(0)).toMatchObject({ cores: 1, freeCores: 1, speed: 1 })
  })
})

it('the end of every task is told once, and of every attempt that was sent', () => {
  const ended: string[] = []
  const finished: string[] = []
  const listener = strategy('listener', {
    start: () => ({
      choose: (_task, engines) => engines.at(0),
      taskEnded: (task) => void ended.push(task.id.slice(2)),
      taskFinished: (task, _engine, { outcome }) => void finished.push(`${task.id.slice(2)} ${outcome}`),
    }),
  })
  const w = new World({ strategy: listener, hwm: 0 })
  w.submit(spec('early'))
  w.abort(id('early'))
  w.join()
  w.submit(
    spec('done'),
    spec('failed'),
    spec('sent'),
    spec('next', { after: [{ ids: [id('failed')], all: true, success: true, failure: false }] }),
  )
  w.end(id('done'))
  w.end(id('failed'), 'failed')
  // Not known to have begun: it ends at once, and so does its attempt.
  w.abort(id('sent'))
  w.end({ engine: 0, id: id('sent'), attempt: 1 }, 'aborted')
  expect(ended).toEqual(['early', 'done', 'failed', 'next', 'sent'])
  expect(finished).toEqual(['done succeeded', 'failed failed', 'sent aborted'])
})
