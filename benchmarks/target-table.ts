/** What was promised, beside what was measured: a table for the terminal, and for a page. */
import { estimateText, valueText } from './number-text.ts'
import type { CaseReport, MeasureReport, Report, SuiteReport, TargetReport } from './report.ts'
import type { Estimate } from './statistics.ts'
import { textTable } from './table.ts'

export interface TargetRow {
  readonly promise: string
  /** What a ratio is to, else empty. */
  readonly to: string
  readonly target: string
  /** With its interval, or why there is nothing. */
  readonly measured: string
  readonly verdict: Verdict
  /** What shows the details. */
  readonly command: string
}

/** `close`: the interval of the median holds the target. */
type Verdict = 'met' | 'not met' | 'close' | 'not measured'

export function targetRows({ suites }: Report): TargetRow[] {
  return suites.flatMap((suite) =>
    suite.measures.flatMap((measure) =>
      measure.cases.flatMap((one) => (one.targets ?? []).map((target) => rowOf(suite, measure, one, target))),
    ),
  )
}

const heads = ['', 'compared with', 'target', 'measured', '']

export function targetText(report: Report): string {
  const rows = targetRows(report)
  const cells = rows.map(({ promise, to, target, measured, verdict }) => [
    plain(promise),
    to,
    target,
    measured,
    verdict,
  ])
  return `\n${textTable(heads, cells)}\n${summaryOf(rows)}\n`
}

export function targetMarkdown(report: Report): string {
  const { node, platform, processor, cores, memoryGiB, loadAtStart } = report.machine
  const rows = targetRows(report)
  const lines = [
    ['what', ...heads.slice(1, -1), 'met', 'details'],
    ['---', '---', '---', '---', '---', '---'],
    ...rows.map(({ promise, to, target, measured, verdict, command }) => [
      promise,
      to,
      target,
      measured,
      verdict === 'met' ? 'yes' : verdict === 'not met' ? 'no' : verdict,
      `\`${command}\``,
    ]),
  ]
  const table = lines.map((cells) => `| ${cells.join(' | ')} |`).join('\n')
  return `${table}

${summaryOf(rows)} Medians of the rounds of one run, and the 95 % intervals of the medians; \`npm run bench -- targets\`, ${report.startedAt.slice(0, 10)}, Node ${node}, ${platform}, ${processor}, ${cores} cores, ${memoryGiB} GiB, load ${loadAtStart[0]?.toFixed(1)} at the start.
`
}

function rowOf(suite: SuiteReport, measure: MeasureReport, one: CaseReport, target: TargetReport): TargetRow {
  const { promise, figure, to, measured } = target
  const unit = to ? '×' : ` ${measure.figures[figure]?.unit ?? ''}`
  const isKnown = measured !== undefined && Number.isFinite(measured.median ?? Number.NaN)
  return {
    promise,
    to: to ? comparedWith(one, to) : '',
    target: `${boundText(target)}${unit}`,
    measured: isKnown ? `${estimateText(measured)}${unit}` : '–',
    verdict: isKnown ? verdictOf(target, measured) : 'not measured',
    command: `npm run bench -- ${suite.name} --only '${measure.name}'`,
  }
}

function comparedWith({ subject, at }: CaseReport, to: NonNullable<TargetReport['to']>): string {
  const other = to.subject ?? subject
  return to.at === undefined || to.at === at ? other : `${other === subject ? '' : `${other}, `}at ${valueText(to.at)}`
}

function boundText({ atLeast, atMost }: TargetReport): string {
  return atLeast === undefined ? `≤ ${valueText(atMost ?? Number.NaN)}` : `≥ ${valueText(atLeast)}`
}

function verdictOf({ atLeast = -Infinity, atMost = Infinity }: TargetReport, { median, interval }: Estimate): Verdict {
  const isWithin = (value: number) => value >= atLeast && value <= atMost
  if (interval && isWithin(interval[0]) !== isWithin(interval[1])) return 'close'
  return isWithin(median) ? 'met' : 'not met'
}

function summaryOf(rows: readonly TargetRow[]): string {
  const count = (verdict: Verdict) => rows.filter((row) => row.verdict === verdict).length
  const parts = (['met', 'not met', 'close', 'not measured'] as const).map(
    (verdict) => [verdict, count(verdict)] as const,
  )
  const told = parts.filter(([, found]) => found > 0).map(([verdict, found]) => `${found} ${verdict}`)
  return `${rows.length} targets: ${told.join(', ')}.`
}

function plain(markdown: string): string {
  return markdown.replaceAll('`', '')
}
