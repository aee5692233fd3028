import { describe, expect, it } from 'vitest'
import type { DependencySpec, TaskSpec } from '../../scheduler/events.ts'
import { id, on, QuietWorld, spec, World } from './world.ts'

function world(engines = 2): World {
  const it = new World()
  it.join(engines)
  return it
}

const anyOf = { all: false }
const onFailure = { success: false, failure: true }
const always = { success: true, failure: true }

describe('after', () => {
  it('13: a task is not sent before its dependency has ended, and is sent then', () => {
    const w = world()
    w.submit(spec('a'), spec('b', { after: [on([id('a')])] }))
    expect(w.status(id('b'))).toBe('waiting')
    w.end(id('a'))
    expect(w.status(id('b'))).toBe('assigned')
  })

  it.each<[string, Partial<DependencySpec>, string, string, string]>([
    ['all that succeed', {}, 'succeeded', 'succeeded', 'assigned'],
    ['all that succeed, of which one fails', {}, 'succeeded', 'failed', 'impossible'],
    ['any that succeeds', anyOf, 'failed', 'succeeded', 'assigned'],
    ['any that succeeds, and none does', anyOf, 'failed', 'failed', 'impossible'],
    ['all that fail', onFailure, 'failed', 'failed', 'assigned'],
    ['all that fail, of which one succeeds', onFailure, 'failed', 'succeeded', 'impossible'],
    ['any that fails', { ...anyOf, ...onFailure }, 'succeeded', 'failed', 'assigned'],
    ['any that fails, and none does', { ...anyOf, ...onFailure }, 'succeeded', 'succeeded', 'impossible'],
    ['all that end', always, 'failed', 'succeeded', 'assigned'],
  ])('7: %s', (_title, flags, first, second, expected) => {
    const w = world()
    w.submit(spec('a'), spec('b'), spec('c', { after: [on([id('a'), id('b')], flags)] }))
    w.end(id('a'), first as 'succeeded')
    w.end(id('b'), second as 'succeeded')
    expect(w.status(id('c'))).toBe(expected)
  })

  it('7: any one is enough, and how the others end changes nothing', () => {
    const w = world(3)
    w.submit(spec('a'), spec('b'), spec('c', { after: [on([id('a'), id('b')], anyOf)] }))
    w.end(id('a'))
    expect(w.status(id('c'))).toBe('assigned')
    w.end(id('b'), 'failed')
    w.end(id('c'))
    expect(w.status(id('c'))).toBe('succeeded')
  })

  it('every one of several dependencies must be met', () => {
    const w = world()
    w.submit(spec('a'), spec('b'), spec('c', { after: [on([id('a')]), on([id('b')], onFailure)] }))
    w.end(id('a'))
    expect(w.status(id('c'))).toBe('waiting')
    w.end(id('b'), 'failed')
    expect(w.status(id('c'))).toBe('assigned')
  })

  it('6: a task submitted after its dependencies ended sees how they ended', () => {
    const w = world()
    w.submit(spec('a'), spec('b'))
    w.end(id('a'))
    w.end(id('b'), 'failed')
    w.submit(spec('c', { after: [on([id('a')])] }), spec('d', { after: [on([id('b')])] }))
    expect([w.status(id('c')), w.status(id('d'))]).toEqual(['assigned', 'impossible'])
  })

  it('the empty set is met, of after and of follow', () => {
    const w = world()
    w.submit(spec('a', { after: [on([])] }), spec('b', { follow: [on([], { ...anyOf })] }))
    expect([w.status(id('a')), w.status(id('b'))]).toEqual(['assigned', 'assigned'])
  })

  it('a task that is named twice counts twice, and ends once', () => {
    const w = world()
    w.submit(spec('a'), spec('b', { after: [on([id('a'), id('a')])] }))
    w.end(id('a'))
    expect(w.status(id('b'))).toBe('assigned')
  })
})

