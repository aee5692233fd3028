import type { Analysis, Pair, ScenarioAnalysis } from '../lab/compare/analyse.ts'
import type { ComparedRun } from '../lab/compare/comparison.ts'
import { type Measure, measureOf } from '../lab/compare/measures.ts'
import type { Metrics } from '../lab/metrics.ts'
import type { MeanInterval } from '../lab/statistics/mean-interval.ts'
import type { Html } from './html.ts'
import { bytesText, chanceText, numberText, percentText } from './number-text.ts'
import { type Cell, table } from './table.ts'

/** Means with their intervals: of one scenario a row for each strategy, of several a row for each of them. */
export function meansTable(analysis: Analysis, labels: readonly string[]): Html {
  const { measure, confidence, strategies, scenarios } = analysis
  const shown = measureOf(measure)
  const caption = `${shown.says}: means over the repetitions, ± intervals of ${100 * confidence} %`
  const cells = scenarios.map(({ means }) => {
    const all = means.map(({ mean }) => mean)
    const text = textIn(shown, Math.max(...all))
    return means.map((one): Cell => ({ number: meanText(one, text), isBest: one.mean === Math.min(...all) }))
  })
  const [only] = scenarios
  if (scenarios.length === 1 && only !== undefined) {
    return table({
      caption,
      heads: ['strategy', shown.says, 'worse than the best'],
      rows: strategies.map((strategy, s) => [
        strategy,
        cells[0]?.[s] as Cell,
        { number: percentText(only.degradation[s] as number) },
      ]),
    })
  }
  return table({
    caption,
    heads: ['scenario', ...strategies],
    rows: labels.map((label, i) => [label, ...(cells[i] as Cell[])]),
  })
}

/** The numbers of the heat map. */
export function degradationTable({ strategies, scenarios }: Analysis, labels: readonly string[]): Html | undefined {
  if (scenarios.length === 1 || strategies.length === 1) return undefined
  return table({
    caption: 'By how much worse than the best of each repetition, on average',
    heads: ['scenario', ...strategies],
    rows: scenarios.map(({ degradation }, i) => [
      labels[i] as string,
      ...degradation.map((share): Cell => ({ number: percentText(share), isBest: share === 0 })),
    ]),
  })
}

function meanText({ mean, halfWidth }: MeanInterval, { of, unit }: ReturnType<typeof textIn>): string {
  return `${of(mean)}${halfWidth === undefined ? '' : ` ± ${of(halfWidth)}`}${unit}`
}

/** Numbers of a row, which have one unit. */
function textIn({ unit }: Pick<Measure, 'unit'>, most: number): { of(value: number): string; readonly unit: string } {
  if (unit === 'bytes') return { of: bytesText, unit: '' }
  if (unit === '') return { of: numberText, unit: '' }
  const inSeconds = most >= 10_000
  return { of: (ms) => numberText(inSeconds ? ms / 1_000 : ms), unit: inSeconds ? ' s' : ' ms' }
}

export function ranksTable({ strategies, friedman }: Analysis): Html | undefined {
  if (friedman === undefined) return undefined
  const { meanRanks, blocks, chiSquared, freedom, pValue } = friedman
  const order = strategies.map((_, s) => s).sort((a, b) => (meanRanks[a] as number) - (meanRanks[b] as number))
  return table({
    caption: `Friedman’s test: χ² = ${numberText(chiSquared)} with ${freedom} degrees of freedom, p ${equals(pValue)}, over ${blocks} blocks`,
    heads: ['strategy', 'mean rank'],
    rows: order.map((s) => [strategies[s] as string, { number: (meanRanks[s] as number).toFixed(2) }]),
  })
}

export function pairsTable(pairs: readonly Pair[], caption: string): Html | undefined {
  if (pairs.length === 0) return undefined
  return table({
    caption,
    heads: ['better', 'than', 'won : drawn : lost', 'by', '±', 'W', 'p', 'p, Holm', 'rank-biserial'],
    rows: pairs.map((pair) => rowOf(pair)),
  })
}

