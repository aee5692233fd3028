/** A report as tables for people. */
import { estimateText, valueText } from './number-text.ts'
import type { CaseReport, MeasureReport, Report, SuiteReport } from './report.ts'
import { textTable } from './table.ts'

export function reportText(report: Report): string {
  const { node, platform, processor, cores, memoryGiB, loadAtStart, loadAtEnd, flags } = report.machine
  const load = (values: readonly number[]) => values[0]?.toFixed(1)
  const head = `node ${node} ${flags.join(' ')}, ${platform}, ${processor}, ${cores} cores, ${memoryGiB} GiB; load ${load(loadAtStart)} at the start, ${load(loadAtEnd)} at the end
Figures are medians of the rounds. × are ratios to the reference within a round; in brackets the 95 % interval of their median.
`
  return [head, ...report.suites.map(suiteText)].join('\n')
}

function suiteText(suite: SuiteReport): string {
  const rounds = suite.rounds === 1 ? '1 round' : `${suite.rounds} rounds`
  const head = `${suite.name}: ${rounds} after ${suite.warmUps} of warm-up, ${suite.seconds.toFixed(0)} s\n`
  const notes = suite.notes.map((note) => `  ${note}\n`)
  return [[head, ...notes].join(''), ...suite.measures.map(measureText)].join('\n')
}

function measureText({ name, figures, parameter, cases }: MeasureReport): string {
  const names = Object.keys(figures)
  const hasReference = cases.some(({ reference }) => reference)
  const isComparable = (figure: string) => hasReference && figures[figure]?.isComparable !== false
  const units = [...new Set(Object.values(figures).map(({ unit }) => unit))]
  // One unit for all stands in the title, else each column says its own.
  const title = units.length === 1 && names.length > 1 ? `${name}, ${units[0]}` : name
  const columnHead = (figure: string) =>
    units.length === 1 && names.length > 1 ? figure : `${figure}, ${figures[figure]?.unit}`
  const heads = [
    '',
    ...(parameter ? [parameter.unit ? `${parameter.name}, ${parameter.unit}` : parameter.name] : []),
    ...names.flatMap((figure) => [columnHead(figure), ...(isComparable(figure) ? ['×'] : [])]),
    ...(hasReference ? ['of'] : []),
  ]
  const row = (one: CaseReport) => [
    one.subject,
    ...(parameter ? [one.at === undefined ? '' : valueText(one.at)] : []),
    ...names.flatMap((figure) => {
      const { value, ratio } = one.summary[figure] ?? {}
      return [value ? valueText(value.median) : '', ...(isComparable(figure) ? [ratio ? estimateText(ratio) : ''] : [])]
    }),
    ...(hasReference ? [referenceText(one)] : []),
  ]
  return `${title}\n${textTable(heads, cases.map(row))}`
}

function referenceText({ subject, at, reference }: CaseReport): string {
  if (!reference) return ''
  const parts = [
    ...(reference.subject === subject ? [] : [reference.subject]),
    ...(reference.at === undefined || reference.at === at ? [] : [`at ${valueText(reference.at)}`]),
  ]
  return parts.join(' ')
}
