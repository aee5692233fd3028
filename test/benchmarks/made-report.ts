import type { CaseReport, MeasureReport, Report } from '../../benchmarks/report.ts'
import { medianOf } from '../../benchmarks/statistics.ts'

export interface MadeCase {
  readonly subject: string
  readonly at?: number
  readonly reference?: string
  readonly samples: readonly number[]
}

/** A measure with one figure, `time`. */
export function madeMeasure(name: string, cases: readonly MadeCase[], parameter?: string): MeasureReport {
  return {
    name,
    figures: { time: { unit: 'µs', better: 'lower' } },
    ...(parameter === undefined ? {} : { parameter: { name: parameter } }),
    cases: cases.map(madeCase),
  }
}

function madeCase({ subject, at, reference, samples }: MadeCase): CaseReport {
  const where = at === undefined ? {} : { at }
  return {
    subject,
    ...where,
    ...(reference === undefined ? {} : { reference: { subject: reference, ...where } }),
    samples: { time: samples },
    summary: { time: { value: { median: medianOf(samples), interval: [Math.min(...samples), Math.max(...samples)] } } },
  }
}

export function madeReport(measures: readonly MeasureReport[]): Report {
  return {
    format: 'yardmaster-bench',
    version: 1,
    startedAt: '2030-01-01T00:00:00.000Z',
    seconds: 1,
    size: 'full',
    machine: {
      node: 'v0',
      v8: '0',
      platform: 'none',
      processor: 'none',
      cores: 1,
      memoryGiB: 1,
      flags: [],
      loadAtStart: [0, 0, 0],
      loadAtEnd: [0, 0, 0],
    },
    suites: [{ name: 'made', seconds: 1, rounds: 10, warmUps: 1, notes: [], measures }],
  }
}