/** The one that is better stands first. */
function rowOf({ first, second, test, adjusted, wins, draws, difference }: Pair): Cell[] {
  const isSecond = test.rankBiserial > 0
  const lost = difference.n - wins - draws
  const counts = isSecond ? [lost, draws, wins] : [wins, draws, lost]
  return [
    isSecond ? second : first,
    isSecond ? first : second,
    { number: counts.join(' : ') },
    { number: percentText(Math.abs(difference.mean)) },
    { number: difference.halfWidth === undefined ? '' : percentText(difference.halfWidth) },
    // The ranks of the lost ones.
    { number: numberText(Math.min(test.rankSum, (test.n * (test.n + 1)) / 2 - test.rankSum)) },
    { number: chanceText(test.pValue) },
    { number: chanceText(adjusted), isBest: adjusted < 0.05 },
    { number: numberText(Math.abs(test.rankBiserial)) },
  ]
}

const columns: readonly (readonly [
  head: string,
  of: (metrics: Metrics) => number,
  text?: (value: number) => string,
])[] = [
  ['makespan', ({ makespanMs }) => makespanMs, durationText],
  ['makespan / bound', ({ makespanRatio }) => makespanRatio],
  ['response', ({ responseMs }) => responseMs.mean, durationText],
  ['p95', ({ responseMs }) => responseMs.p95, durationText],
  ['p99', ({ responseMs }) => responseMs.p99, durationText],
  ['wait', ({ waitMs }) => waitMs.mean, durationText],
  ['slowdown', ({ boundedSlowdown }) => boundedSlowdown.mean],
  ['utilisation', ({ utilisation }) => utilisation, percentText],
  ['fairness', ({ loadFairness }) => loadFairness],
  ['bytes moved', ({ bytesMoved }) => bytesMoved, bytesText],
  ['decisions', ({ decisions }) => decisions],
  ['messages / task', ({ messagesPerTask }) => messagesPerTask],
]

function durationText(ms: number): string {
  const { of, unit } = textIn({ unit: 'ms' }, ms)
  return `${of(ms)}${unit}`
}

/** All metrics of a scenario, means over the repetitions. */
export function metricsTable(strategies: readonly string[], runs: readonly ComparedRun[]): Html {
  return table({
    caption: 'All metrics, means over the repetitions',
    heads: ['strategy', ...columns.map(([head]) => head)],
    rows: strategies.map((name): Cell[] => {
      const own = runs.filter(({ strategy }) => strategy === name)
      const mean = (of: (metrics: Metrics) => number) =>
        own.reduce((sum, { metrics }) => sum + (of(metrics) ?? Number.NaN), 0) / own.length
      return [name, ...columns.map(([, of, text = numberText]) => ({ number: text(mean(of)) }))]
    }),
  })
}

/** What an analysis comes to, in a sentence. */
export function verdict({ strategies, measure, friedman, pairs, blocks, scenarios }: Analysis): string {
  const { says } = measureOf(measure)
  if (strategies.length === 1) return `${strategies[0]} ran alone: there is nothing to compare it with.`
  if (blocks === 1)
    return `By ${says}, the best is ${bestOf(strategies, scenarios)}; of one block nothing can be tested.`
  const scores = friedman?.meanRanks ?? (scenarios[0] as ScenarioAnalysis).means.map(({ mean }) => mean)
  const leaders = strategies.filter((_, s) => scores[s] === Math.min(...scores))
  const sure = pairs.flatMap(({ first, second, adjusted, test }) => {
    if (adjusted >= 0.05) return []
    return [test.rankBiserial < 0 ? { better: first, worse: second } : { better: second, worse: first }]
  })
  const others = strategies.filter((name) => !leaders.includes(name))
  const beaten = others.filter((name) =>
    leaders.every((leader) => sure.some(({ better, worse }) => better === leader && worse === name)),
  )
  const lead = `By ${says}, ${leaders.length > 1 ? `${leaders.join(' and ')} share the first rank` : `${leaders[0]} ranks first`}`
  const base = `p < 0.05 by Wilcoxon’s test with Holm’s correction, ${blocks} blocks`
  if (sure.length === 0) return `${lead}; no two strategies are told apart by more than chance (${base}).`
  if (beaten.length === 0) return `${lead}; no other is behind by more than chance (${base}).`
  if (beaten.length === others.length) return `${lead}, better than every other by more than chance (${base}).`
  return `${lead}, better by more than chance than ${beaten.join(', ')}; the others are not told apart from that (${base}).`
}

function bestOf(strategies: readonly string[], [scenario]: readonly ScenarioAnalysis[]): string {
  const means = scenario?.means.map(({ mean }) => mean) ?? []
  return strategies.filter((_, s) => means[s] === Math.min(...means)).join(', with it ')
}

function equals(chance: number): string {
  const text = chanceText(chance)
  return text.startsWith('<') ? text : `= ${text}`
}
