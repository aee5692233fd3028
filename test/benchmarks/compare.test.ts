import { expect, test } from 'vitest'
import { compare } from '../../benchmarks/compare.ts'
import { comparisonText } from '../../benchmarks/print-comparison.ts'
import type { Report } from '../../benchmarks/report.ts'
import { seededRandom } from '../../core/random.ts'
import { madeMeasure, madeReport } from './made-report.ts'

interface Run {
  readonly seed: number
  readonly rounds?: number
  /** How slow the whole machine is. */
  readonly machine?: number
  /** How slow one of the hundred links is. */
  readonly one?: number
}

/** A hundred links, each beside what is beneath it, with noise of up to 15 % either way. */
function run({ seed, rounds = 12, machine = 1, one = 1 }: Run): Report {
  const random = seededRandom(seed)
  const samples = (factor: number) =>
    Array.from({ length: rounds }, () => 100 * factor * machine * (0.85 + 0.3 * random.unit()))
  const measures = Array.from({ length: 100 }, (_, i) =>
    madeMeasure(`link ${i}`, [
      { subject: 'raw', samples: samples(1) },
      { subject: 'ours', reference: 'raw', samples: samples(i === 42 ? 2 * one : 2) },
    ]),
  )
  return madeReport(measures)
}

const changed = (before: Report, after: Report, tolerance = 0.05) =>
  compare(before, after, tolerance)
    .figures.filter(({ verdict }) => verdict === 'better' || verdict === 'worse')
    .map(({ measure, subject, verdict }) => `${measure}: ${subject}: ${verdict}`)

test('of the same program nothing is said to have changed', () => {
  for (let seed = 0; seed < 5; seed += 1) {
    expect(changed(run({ seed }), run({ seed: 100 + seed }))).toEqual([])
  }
})

test('what is slower or faster by a third is found, and nothing else', () => {
  expect(changed(run({ seed: 1 }), run({ seed: 2, one: 1.33 }))).toEqual(['link 42: ours: worse'])
  expect(changed(run({ seed: 1, one: 1.33 }), run({ seed: 2 }))).toEqual(['link 42: ours: better'])
})

test('a slower machine changes what has nothing to be compared with, and hardly a ratio', () => {
  const found = changed(run({ seed: 1 }), run({ seed: 2, machine: 1.5 }))
  expect(found.filter((name) => name.endsWith('raw: worse'))).toHaveLength(100)
  // Of what is told, one in twenty may be wrong.
  expect(found.length).toBeLessThanOrEqual(105)
})

test('a slower reference alone makes nothing better', () => {
  const slowReference = (factor: number, seed: number) => {
    const random = seededRandom(seed)
    const samples = (median: number) => Array.from({ length: 12 }, () => median * (0.9 + 0.2 * random.unit()))
    return madeReport([
      madeMeasure('link', [
        { subject: 'raw', samples: samples(factor) },
        { subject: 'ours', reference: 'raw', samples: samples(2) },
      ]),
    ])
  }
  expect(changed(slowReference(1, 1), slowReference(2, 2))).toEqual(['link: raw: worse'])
})

test('a change below the tolerance is noise, however sure', () => {
  expect(changed(run({ seed: 1 }), run({ seed: 2, one: 1.33 }), 0.5)).toEqual([])
})

test('with few rounds it says that it cannot say, and how many it takes', () => {
  const few = compare(run({ seed: 1, rounds: 5 }), run({ seed: 2, rounds: 5, one: 9 }), 0.05)
  expect(new Set(few.figures.map(({ verdict }) => verdict))).toEqual(new Set(['too few rounds']))
  expect(comparisonText(few)).toBe('0 of 200 figures changed beyond noise; 200 were taken in too few rounds to say\n')
  const some = compare(run({ seed: 1, rounds: 6 }), run({ seed: 2, rounds: 6, one: 9 }), 0.05)
  expect(comparisonText(some)).toMatch(/With 10 rounds or more .* here some figures have 6/)
})

test('the text names the figure, both medians and the verdict, and what only one run has', () => {
  const before = run({ seed: 1 })
  const [suite] = before.suites
  const fewer = { ...before, suites: [{ ...(suite as (typeof before.suites)[number]), measures: [] }] }
  const text = comparisonText(compare(before, run({ seed: 2, one: 1.5 }), 0.05))
  expect(text).toMatch(/^1 of 200 figures changed beyond noise\n\n/)
  expect(text).toMatch(
    /made: link 42: ours: time +\d+ +\d+ µs +1\.\d+ \(1\.\d+–1\.\d+\) +1\.\d+ \(1\.\d+–1\.\d+\) +worse\n/,
  )
  expect(comparisonText(compare(before, fewer, 0.05))).toContain('200 figures are in the earlier run alone')
})
