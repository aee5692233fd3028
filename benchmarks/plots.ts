/** The plots of a report, as descriptions: which lines or bars, of what, over what. */
import type { CaseReport, MeasureReport, Report, SuiteReport } from './report.ts'
import type { Interval } from './statistics.ts'

export interface Plot {
  /** Of the file, without an ending. */
  readonly name: string
  readonly title: string
  readonly x: Axis
  readonly y: Axis
  readonly kind: 'lines' | 'bars'
  readonly series: readonly Series[]
}

export interface Axis {
  readonly name: string
  /** `logarithmic from zero`: zero stands a decade to the left of the least that is not zero. */
  readonly scale: 'linear' | 'logarithmic' | 'logarithmic from zero' | 'percentile' | 'names'
}

export interface Series {
  readonly name: string
  /** Series of one family have one colour: what is measured, and what is beneath it. */
  readonly family: string
  /** Others are compared with it. */
  readonly isReference: boolean
  readonly points: readonly Point[]
}

export interface Point {
  /** A number, or on an axis of names one of them. */
  readonly x: number | string
  readonly y: number
  /** The 95 % interval of `y`. */
  readonly interval?: Interval
}

export function plotsOf({ suites }: Report): Plot[] {
  return suites.flatMap((suite) =>
    suite.measures.flatMap((measure) => [
      ...distributions(suite, measure),
      ...(measure.parameter ? curves(suite, measure) : bars(suite, measure)),
    ]),
  )
}

/** Which share of the latencies was at most how long: one plot for each value of the parameter. */
function distributions(suite: SuiteReport, measure: MeasureReport): Plot[] {
  const { parameter } = measure
  const values = [...new Set(measure.cases.filter(({ distribution }) => distribution).map(({ at }) => at))]
  return values.map((value) => {
    const cases = measure.cases.filter(({ at }) => at === value)
    const where = value === undefined ? '' : `${parameter?.name} ${quantity(value, parameter?.unit)}`
    return {
      name: nameOf(suite, measure, 'distribution', ...(value === undefined ? [] : [String(value)])),
      title: [measure.name, where].filter(Boolean).join(', '),
      kind: 'lines',
      x: { name: 'share of the messages', scale: 'percentile' },
      y: { name: 'µs', scale: 'logarithmic' },
      series: cases.map((one) => ({
        ...seriesOf(one, measure),
        points: (one.distribution ?? []).map(({ percent, us }) => ({ x: percent, y: us })),
      })),
    }
  })
}

/** A figure against the parameter. */
function curves(suite: SuiteReport, measure: MeasureReport): Plot[] {
  const { parameter, cases } = measure
  const values = cases.flatMap(({ at }) => at ?? [])
  if (new Set(values).size < 2) return []
  const subjects = [...new Set(cases.map(({ subject }) => subject))]
  // Percentiles of latencies have a plot of their own, and one of them is enough here.
  const isLatency = cases.some(({ distribution }) => distribution)
  const figures = Object.keys(measure.figures).slice(0, isLatency ? 1 : undefined)
  return figures.map((figure) => ({
    name: nameOf(suite, measure, figure),
    title: measure.name,
    kind: 'lines',
    x: { name: withUnit(parameter?.name ?? '', parameter?.unit), scale: parameterScaleOf(values) },
    y: { name: axisName(measure, figure), scale: scaleOf(cases.map((one) => one.summary[figure]?.value.median ?? 0)) },
    series: subjects.map((subject) => {
      const own = cases.filter((one) => one.subject === subject)
      return {
        ...seriesOf(own[0] as CaseReport, measure),
        points: own.map((one) => pointOf(one, figure, one.at ?? 0)),
      }
    }),
  }))
}

/** A figure of several subjects. */
function bars(suite: SuiteReport, measure: MeasureReport): Plot[] {
  const { cases } = measure
  if (cases.length < 2 || cases.some(({ distribution }) => distribution)) return []
  return Object.keys(measure.figures).map((figure) => ({
    name: nameOf(suite, measure, figure),
    title: measure.name,
    kind: 'bars',
    x: { name: '', scale: 'names' },
    y: { name: axisName(measure, figure), scale: 'linear' },
    series: cases.map((one) => ({
      ...seriesOf(one, measure),
      points: [pointOf(one, figure, one.subject)],
    })),
  }))
}

function pointOf({ summary }: CaseReport, figure: string, x: number | string): Point {
  const { median = Number.NaN, interval } = summary[figure]?.value ?? {}
  return { x, y: median, ...(interval ? { interval } : {}) }
}

function seriesOf({ subject }: CaseReport, { cases }: MeasureReport): Omit<Series, 'points'> {
  const compared = cases.find((one) => one.reference?.subject === subject && one.subject !== subject)
  return { name: subject, family: compared?.subject ?? subject, isReference: compared !== undefined }
}

function axisName({ figures }: MeasureReport, figure: string): string {
  const unit = figures[figure]?.unit ?? ''
  return /^p\d/.test(figure) ? withUnit(figure, unit) : unit
}

function withUnit(name: string, unit: string | undefined): string {
  return unit === undefined || unit === '' ? name : `${name}, ${unit}`
}

function quantity(value: number, unit = ''): string {
  return `${value.toLocaleString('en')}${unit.startsWith('/') ? '' : ' '}${unit}`.trim()
}

/** Logarithmic where the values span more than a factor of 20, and none is zero. */
function scaleOf(values: readonly number[]): 'linear' | 'logarithmic' {
  const known = values.filter(Number.isFinite)
  const [least, most] = [Math.min(...known), Math.max(...known)]
  return least > 0 && most / least > 20 ? 'logarithmic' : 'linear'
}

function parameterScaleOf(values: readonly number[]): Axis['scale'] {
  const positive = values.filter((value) => value > 0)
  const scale = scaleOf(positive)
  return scale === 'logarithmic' && positive.length < values.length ? 'logarithmic from zero' : scale
}

function nameOf(suite: SuiteReport, measure: MeasureReport, ...parts: readonly string[]): string {
  const words =
    [suite.name, measure.name, ...parts]
      .join(' ')
      .toLowerCase()
      .match(/[a-z\d]+/g) ?? []
  return words.join('-').slice(0, 120)
}
