/** What a run leaves: the JSON of `--json`, which `--compare` reads. Raise `formatVersion` when older files could be misread. */
import { readFileSync } from 'node:fs'
import { ConfigurationError } from '../core/errors.ts'
import type { Machine } from './machine.ts'
import type { Estimate } from './statistics.ts'
import type { Figure, Parameter, Size, Target } from './suite.ts'

export const formatName = 'yardmaster-bench'
export const formatVersion = 1

export interface Report {
  readonly format: typeof formatName
  readonly version: typeof formatVersion
  /** ISO 8601. */
  readonly startedAt: string
  readonly seconds: number
  readonly size: Size
  readonly machine: Machine
  readonly suites: readonly SuiteReport[]
}

export interface SuiteReport {
  readonly name: string
  readonly seconds: number
  /** Rounds that were kept, and those before them that were not. */
  readonly rounds: number
  readonly warmUps: number
  readonly notes: readonly string[]
  readonly measures: readonly MeasureReport[]
}

export interface MeasureReport {
  readonly name: string
  readonly figures: Readonly<Record<string, Figure>>
  readonly parameter?: Parameter
  readonly cases: readonly CaseReport[]
}

export interface CaseReport {
  readonly subject: string
  readonly at?: number
  readonly reference?: { readonly subject: string; readonly at?: number }
  readonly targets?: readonly TargetReport[]
  /** By figure, one value for each kept round, in their order; null where it could not be had. */
  readonly samples: Readonly<Record<string, readonly (number | null)[]>>
  /** What the samples come to: the value, and the ratio to the reference of the same round. */
  readonly summary: Readonly<Record<string, { readonly value: Estimate; readonly ratio?: Estimate }>>
  /** Of all rounds together: which share of the latencies, in per cent, was at most so many microseconds. */
  readonly distribution?: readonly { readonly percent: number; readonly us: number }[]
}

export interface TargetReport extends Target {
  /** The figure, or its ratio; absent where what it is compared with was not measured. */
  readonly measured?: Estimate
}

/** @throws ConfigurationError where the file is no report, or one of another version */
export function readReport(file: string): Report {
  let content: unknown
  try {
    content = JSON.parse(readFileSync(file, 'utf8'))
  } catch (cause) {
    throw new ConfigurationError(`${file} cannot be read as JSON. Name a file that bench --json wrote.`, { cause })
  }
  const report = content as Partial<Report> | null
  if (report?.format !== formatName) throw new ConfigurationError(`${file} is no file that bench --json wrote.`)
  if (report.version !== formatVersion) {
    throw new ConfigurationError(
      `${file} has version ${report.version} of the format, and this program reads ${formatVersion}. Measure anew.`,
    )
  }
  return report as Report
}
