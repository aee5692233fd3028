import { describe, expect, it } from 'vitest'
import { lateBinding } from '../../scheduler/strategies/late-binding.ts'
import type { StrategyLike } from '../../scheduler/strategies/strategy.ts'
import { id, on, spec, World } from './world.ts'

interface Spec {
  readonly cores?: number
  readonly speed?: number
}

function under(strategy: StrategyLike, engines: readonly Spec[], hwm = 0, seed = 1): World {
  const w = new World({ strategy, seed, hwm })
  for (const [engine, { cores, speed }] of engines.entries())
    w.send({ type: 'engineJoined', engine, concurrency: cores, speed })
  return w
}

/** Submits one task at a time, and answers where each went. */
function choices(w: World, count: number, prefix = 's'): number[] {
  return Array.from({ length: count }, (_, i) => {
    w.submit(spec(`${prefix}${i}`))
    return w.attemptOf(id(`${prefix}${i}`)).engine
  })
}

function sent(w: World): string[] {
  return w.assignments.map((one) => `${one.id.slice(2)}@${one.engine}`)
}

const three = [{}, {}, {}]

describe('names of the literature', () => {
  it.each([
    ['roundRobin', 'pure'],
    ['jsq', 'leastload'],
    ['priority', 'fcfs'],
  ])('%s chooses as %s', (name, same) => {
    const run = (strategy: string) => {
      const w = under(strategy, three, 1)
      w.submit(...Array.from({ length: 9 }, (_, i) => spec(i, { priority: i % 3 })))
      for (let out = w.outstanding(); out.length > 0; out = w.outstanding()) w.end(out[0] as (typeof out)[0])
      return sent(w)
    }
    expect(run(name)).toEqual(run(same))
  })
})

describe('weightedRoundRobin', () => {
  it('spreads turns evenly, as often as speed · cores says', () => {
    const w = under('weightedRoundRobin', [{ cores: 5 }, { speed: 1 }, { speed: 0.5, cores: 2 }])
    // The example of its source: weights 5, 1, 1.
    expect(choices(w, 14)).toEqual([0, 0, 1, 0, 2, 0, 0, 0, 0, 1, 0, 2, 0, 0])
  })

  it('with equal weights goes round', () => {
    expect(choices(under('weightedRoundRobin', three), 6)).toEqual([0, 1, 2, 0, 1, 2])
  })
})

describe('sed', () => {
  it('goes where the task would end first; ties go to the faster engine', () => {
    const w = under('sed', [{ speed: 1 }, { speed: 3 }])
    // (load + 1) / speed: 1 against 1/3, 2/3, 1 (a tie), 4/3.
    expect(choices(w, 5)).toEqual([1, 1, 1, 0, 1])
  })

  it('a task that finds a free core waits for none', () => {
    // 1 while cores are free, then (load + 1) / 4, against 1, 2, …
    expect(choices(under('sed', [{}, { cores: 4 }]), 6)).toEqual([1, 0, 1, 1, 1, 1])
  })
})

describe.each(['easy', 'conservative', 'fcfs'])('%s', (name) => {
  it('has a task begin when the attempt of an aborted one gives back its core, in the same millisecond', () => {
    const w = under(name, [{}], 4)
    w.submit(spec('s0'))
    const attempt = w.attemptOf(id('s0'))
    w.abort(id('s0'))
    w.submit(spec('s1'))
    expect(sent(w)).toEqual(['s0@0'])
    // A world does not forgive a strategy that is overruled.
    w.end(attempt)
    expect(sent(w)).toEqual(['s0@0', 's1@0'])
  })
})

describe('warm', () => {
  it('stays with the engine chosen last while that is idle, else takes the least loaded', () => {
    const w = under('warm', three)
    expect(choices(w, 1, 'a')).toEqual([2])
    w.end(id('a0'))
    expect(choices(w, 2, 'b')).toEqual([2, 1])
    w.end(id('b1'))
    expect(choices(w, 3, 'c')).toEqual([1, 0, 2])
  })
})

describe('joinIdleQueue', () => {
  it('takes an idle engine, the least recently used, and any at all where none is', () => {
    const w = under('joinIdleQueue', three)
    expect(choices(w, 3, 'a')).toEqual([2, 1, 0])
    w.end(id('a1'))
    w.end(id('a0'))
    expect(choices(w, 2, 'b')).toEqual([2, 1])
    expect(new Set(choices(w, 60, 'c'))).toEqual(new Set([0, 1, 2]))
  })
})

describe('workStealing', () => {
  it('an engine that has nothing left takes what another was sent last', () => {
    const w = under('workStealing', [{}, {}])
    choices(w, 12)
    const at = (engine: number) => w.outstanding().filter((one) => one.engine === engine)
    for (let left = at(0); left.length > 1; left = at(0)) w.end(left[0] as (typeof left)[0])
    const last = at(1).at(-1)?.id
    for (const one of at(0)) w.end(one)
    const asked = w.outstanding().filter((one) => one.asked === 'recall')
    expect(asked.map((one) => [one.engine, one.id])).toEqual([[1, last]])
    w.end(last as string & typeof last & {}, 'recalled')
    expect(at(0).map((one) => one.id)).toEqual([last])
  })
})

