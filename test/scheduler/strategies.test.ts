import { readFileSync } from 'node:fs'
import { describe, expect, it, test } from 'vitest'
import { strategies } from '../../scheduler/strategies/named.ts'
import { type StrategyLike, strategy } from '../../scheduler/strategies/strategy.ts'
import { strategySuite } from '../../testing/strategy-suite.ts'
import { fastest } from './fastest.ts'
import { inOrder } from './in-order.ts'
import { id, QuietWorld, spec, World } from './world.ts'

for (const name of Object.keys(strategies)) {
  strategySuite({ name, runner: { describe, test }, strategy: () => name })
}
const thief = strategy('thief', {
  start: () => ({ choose: (_task, engines) => engines.leastRecentlyUsed(), steal: (_idle, busy) => busy.at(-1) }),
})
strategySuite({ name: 'one that steals', runner: { describe, test }, strategy: () => thief })
strategySuite({
  name: 'a bare function',
  runner: { describe, test },
  strategy: () => (_task, engines) => engines.at(0),
})

strategySuite({ name: 'fastest, an example of the guide', runner: { describe, test }, strategy: () => fastest })
strategySuite({ name: 'inOrder, an example of the guide', runner: { describe, test }, strategy: () => inOrder })

test.for(['fastest.ts', 'in-order.ts'])('the guide shows the example in %s as it is tested', (file) => {
  const [guide, example] = ['../../docs/STRATEGIES.md', file].map((path) =>
    readFileSync(new URL(path, import.meta.url), 'utf8'),
  ) as [string, string]
  expect(guide).toContain(example.slice(example.indexOf('/**')))
})

/** Submits one task at a time, and answers where each went. */
function choices(w: World, count: number, prefix = 's'): number[] {
  return Array.from({ length: count }, (_, i) => {
    w.submit(spec(`${prefix}${i}`))
    return w.attemptOf(id(`${prefix}${i}`)).engine
  })
}

function under(strategyInForce: StrategyLike, engines: number, seed = 1): World {
  const w = new World({ strategy: strategyInForce, seed, hwm: 0 })
  w.join(engines)
  return w
}

/** How often each engine is chosen when the loads are as given, each choice being taken back before the next. */
function frequencies(name: StrategyLike, loads: readonly number[], draws: number): number[] {
  const w = new QuietWorld({ strategy: name, seed: 7, hwm: 0 })
  w.join(loads.length)
  // From the front of the list to the back, that is in order of arrival.
  loads.forEach((load, engine) => {
    for (let i = 0; i < load; i += 1) w.submit(spec(`load${engine}.${i}`, { targets: [engine] }))
  })
  const counts = loads.map(() => 0)
  for (let i = 0; i < draws; i += 1) {
    const before = [...w.state.engines.values()].map((engine) => engine.lastUsed)
    w.submit(spec(i))
    const { engine } = w.attemptOf(id(i))
    counts[engine] = (counts[engine] ?? 0) + 1
    w.end(id(i))
    // The list stands as before, so that draws are independent.
    ;[...w.state.engines.values()].forEach((record, n) => {
      record.lastUsed = before[n] as number
      w.state.index.changed(record)
    })
  }
  return counts
}

/** Pearson's statistic against the expected shares. */
function chiSquared(counts: readonly number[], shares: readonly number[]): number {
  const total = counts.reduce((sum, count) => sum + count, 0)
  return counts.reduce((sum, count, i) => {
    const expected = total * (shares[i] as number)
    return sum + (count - expected) ** 2 / expected
  }, 0)
}

/** The 99.9 % quantiles of the chi-squared distribution, by degrees of freedom. */
const quantile: Record<number, number> = { 1: 10.83, 2: 13.82, 3: 16.27, 4: 18.47, 5: 20.52 }

function expectShares(counts: readonly number[], shares: readonly number[]): void {
  const possible = shares.flatMap((share, i) => (share > 0 ? [i] : []))
  expect(counts.filter((_, i) => !possible.includes(i)).every((count) => count === 0)).toBe(true)
  if (possible.length === 1) return
  const statistic = chiSquared(
    possible.map((i) => counts[i] as number),
    possible.map((i) => shares[i] as number),
  )
  expect(statistic).toBeLessThan(quantile[possible.length - 1] as number)
}