describe('impossible, exactly', () => {
  it('an unknown id, where it is needed', () => {
    const w = world()
    w.submit(
      spec('a'),
      spec('b', { after: [on([id('a'), id('nobody')])] }),
      spec('c', { after: [on([id('a'), id('nobody')], anyOf)] }),
    )
    expect(w.reply(id('b'))).toMatchObject({ status: 'impossible', code: 'YM_IMPOSSIBLE_DEPENDENCY' })
    expect(w.reply(id('b')).message).toContain('t.nobody')
    w.end(id('a'))
    expect(w.status(id('c'))).toBe('assigned')
  })

  it('an id that was unknown stays unknown to the task, whoever comes with it later', () => {
    const w = world()
    w.submit(spec('a'), spec('b', { after: [on([id('a'), id('late')], anyOf)] }))
    w.submit(spec('late'))
    w.end(id('late'))
    expect(w.status(id('b'))).toBe('waiting')
    w.end(id('a'), 'failed')
    expect(w.status(id('b'))).toBe('impossible')
  })

  it('itself', () => {
    const w = world()
    w.submit(spec('a', { after: [on([id('a')])] }))
    expect(w.reply(id('a'))).toMatchObject({ status: 'impossible', code: 'YM_IMPOSSIBLE_DEPENDENCY' })
  })

  it('a circle, whatever it asks for; those outside are told', () => {
    const w = world()
    w.submit(
      spec('a', { after: [on([id('c')], always)] }),
      spec('b', { after: [on([id('a')])] }),
      spec('c', { after: [on([id('b')], onFailure)] }),
      spec('mourner', { after: [on([id('b')], onFailure)] }),
      spec('heir', { after: [on([id('b')])] }),
    )
    expect(['a', 'b', 'c', 'heir'].map((name) => w.status(id(name)))).toEqual(Array(4).fill('impossible'))
    expect(w.status(id('mourner'))).toBe('assigned')
  })

  it('a circle with a way out is none until that way is closed', () => {
    const build = () => {
      const w = world()
      w.submit(
        spec('out'),
        spec('a', { after: [on([id('out'), id('b')], anyOf)] }),
        spec('b', { after: [on([id('a')])] }),
      )
      expect([w.status(id('a')), w.status(id('b'))]).toEqual(['waiting', 'waiting'])
      return w
    }
    const open = build()
    open.end(id('out'))
    expect(open.status(id('a'))).toBe('assigned')
    const closed = build()
    closed.end(id('out'), 'failed')
    expect([closed.status(id('a')), closed.status(id('b'))]).toEqual(['impossible', 'impossible'])
  })

  it('a circle that hangs on another is judged after it', () => {
    const w = world()
    w.submit(
      spec('a', { after: [on([id('b')])] }),
      spec('b', { after: [on([id('a')])] }),
      spec('c', { after: [on([id('d')], anyOf), on([id('a')], onFailure)] }),
      spec('d', { after: [on([id('c'), id('a')], { all: false, success: true, failure: true })] }),
    )
    expect([w.status(id('a')), w.status(id('b'))]).toEqual(['impossible', 'impossible'])
    expect([w.status(id('d')), w.status(id('c'))]).toEqual(['assigned', 'waiting'])
  })

  it('batches may name each other in any order', () => {
    const w = world()
    w.submit(spec('b', { after: [on([id('a')])] }), spec('a'))
    w.end(id('a'))
    expect(w.status(id('b'))).toBe('assigned')
  })

  it('14: no live target left, at once, also for those that wait for something else', () => {
    const w = world(3)
    w.submit(spec('long', { targets: [2] }))
    w.lose(0)
    w.submit(spec('a', { targets: [0] }))
    expect(w.reply(id('a'))).toMatchObject({ status: 'impossible', code: 'YM_IMPOSSIBLE_DEPENDENCY' })
    w.submit(spec('b', { targets: [1], after: [on([id('long')])] }))
    w.submit(spec('c', { targets: [1, 2], after: [on([id('long')])] }))
    w.lose(1)
    expect([w.status(id('b')), w.status(id('c'))]).toEqual(['impossible', 'waiting'])
  })

  it('14: a number that was not given out yet may still arrive', () => {
    const w = world(1)
    w.submit(spec('a', { targets: [3] }))
    expect(w.status(id('a'))).toBe('ready')
    w.join(3)
    expect(w.attemptOf(id('a')).engine).toBe(3)
  })
})

