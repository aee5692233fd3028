import { expect, test } from 'vitest'
import { neededForTargets } from '../../benchmarks/needed-for-targets.ts'
import type { Report, TargetReport } from '../../benchmarks/report.ts'
import { runSuite } from '../../benchmarks/run-suite.ts'
import type { Case, Measure, Target } from '../../benchmarks/suite.ts'
import { targetMarkdown, targetRows, targetText } from '../../benchmarks/target-table.ts'

const measureOf = (cases: readonly Case[]): Measure => ({
  name: 'calls',
  figures: { rate: { unit: 'a second', better: 'higher' } },
  cases,
})
const caseOf = (subject: string, more: Partial<Case> = {}): Case => ({ subject, take: () => ({ rate: 1 }), ...more })
const target = (more: Partial<Target>): Target => ({ figure: 'rate', promise: 'calls of `apply`', ...more })

function reportOf(...targets: readonly Omit<TargetReport, 'figure' | 'promise'>[]): Report {
  const one = {
    subject: 'ours',
    samples: {},
    summary: {},
    targets: targets.map((each) => ({ ...target({}), ...each })),
  }
  return {
    format: 'yardmaster-bench',
    version: 1,
    startedAt: '2026-01-02T03:04:05.000Z',
    seconds: 1,
    size: 'full',
    machine: {
      node: 'v20',
      v8: '11',
      platform: 'linux-x64',
      processor: 'some',
      cores: 2,
      memoryGiB: 24,
      flags: [],
      loadAtStart: [0.5],
      loadAtEnd: [1],
    },
    suites: [
      {
        name: 'tasks',
        seconds: 1,
        rounds: 6,
        warmUps: 1,
        notes: [],
        measures: [{ ...measureOf([]), cases: [one] }],
      },
    ],
  }
}

test('a target is met, missed, too close to say, or not measured', () => {
  const rows = targetRows(
    reportOf(
      { to: { subject: 'theirs' }, atLeast: 3, measured: { median: 4, interval: [3.5, 4.5] } },
      { to: { subject: 'theirs' }, atLeast: 3, measured: { median: 2, interval: [1.5, 2.5] } },
      { to: { subject: 'theirs' }, atLeast: 3, measured: { median: 3.1, interval: [2.9, 3.3] } },
      { atMost: 500, measured: { median: 290 } },
      { atMost: 500, measured: { median: 500.5 } },
      { to: { subject: 'absent' }, atLeast: 3 },
      { to: { subject: 'refused' }, atLeast: 3, measured: { median: Number.NaN } },
    ),
  )
  expect(rows.map(({ target, measured, verdict }) => [target, measured, verdict])).toEqual([
    ['≥ 3×', '4 (3.5–4.5)×', 'met'],
    ['≥ 3×', '2 (1.5–2.5)×', 'not met'],
    ['≥ 3×', '3.1 (2.9–3.3)×', 'close'],
    ['≤ 500 a second', '290 a second', 'met'],
    ['≤ 500 a second', '501 a second', 'not met'],
    ['≥ 3×', '–', 'not measured'],
    ['≥ 3×', '–', 'not measured'],
  ])
  expect(rows[0]).toMatchObject({ to: 'theirs', command: "npm run bench -- tasks --only 'calls'" })
})

test('the table is for the terminal, and for a page', () => {
  const report = reportOf({ to: { subject: 'theirs', at: 100 }, atLeast: 3, measured: { median: 4 } }, { atMost: 1 })
  expect(targetText(report)).toMatch(
    /calls of apply +theirs, at 100 +≥ 3× +4× +met\n.*2 targets: 1 met, 1 not measured/s,
  )
  expect(targetMarkdown(report)).toContain(
    "| calls of `apply` | theirs, at 100 | ≥ 3× | 4× | yes | `npm run bench -- tasks --only 'calls'` |",
  )
})

test('a run for the targets takes what they need, and what that is compared with', async () => {
  const cases = [
    caseOf('ours', { reference: { subject: 'base' }, targets: [target({ to: { subject: 'theirs' }, atLeast: 2 })] }),
    caseOf('theirs', { reference: { subject: 'floor' } }),
    caseOf('base'),
    caseOf('floor'),
    caseOf('other'),
  ]
  expect(neededForTargets(measureOf(cases)).cases.map(({ subject }) => subject)).toEqual([
    'ours',
    'theirs',
    'base',
    'floor',
  ])
  const suite = {
    open: async () => ({ measures: [measureOf(cases), measureOf([caseOf('alone')])], close: async () => {} }),
  }
  const options = { size: 'least', takeMs: 1, roundsMin: 1, roundsMax: 1, warmUps: 0, budgetMs: 0 } as const
  const { measures } = await runSuite('some', suite, { ...options, isForTargets: true })
  expect(measures.map((measure) => measure.cases.length)).toEqual([4])
  expect(measures[0]?.cases[0]?.targets).toEqual([
    { ...target({ to: { subject: 'theirs' }, atLeast: 2 }), measured: { median: 1 } },
  ])
})

test('a target against a peer that is absent is not judged', async () => {
  const cases = [caseOf('ours', { targets: [target({ to: { subject: 'absent' }, atLeast: 2 })] })]
  const suite = { open: async () => ({ measures: [measureOf(cases)], close: async () => {} }) }
  const options = { size: 'least', takeMs: 1, roundsMin: 1, roundsMax: 1, warmUps: 0, budgetMs: 0 } as const
  const { measures } = await runSuite('some', suite, options)
  expect(measures[0]?.cases[0]?.targets?.[0]).not.toHaveProperty('measured')
})