describe('the list by last assignment', () => {
  it('new engines join at the front, assigned ones move to the back, completion moves nothing', () => {
    const w = under('lru', 3)
    expect(choices(w, 4, 'a')).toEqual([2, 1, 0, 2])
    w.end(id('a1'))
    w.end(id('a0'))
    expect(choices(w, 2, 'b')).toEqual([1, 0])
    w.join()
    expect(choices(w, 3, 'c')).toEqual([3, 2, 1])
  })
})

describe('leastload', () => {
  it('takes the fewest outstanding tasks; of those the least recently used', () => {
    const w = under('leastload', 3)
    expect(choices(w, 4, 'a')).toEqual([2, 1, 0, 2])
    w.end(id('a0'))
    w.end(id('a3'))
    // Engine 2 is free, 1 and 0 have one each; then all have one, and 1 was used before 0 before 2.
    expect(choices(w, 4, 'b')).toEqual([2, 1, 0, 2])
  })

  it('goes by what is outstanding, not by what was assigned', () => {
    const w = under('leastload', 2)
    w.submit(...['a', 'b', 'c'].map((name) => spec(name, { targets: [0] })))
    expect(choices(w, 2, 'x')).toEqual([1, 1])
    for (const name of ['a', 'b', 'c']) w.end(id(name))
    expect(choices(w, 2, 'y')).toEqual([0, 0])
  })
})

describe('pure', () => {
  it('goes round in order of arrival, whatever the loads, over engines that come and go', () => {
    const w = under('pure', 3)
    expect(choices(w, 4, 'a')).toEqual([0, 1, 2, 0])
    w.join()
    w.lose(1)
    const next = w.assignments.length
    choices(w, 4, 'b')
    expect(w.assignments.slice(next).map((one) => one.engine)).toEqual([3, 0, 2, 3])
  })

  it('passes over those that have no room', () => {
    const w = new World({ strategy: 'pure', hwm: 1 })
    w.join(3)
    w.submit(spec('a', { targets: [1] }))
    expect(choices(w, 2)).toEqual([2, 0])
  })
})

describe('shares, by the chi-squared test at 99.9 %', () => {
  const loads = [3, 0, 1, 0, 7, 2]
  const draws = 6_000

  it('plainrandom: uniform', () => {
    expectShares(frequencies('plainrandom', loads, draws), Array(6).fill(1 / 6))
  })

  it('twobin: the less recently used of two draws with replacement, whatever the loads', () => {
    // Unused engines (1, 3) stand before used ones, the newest first; the others as they were last used.
    const front = [3, 1, 0, 2, 4, 5]
    const shares = loads.map((_, engine) => (2 * (5 - front.indexOf(engine)) + 1) / 36)
    expectShares(frequencies('twobin', loads, draws), shares)
  })

  it('weighted: two draws with weight 1/(10⁻⁶ + load), the less loaded', () => {
    const busy = [1, 2, 4, 8]
    const weights = busy.map((load) => 1 / (1e-6 + load))
    const total = weights.reduce((sum, weight) => sum + weight, 0)
    const p = weights.map((weight) => weight / total)
    const shares = p.map((share, i) => share ** 2 + 2 * share * p.slice(i + 1).reduce((sum, other) => sum + other, 0))
    expectShares(frequencies('weighted', busy, draws), shares)
  })

  it('weighted: an idle engine outweighs all that are not; ties go to the first drawn', () => {
    expectShares(frequencies('weighted', loads, draws), [0, 1 / 2, 0, 1 / 2, 0, 0])
  })

  it('powerOf2: the less loaded of two different ones, ties at random', () => {
    // Of the 15 pairs; 1 and 3 tie.
    const wins = loads.map((load, i) =>
      loads.reduce((sum, other, j) => sum + (i === j ? 0 : load < other ? 1 : load === other ? 1 / 2 : 0), 0),
    )
    expectShares(
      frequencies('powerOf2', loads, draws),
      wins.map((won) => won / 15),
    )
  })

  it('powerOfD with as many draws as engines: the least loaded, ties at random', () => {
    expectShares(frequencies('powerOf6', loads, draws), [0, 1 / 2, 0, 1 / 2, 0, 0])
    expectShares(frequencies('powerOf60', [1, 1, 1], draws), [1 / 3, 1 / 3, 1 / 3])
  })
})