describe('follow', () => {
  const ran = (w: World, name: string, engine: number, outcome: 'succeeded' | 'failed' = 'succeeded') => {
    w.submit(spec(name, { targets: [engine] }))
    w.end(id(name), outcome)
  }

  it('13: goes where its dependency ran, and waits for it', () => {
    const w = world(3)
    w.submit(spec('a', { targets: [1] }), spec('b', { follow: [on([id('a')])] }))
    expect(w.status(id('b'))).toBe('waiting')
    w.end(id('a'))
    expect(w.attemptOf(id('b')).engine).toBe(1)
  })

  it('with all: one engine must have run them all; over two it is impossible', () => {
    const w = world(3)
    ran(w, 'a', 1)
    ran(w, 'b', 1)
    ran(w, 'c', 2)
    w.submit(spec('d', { follow: [on([id('a'), id('b')])] }), spec('e', { follow: [on([id('a'), id('c')])] }))
    expect(w.attemptOf(id('d')).engine).toBe(1)
    expect(w.reply(id('e'))).toMatchObject({ status: 'impossible', code: 'YM_IMPOSSIBLE_DEPENDENCY' })
  })

  it('with any: wherever one of them ran, as soon as one has', () => {
    const w = world(3)
    w.submit(spec('a', { targets: [0] }), spec('b', { targets: [1] }))
    w.submit(spec('c', { follow: [on([id('a'), id('b')], anyOf)] }))
    w.end(id('b'))
    expect(w.attemptOf(id('c')).engine).toBe(1)
  })

  it('with any: other engines become possible while it is ready', () => {
    const w = world(2)
    w.submit(spec('a', { targets: [0] }), spec('b', { targets: [1] }), spec('busy', { targets: [1] }))
    w.submit(spec('c', { follow: [on([id('a'), id('b')], anyOf)] }))
    w.end(id('b'))
    expect(w.status(id('c'))).toBe('ready')
    w.end(id('a'))
    expect(w.attemptOf(id('c')).engine).toBe(0)
  })

  it('counts only tasks that ended as asked', () => {
    const w = world(2)
    ran(w, 'a', 1, 'failed')
    w.submit(spec('b', { follow: [on([id('a')])] }), spec('c', { follow: [on([id('a')], onFailure)] }))
    expect(w.status(id('b'))).toBe('impossible')
    expect(w.attemptOf(id('c')).engine).toBe(1)
  })

  it('9: terminates where its dependency never ran', () => {
    const w = world(1)
    w.submit(spec('busy'), spec('a'))
    w.submit(spec('b', { follow: [on([id('a')], always)] }))
    w.abort(id('a'))
    expect(w.reply(id('b'))).toMatchObject({ status: 'impossible', code: 'YM_IMPOSSIBLE_DEPENDENCY' })
  })

  it('9: terminates where the engine is gone: before, while it waits, while it is ready', () => {
    const w = world(3)
    ran(w, 'a', 1)
    w.submit(spec('other', { targets: [2] }), spec('busy', { targets: [1] }))
    w.submit(spec('waits', { follow: [on([id('a')])], after: [on([id('other')])] }))
    w.submit(spec('isready', { follow: [on([id('a')])] }))
    expect([w.status(id('waits')), w.status(id('isready'))]).toEqual(['waiting', 'ready'])
    w.lose(1)
    w.submit(spec('late', { follow: [on([id('a')])] }))
    expect(['waits', 'isready', 'late'].map((name) => w.status(id(name)))).toEqual(Array(3).fill('impossible'))
  })

  it('9: terminates where the engine is gone and the only other place is where the task itself will have run', () => {
    const w = world(2)
    ran(w, 'a', 1)
    w.submit(spec('busy', { targets: [1] }))
    w.submit(spec('b', { follow: [on([id('b'), id('a')], anyOf)] }))
    w.submit(
      spec('c', { follow: [on([id('d'), id('a')], anyOf)] }),
      spec('d', { follow: [on([id('c'), id('a')], anyOf)] }),
    )
    expect(['b', 'c', 'd'].map((name) => w.status(id(name)))).toEqual(Array(3).fill('ready'))
    w.lose(1)
    expect(['b', 'c', 'd'].map((name) => w.status(id(name)))).toEqual(Array(3).fill('impossible'))
  })

  it('13: with several, goes only where all of them are satisfied', () => {
    const w = world(3)
    ran(w, 'a', 0)
    ran(w, 'b', 1)
    ran(w, 'c', 2)
    const both = [on([id('a'), id('b')], anyOf), on([id('b'), id('c')], anyOf)]
    w.submit(spec('d', { follow: both }), spec('e', { follow: both }))
    expect([w.attemptOf(id('d')).engine, w.status(id('e'))]).toEqual([1, 'ready'])
  })

  it('is bound by targets as well', () => {
    const w = world(3)
    ran(w, 'a', 1)
    w.submit(spec('b', { follow: [on([id('a')])], targets: [0, 2] }))
    expect(w.status(id('b'))).toBe('impossible')
  })
})

