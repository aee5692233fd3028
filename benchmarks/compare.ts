/** What has changed from one run to another, beyond what changes by itself. */
import type { CaseReport, MeasureReport, Report, SuiteReport } from './report.ts'
import { chanceOf, type Interval, intervalBetween, keptChance, medianOf, ratios, samplesMin } from './statistics.ts'

/** Of the changes that are told, this share may be none. */
const wrongShare = 0.05

export interface Comparison {
  /** The figures that both runs have. */
  readonly figures: readonly ComparedFigure[]
  /** What only one of them has. */
  readonly onlyBefore: readonly string[]
  readonly onlyAfter: readonly string[]
  /** The least number of rounds, among figures that were taken in enough to say anything; absent where there are none. */
  readonly roundsLeast?: number
}

export interface ComparedFigure {
  readonly suite: string
  readonly measure: string
  readonly subject: string
  readonly at?: number
  readonly figure: string
  readonly unit: string
  /** Medians. */
  readonly before: number
  readonly after: number
  /** After, as a multiple of before. */
  readonly factor: number
  /** The same of its ratio to what it is compared with in each run: how fast the machine was counts less there. */
  readonly ratioFactor?: number
  /** The 95 % intervals of both, where they have changed. */
  readonly factorInterval?: Interval
  readonly ratioFactorInterval?: Interval
  readonly verdict: 'better' | 'worse' | 'noise' | 'too few rounds'
}

interface Located {
  readonly name: string
  readonly suite: SuiteReport
  readonly measure: MeasureReport
  readonly one: CaseReport
  readonly figure: string
}

/** `tolerance` is a share: smaller changes are noise, however sure. A program differs a little from each start to the next. */
export function compare(before: Report, after: Report, tolerance: number): Comparison {
  const [earlier, later] = [figuresOf(before), figuresOf(after)]
  const pairs = [...later].flatMap(([name, now]) => {
    const then = earlier.get(name)
    return then ? [pairOf(then, now)] : []
  })
  const judged = pairs.filter(({ chance }) => chance !== undefined)
  const kept = keptChance(
    judged.flatMap(({ chance }) => chance ?? []),
    wrongShare,
  )
  return {
    figures: pairs.map(({ compared, chance, isLower, intervals }) => {
      const verdict = verdictOf(compared, chance, kept, tolerance, isLower)
      const isChange = verdict === 'better' || verdict === 'worse'
      return { ...compared, ...(isChange ? intervals() : {}), verdict }
    }),
    onlyBefore: [...earlier.keys()].filter((name) => !later.has(name)),
    onlyAfter: [...later.keys()].filter((name) => !earlier.has(name)),
    ...(judged.length > 0 ? { roundsLeast: Math.min(...judged.map(({ rounds }) => rounds)) } : {}),
  }
}

function figuresOf({ suites }: Report): Map<string, Located> {
  const all = suites.flatMap((suite) =>
    suite.measures.flatMap((measure) =>
      measure.cases.flatMap((one) =>
        Object.keys(measure.figures).map((figure): Located => {
          const at = one.at === undefined ? '' : ` at ${one.at}`
          return { name: `${suite.name}: ${measure.name}: ${one.subject}${at}: ${figure}`, suite, measure, one, figure }
        }),
      ),
    ),
  )
  return new Map(all.map((located) => [located.name, located]))
}

interface Pair {
  readonly compared: Omit<ComparedFigure, 'verdict'>
  intervals(): Pick<ComparedFigure, 'factorInterval' | 'ratioFactorInterval'>
  /** That it is no change; absent where the rounds are too few. */
  readonly chance?: number
  readonly rounds: number
  readonly isLower: boolean
}

function pairOf(then: Located, now: Located): Pair {
  const { suite, measure, one, figure } = now
  const [before, after] = [samplesOf(then), samplesOf(now)]
  const [ratioBefore, ratioAfter] = [ratiosOf(then), ratiosOf(now)]
  const rounds = Math.min(before.length, after.length)
  const hasRatio = ratioBefore.length > 0 && ratioAfter.length > 0
  const chance = Math.max(chanceOf(before, after), hasRatio ? chanceOf(ratioBefore, ratioAfter) : 0)
  return {
    compared: {
      suite: suite.name,
      measure: measure.name,
      subject: one.subject,
      ...(one.at === undefined ? {} : { at: one.at }),
      figure,
      unit: measure.figures[figure]?.unit ?? '',
      before: medianOf(before),
      after: medianOf(after),
      factor: medianOf(after) / medianOf(before),
      ...(hasRatio ? { ratioFactor: medianOf(ratioAfter) / medianOf(ratioBefore) } : {}),
    },
    // Only of those that are told: it takes a while.
    intervals: () => ({
      factorInterval: intervalBetween(before, after),
      ...(hasRatio ? { ratioFactorInterval: intervalBetween(ratioBefore, ratioAfter) } : {}),
    }),
    ...(rounds < samplesMin ? {} : { chance }),
    rounds,
    isLower: measure.figures[figure]?.better === 'lower',
  }
}

/**
 * Both the figure and its ratio must have changed, in the same direction: the figure alone may show a slower machine, the ratio alone a
 * faster reference.
 */
function verdictOf(
  { factor, ratioFactor = factor }: Omit<ComparedFigure, 'verdict'>,
  chance: number | undefined,
  kept: number,
  tolerance: number,
  isLower: boolean,
): ComparedFigure['verdict'] {
  if (chance === undefined) return 'too few rounds'
  if (chance > kept) return 'noise'
  const isLess = factor < 1 / (1 + tolerance) && ratioFactor < 1 / (1 + tolerance)
  const isMore = factor > 1 + tolerance && ratioFactor > 1 + tolerance
  if (!isLess && !isMore) return 'noise'
  return isLess === isLower ? 'better' : 'worse'
}

function samplesOf({ one, figure }: Located): number[] {
  return (one.samples[figure] ?? []).filter((value) => value !== null)
}

function ratiosOf({ measure, one, figure }: Located): number[] {
  const { reference } = one
  if (!reference || measure.figures[figure]?.isComparable === false) return []
  const other = measure.cases.find(({ subject, at }) => subject === reference.subject && at === reference.at)
  const known = (values: readonly (number | null)[] = []) => values.map((value) => value ?? Number.NaN)
  return ratios(known(one.samples[figure]), known(other?.samples[figure])).filter(Number.isFinite)
}