describe('fcfs', () => {
  it('no task overtakes one that has to wait for cores, and nothing waits at an engine', () => {
    const w = under('fcfs', [{ cores: 4 }, { cores: 2 }])
    w.submit(spec('a', { cores: 3 }), spec('wide', { cores: 4 }), spec('c'))
    expect(sent(w)).toEqual(['a@0'])
    w.end(id('a'))
    expect(sent(w)).toEqual(['a@0', 'wide@0', 'c@1'])
  })

  it('found by the suite: a task that failed at the only engine with cores enough is offered that one again', () => {
    const w = under('fcfs', [{ cores: 4 }, { cores: 2 }])
    w.submit(spec('wide', { cores: 3, retries: 1 }))
    w.end(id('wide'), 'failed')
    w.submit(spec('narrow', { cores: 2, retries: 1 }))
    w.end(id('narrow'), 'failed')
    // For this one there is another, where it waits for cores.
    expect(sent(w)).toEqual(['wide@0', 'wide@0', 'narrow@1'])
    w.end(id('wide'))
    expect(sent(w).at(-1)).toBe('narrow@0')
  })

  it('what comes with a higher priority goes first, though another waits already', () => {
    const w = under('fcfs', [{}], 0)
    w.submit(spec('a'), spec('b'))
    w.submit(spec('urgent', { priority: 1 }))
    w.end(id('a'))
    expect(sent(w)).toEqual(['a@0', 'urgent@0'])
  })
})

describe('what is bound to an engine that has no room', () => {
  it.each(['fcfs', 'sjf', 'srpt', 'easy', 'conservative', 'lateBinding'])('holds nothing back under %s', (name) => {
    const w = under(name, [{}, {}])
    w.submit(spec('a', { targets: [0] }), spec('bound', { targets: [0] }), spec('follows', { follow: [on([id('a')])] }))
    w.submit(spec('b'))
    expect(w.attemptOf(id('b')).engine).toBe(1)
    w.heal()
  })

  it.each(['fcfs', 'sjf', 'srpt', 'easy', 'conservative'])('and is held back by nothing under %s', (name) => {
    const w = under(name, [{}, {}])
    w.submit(spec('a', { targets: [0] }), spec('b', { targets: [0] }), spec('c', { targets: [1] }))
    w.submit(spec('d'), spec('bound', { targets: [1] }))
    w.end(id('c'))
    w.end(id(w.status(id('d')) === 'assigned' ? 'd' : 'bound'))
    expect(sent(w).slice(2).toSorted()).toEqual(['bound@1', 'd@1'])
    w.heal()
  })
})

describe('lateBinding', () => {
  const many = Array.from({ length: 20 }, () => ({}))

  it('each task of a submission goes to whichever of their engines is free first', () => {
    const w = under('lateBinding', many)
    w.submit(...Array.from({ length: 20 }, (_, i) => spec(`busy${i}`)))
    expect(new Set(w.assignments.map((one) => one.engine)).size).toBe(20)
    w.submit(spec('a'), spec('b'))
    expect(w.status(id('a'))).toBe('ready')
    // Four of the 20 have been asked; the first two of them that are free take the tasks, in order.
    const served: number[] = []
    for (let engine = 0; engine < 20; engine += 1) {
      const before = w.assignments.length
      const busy = w.outstanding().find((one) => one.engine === engine && one.id.includes('busy'))
      if (busy === undefined) throw new Error(`engine ${engine} has none of the first tasks`)
      w.end(busy)
      if (w.assignments.length > before) served.push(engine)
    }
    expect(sent(w).slice(20)).toEqual([`a@${served[0]}`, `b@${served[1]}`])
    expect(w.outstanding()).toHaveLength(2)
  })

  it('waits for an engine that was asked though another is idle', () => {
    const w = under(lateBinding(1), [{}, {}])
    const [busy] = choices(w, 1, 'x')
    // Each asks one of the two, drawn at random: where it is the idle one, that is made idle again.
    let last = 0
    w.submit(spec(last))
    while (last < 20 && w.status(id(last)) !== 'ready') {
      w.end(id(last))
      last += 1
      w.submit(spec(last))
    }
    expect(w.status(id(last))).toBe('ready')
    expect(w.outstanding().map((one) => [one.id, one.engine])).toEqual([[id('x0'), busy]])
    w.end(id('x0'))
    expect(w.attemptOf(id(last)).engine).toBe(busy)
    w.heal()
  })

  it('tasks that are bound, and that come back, wait for nobody', () => {
    const w = under('lateBinding', [{}, {}])
    w.submit(spec('a'), spec('b'), spec('c'), spec('d'))
    w.submit(spec('bound', { targets: [1] }))
    expect(w.attemptOf(id('bound')).engine).toBe(1)
    w.end(id('a'), 'lost')
    expect(w.attemptOf(id('a')).attempt).toBe(2)
  })

  it('an engine that serves an aborted task to its end serves its reservations then', () => {
    const w = under('lateBinding', [{}])
    w.submit(spec('a'), spec('b'))
    w.abort(id('a'))
    w.submit(spec('c'))
    expect(w.status(id('b'))).toBe('ready')
    w.end({ engine: 0, id: id('a'), attempt: 1 }, 'aborted')
    expect(w.attemptOf(id('b')).engine).toBe(0)
  })

  it('needs at least one reservation for each task', () => {
    for (const wrong of [0, 0.5, Number.NaN, Number.POSITIVE_INFINITY]) {
      expect(() => lateBinding(wrong)).toThrow(/from 1 on/)
    }
  })
})