describe('depth', () => {
  const chain = (length: number, extra: Partial<TaskSpec> = {}) =>
    Array.from({ length }, (_, i) => spec(i, i === 0 ? {} : { after: [on([id(i - 1)])], ...extra }))

  it('8: the failure of a chain of 100,000 tasks reaches every one of them, once', { timeout: 60_000 }, () => {
    const w = new QuietWorld()
    w.join()
    w.submit(...chain(100_000))
    w.end(id(0), 'failed')
    expect([...w.observer.ledger.pending]).toEqual([])
    expect(w.state.counts).toMatchObject({ waiting: 0, impossible: 99_999, failed: 1 })
  })

  it('8: a circle of 100,000 tasks ends', { timeout: 60_000 }, () => {
    const w = new QuietWorld()
    const [, ...rest] = chain(100_000)
    w.submit(spec(0, { after: [on([id(99_999)])] }), ...rest)
    expect(w.state.counts).toMatchObject({ waiting: 0, impossible: 100_000 })
  })

  it('a task with 100,000 dependents releases them all', { timeout: 60_000 }, () => {
    const w = new QuietWorld()
    w.join()
    w.submit(spec('root'))
    w.submit(...Array.from({ length: 100_000 }, (_, i) => spec(i, { after: [on([id('root')])] })))
    w.end(id('root'))
    expect(w.state.counts).toMatchObject({ ready: 99_999, assigned: 1 })
  })

  it('23: no engine remembers a task that waited, when it waits no more', () => {
    const w = world(1)
    w.submit(spec('a'), spec('b', { targets: [0], after: [on([id('a')])] }))
    expect(w.state.witnesses.size).toBe(1)
    w.end(id('a'))
    expect(w.state.witnesses.size).toBe(0)
  })

  it('23: what listens to a long task is forgotten when it ends for another reason', () => {
    const w = world(1)
    w.submit(spec('long'))
    for (let i = 0; i < 500; i += 1) {
      w.submit(spec(i, { after: [on([id('long')])] }))
      w.abort(id(i))
    }
    expect(w.record(id('long')).dependents?.length).toBeLessThan(100)
  })
})
