import { ConfigurationError } from '../../../core/errors.ts'
import { type FriedmanTest, friedmanTest } from '../statistics/friedman-test.ts'
import { holm } from '../statistics/holm.ts'
import { type MeanInterval, meanInterval } from '../statistics/mean-interval.ts'
import { factorsOfBest, performanceProfile } from '../statistics/performance-profile.ts'
import { type SignedRankTest, signedRankTest } from '../statistics/signed-rank-test.ts'
import { type ComparedRun, type Comparison, type Scenario, scenarioKey } from './comparison.ts'
import { type Measure, type MeasureName, measureOf } from './measures.ts'

/** By what strategies are compared. */
export interface AnalysisOptions {
  readonly measure: MeasureName
  /** Of intervals. Default 0.95. */
  readonly confidence?: number
}

/** What a comparison comes to, by one measure of which less is better. Lists by strategy are in the order of `strategies`. */
export interface Analysis {
  readonly measure: MeasureName
  readonly confidence: number
  readonly strategies: readonly string[]
  readonly scenarios: readonly ScenarioAnalysis[]
  /**
   * What is independent of each other: each repetition of a workload that is drawn, and a fixed workload once, with the mean of its
   * repetitions.
   */
  readonly blocks: number
  /** Over all blocks. Absent with fewer than two strategies or two blocks. */
  readonly friedman?: FriedmanTest
  /** Each strategy with each later one, over all blocks. */
  readonly pairs: readonly Pair[]
  /** By strategy: from `factor` times the best on, `share` of the blocks. */
  readonly profile: ReturnType<typeof performanceProfile>
}

/** How the strategies compare in one scenario. */
export interface ScenarioAnalysis {
  readonly scenario: Scenario
  readonly isFixed: boolean
  /** By strategy, over the repetitions. Of a fixed workload the interval covers only what the strategy draws. */
  readonly means: readonly MeanInterval[]
  /** By strategy: how much worse than the best of each repetition, on average. 0.1: by 10 %. */
  readonly degradation: readonly number[]
  /** Only of a workload that is drawn, since the repetitions of another are not independent. */
  readonly pairs: readonly Pair[]
}

/** One strategy beside another, paired by what both met. */
export interface Pair {
  readonly first: string
  readonly second: string
  /** Of the relative differences first − second: 2 (a − b) / (a + b), whose signs and ranks are those of log a − log b. */
  readonly test: SignedRankTest
  /** Its chance, by Holm's correction for all pairs of the list. */
  readonly adjusted: number
  /** In how many blocks the first was better, and in how many neither. */
  readonly wins: number
  readonly draws: number
  /** Mean of the relative differences: below 0 where the first is better. */
  readonly difference: MeanInterval
}

interface Group {
  readonly scenario: Scenario
  readonly isFixed: boolean
  /** By repetition, by strategy. */
  readonly rows: readonly (readonly number[])[]
}

/**
 * @throws ConfigurationError where a strategy lacks a run that another has, or a value of the measure
 */
export function analyse(comparison: Comparison, { measure: name, confidence = 0.95 }: AnalysisOptions): Analysis {
  const { strategies } = comparison
  if (!(confidence > 0 && confidence < 1)) {
    throw new ConfigurationError(`confidence must be a number between 0 and 1, not ${confidence}`)
  }
  const groups = groupsOf(comparison, measureOf(name))
  const blocks = groups.flatMap(({ isFixed, rows }) => (isFixed ? [meansOf(rows)] : rows))
  const pairs = (rows: readonly (readonly number[])[]) => pairsOf(strategies, rows, confidence)
  return {
    measure: name,
    confidence,
    strategies,
    scenarios: groups.map(({ scenario, isFixed, rows }) => ({
      scenario,
      isFixed,
      means: strategies.map((_, s) =>
        meanInterval(
          rows.map((row) => row[s] as number),
          confidence,
        ),
      ),
      degradation: meansOf(rows.map((row) => factorsOfBest(row).map((factor) => factor - 1))),
      pairs: isFixed ? [] : pairs(rows),
    })),
    blocks: blocks.length,
    ...(strategies.length > 1 && blocks.length > 1 ? { friedman: friedmanTest(blocks) } : {}),
    pairs: pairs(blocks),
    profile: performanceProfile(blocks),
  }
}

function groupsOf({ strategies, runs }: Comparison, measure: Measure): Group[] {
  const found = new Map<string, { scenario: Scenario; isFixed: boolean; rows: number[][] }>()
  for (const run of runs) {
    const key = scenarioKey(run.scenario)
    const group = found.get(key) ?? { scenario: run.scenario, isFixed: run.isFixed, rows: [] }
    found.set(key, group)
    group.rows[run.repetition] ??= []
    ;(group.rows[run.repetition] as number[])[strategies.indexOf(run.strategy)] = measured(run, measure)
  }
  for (const { scenario, rows } of found.values()) {
    strategies.forEach((strategy, s) => {
      const lacking = Array.from(rows).findIndex((row) => row?.[s] === undefined)
      if (lacking !== -1) {
        throw new ConfigurationError(`${strategy} has no run ${lacking} on ${scenarioKey(scenario)}`)
      }
    })
  }
  return [...found.values()]
}

function measured({ metrics, strategy, scenario }: ComparedRun, measure: Measure): number {
  const value = measure.of(metrics)
  if (Number.isFinite(value)) return value
  throw new ConfigurationError(`${strategy} has no ${measure.name} on ${scenarioKey(scenario)}`)
}

function pairsOf(strategies: readonly string[], rows: readonly (readonly number[])[], confidence: number): Pair[] {
  const found = strategies.flatMap((first, a) =>
    strategies.slice(a + 1).map((second, after): Omit<Pair, 'adjusted'> => {
      const differences = rows.map((row) => relativeDifference(row[a] as number, row[a + 1 + after] as number))
      return {
        first,
        second,
        test: signedRankTest(differences),
        wins: differences.filter((difference) => difference < 0).length,
        draws: differences.filter((difference) => difference === 0).length,
        difference: meanInterval(differences, confidence),
      }
    }),
  )
  const adjusted = holm(found.map(({ test }) => test.pValue))
  return found.map((pair, i) => ({ ...pair, adjusted: adjusted[i] as number }))
}

function relativeDifference(a: number, b: number): number {
  return a === b ? 0 : (2 * (a - b)) / (a + b)
}

/** Of each column. */
function meansOf(rows: readonly (readonly number[])[]): number[] {
  return (rows[0] ?? []).map((_, column) => rows.reduce((sum, row) => sum + (row[column] as number), 0) / rows.length)
}
