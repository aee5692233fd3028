/** What a run leaves: the JSON of `--json`, which `--compare` reads. Raise `formatVersion` when older files could be misread. */
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
