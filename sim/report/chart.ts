import type * as ECharts from 'echarts'
import { colourOf, faint, grid, ink, symbolOf } from './colours.ts'
import { axisNumber } from './number-text.ts'
import type { Size } from './svg-drawing.ts'
import { type Interval, whiskers } from './whiskers.ts'

/** A chart of a report. */
export interface Chart {
  /** Unique on the page. */
  readonly id: string
  readonly title: string
  /** What it shows, for those who do not see it, and what to look for, for all. */
  readonly description: string
  readonly size: Size
  readonly option: ECharts.EChartsOption
}

interface Line {
  readonly name: string
  /** Ascending by x. */
  readonly points: readonly (readonly [x: number, y: number])[]
  /** By point: from where to where. */
  readonly intervals?: readonly (readonly [low: number, high: number] | undefined)[]
}

export interface LineChart {
  readonly lines: readonly Line[]
  readonly x: AxisOptions
  readonly y: AxisOptions
  /** Whether a value holds until the next. */
  readonly isStepped?: boolean
  /** Whether points have marks, where they are few. */
  readonly hasMarks?: boolean
}

interface AxisOptions {
  readonly name: string
  readonly isLogarithmic?: boolean
  readonly min?: number
  readonly max?: number
  readonly isPercent?: boolean
  /** Whether it ends where `min` and `max` say, although these are not round. */
  readonly isTight?: boolean
}

export const chartSize: Size = { width: 860, height: 400 }

/** Lines of strategies, in the colours that these have everywhere. */
export function lineOption({ lines, x, y, isStepped, hasMarks }: LineChart): ECharts.EChartsOption {
  return {
    ...frame,
    legend: { ...legend, data: lines.map(({ name }) => name) },
    grid: { left: 74, right: 24, top: 24 + 22 * Math.ceil(lines.length / 5), bottom: 56 },
    xAxis: axis(x, 'middle', 34),
    yAxis: axis(y, 'middle', 56),
    series: lines.flatMap((line, index) => [
      {
        name: line.name,
        type: 'line',
        color: colourOf(index),
        lineStyle: { width: 2, type: index % 8 < 4 ? 'solid' : 'dashed' },
        symbol: symbolOf(index),
        symbolSize: 8,
        showSymbol: hasMarks ?? false,
        ...(isStepped ? { step: 'end' as const } : {}),
        data: line.points.map((point) => [...point]),
      } satisfies ECharts.SeriesOption,
      ...whiskers(intervalsOf(line), colourOf(index)),
    ]),
  }
}

/** What all charts have in common. */
export const frame = { backgroundColor: 'transparent', textStyle: { fontFamily: 'system-ui, sans-serif', color: ink } }
const legend = { top: 0, left: 'center', itemWidth: 30, itemGap: 18, textStyle: { color: ink, fontSize: 13 } }
const axisLabel = { color: faint, fontSize: 12 }
const nameStyle = { color: ink, fontSize: 13 }
const axisLines = {
  axisLine: { lineStyle: { color: faint } },
  axisTick: { lineStyle: { color: faint } },
  splitLine: { lineStyle: { color: grid } },
  minorTick: { show: false },
}

export function axis(
  { name, isLogarithmic = false, isPercent = false, isTight = false, min, max }: AxisOptions,
  nameLocation: 'middle' | 'end',
  nameGap: number,
): object {
  return {
    type: isLogarithmic ? 'log' : 'value',
    name,
    nameLocation,
    nameGap,
    nameTextStyle: nameStyle,
    axisLabel: {
      ...axisLabel,
      hideOverlap: true,
      ...(isTight ? { showMinLabel: Number.isInteger(min), showMaxLabel: false } : {}),
      formatter: (value: number) => (isPercent ? `${Math.round(100 * value)} %` : axisNumber(value)),
    },
    ...axisLines,
    ...(min === undefined ? {} : { min }),
    ...(max === undefined ? {} : { max }),
  }
}

function intervalsOf({ points, intervals = [] }: Line): Interval[] {
  return points.flatMap(([x], i): Interval[] => (intervals[i] ? [[x, ...intervals[i]]] : []))
}

/** An axis of names. */
export function namesAxis(names: readonly string[], label: object) {
  return {
    type: 'category' as const,
    data: [...names],
    axisLabel: { ...axisLabel, ...label },
    ...axisLines,
    axisTick: { show: false },
    splitLine: { show: false },
  }
}

/** Whether values are shown better by their magnitude: they span more than a factor of 20. */
export function spansMagnitudes(values: readonly number[]): boolean {
  const known = values.filter((value) => Number.isFinite(value) && value > 0)
  return known.length > 0 && Math.max(...known) / Math.min(...known) > 20
}

/** A unit in which times up to this long have few digits. */
export function timeUnit(mostMs: number): { readonly name: string; readonly ms: number } {
  if (mostMs >= 3 * 3_600_000) return { name: 'h', ms: 3_600_000 }
  if (mostMs >= 10_000) return { name: 's', ms: 1_000 }
  return { name: 'ms', ms: 1 }
}
