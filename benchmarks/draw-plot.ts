/** Draws plots as SVG with ECharts, without a browser. */
import type * as ECharts from 'echarts'
import { loadSvgDrawing } from '../sim/report/svg-drawing.ts'
import { type Interval, whiskers } from '../sim/report/whiskers.ts'
import { valueText } from './number-text.ts'
import type { Axis, Plot, Point, Series } from './plots.ts'

export type Draw = (plot: Plot) => string

const width = 900
const height = 540
/** Okabe and Ito's colours, which people who confuse red and green can tell apart; the yellow one is too pale for lines. */
const colours = ['#0072b2', '#d55e00', '#009e73', '#cc79a7', '#e69f00', '#56b4e9', '#5b4b8a', '#4d4d4d', '#8c6d31']

/** @throws ConfigurationError where ECharts, which is optional, is not installed */
export async function loadDrawing(): Promise<Draw> {
  const draw = await loadSvgDrawing('--plots')
  return (plot) => draw(optionOf(plot), { width, height })
}

function optionOf(plot: Plot): ECharts.EChartsOption {
  const families = [...new Set(plot.series.map(({ family }) => family))]
  const colourOf = ({ family }: Series) => colours[families.indexOf(family) % colours.length] as string
  const isBars = plot.kind === 'bars'
  const at = placeOn(plot.x, plot.series)
  return {
    backgroundColor: '#ffffff',
    textStyle: { fontFamily: 'sans-serif' },
    title: { text: plot.title, left: 16, top: 12, textStyle: { fontSize: 16, width: width - 32, overflow: 'break' } },
    // Bars have their names beneath them.
    legend: isBars
      ? { show: false }
      : { type: 'plain', right: 16, top: 56, orient: 'vertical', itemWidth: 36, itemHeight: 8 },
    grid: { left: 80, right: isBars ? 24 : legendWidth(plot.series), top: 84, bottom: 64 },
    xAxis: axisOf(plot.x, plot.series, 'x'),
    yAxis: axisOf(plot.y, plot.series, 'y'),
    series: isBars ? bars(plot, colourOf) : plot.series.flatMap((one) => lines(one, plot.x, at, colourOf(one))),
  }
}

/** In pixels: a letter takes about 6. */
function legendWidth(series: readonly Series[]): number {
  return 80 + 6 * Math.max(18, ...series.map(({ name }) => name.length))
}

function axisOf(axis: Axis, series: readonly Series[], which: 'x' | 'y'): object {
  const common = { name: axis.name, nameLocation: which === 'x' ? 'middle' : 'end', nameGap: which === 'x' ? 36 : 16 }
  const grid = { splitLine: { lineStyle: { color: '#e4e4e4' } } }
  const points = series.flatMap((one) => one.points)
  switch (axis.scale) {
    case 'names':
      return {
        ...common,
        type: 'category',
        // With the figure beneath it: above the bar it would lie on the interval.
        data: points.map(({ x, y }) => `${x}\n${valueText(y)}`),
        axisLabel: { interval: 0, width: 110, overflow: 'break' },
      }
    case 'percentile':
      // 0 %, 90 %, 99 %, … at even distances.
      return {
        ...common,
        ...grid,
        type: 'log',
        min: 1,
        axisLabel: { formatter: (value: number) => `${Number((100 - 100 / value).toFixed(6))} %` },
      }
    case 'logarithmic from zero': {
      const zero = placeOfZero(points)
      const label = (value: number) => (value === zero ? '0' : short(value))
      return { ...common, ...grid, type: 'log', axisLabel: { formatter: label }, ...decades(points, which), min: zero }
    }
    case 'logarithmic':
      return { ...common, ...grid, type: 'log', axisLabel: { formatter: short }, ...decades(points, which) }
    case 'linear':
      return { ...common, ...grid, type: 'value', axisLabel: { formatter: short } }
  }
}

/** Whole powers of ten, around all that is shown. */
function decades(points: readonly Point[], which: 'x' | 'y'): { readonly min?: number; readonly max?: number } {
  const values = points
    .map((point) => (which === 'x' ? Number(point.x) : point.y))
    .filter((value) => Number.isFinite(value) && value > 0)
  if (values.length === 0) return {}
  return {
    min: 10 ** Math.floor(Math.log10(Math.min(...values))),
    max: 10 ** Math.ceil(Math.log10(Math.max(...values))),
  }
}

/** A decade to the left of all that is not zero. */
function placeOfZero(points: readonly Point[]): number {
  return (decades(points, 'x').min ?? 1) / 10
}

function placeOn({ scale }: Axis, series: readonly Series[]): (point: Point) => number {
  if (scale === 'percentile') return ({ x }) => 100 / (100 - Number(x))
  if (scale !== 'logarithmic from zero') return ({ x }) => Number(x)
  const zero = placeOfZero(series.flatMap(({ points }) => points))
  return ({ x }) => (Number(x) === 0 ? zero : Number(x))
}

function lines(one: Series, x: Axis, at: (point: Point) => number, color: string): ECharts.SeriesOption[] {
  const shown = one.points.filter((point) => Number.isFinite(at(point)) && Number.isFinite(point.y) && point.y > 0)
  const line: ECharts.SeriesOption = {
    name: one.name,
    type: 'line',
    color,
    lineStyle: { width: 2, type: one.isReference ? 'dashed' : 'solid' },
    showSymbol: x.scale !== 'percentile',
    symbol: one.isReference ? 'emptyCircle' : 'circle',
    symbolSize: 6,
    data: shown.map((point) => [at(point), point.y]),
  }
  return [line, ...whiskers(intervalsOf(shown.map((point) => ({ ...point, x: at(point) }))), color)]
}

function bars({ series }: Plot, colourOf: (one: Series) => string): ECharts.SeriesOption[] {
  const items = series.map((one) => ({
    value: one.points[0]?.y ?? Number.NaN,
    itemStyle: { color: colourOf(one), opacity: one.isReference ? 0.45 : 0.9 },
  }))
  const points = series.flatMap(({ points }, index) => points.map((point) => ({ ...point, x: index })))
  return [
    {
      type: 'bar',
      barMaxWidth: 64,
      data: items,
    },
    ...whiskers(intervalsOf(points), '#333333'),
  ]
}

function intervalsOf(points: readonly Point[]): Interval[] {
  return points.flatMap(({ x, interval }): Interval[] => (interval ? [[Number(x), ...interval]] : []))
}

/** `1k`, `2.5M` */
function short(value: number): string {
  const format = new Intl.NumberFormat('en', { notation: 'compact', maximumSignificantDigits: 3 })
  return Math.abs(value) >= 1_000 ? format.format(value) : valueText(value)
}
