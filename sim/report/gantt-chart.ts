import type * as ECharts from 'echarts'
import type { Gantt } from '../lab/compare/gantt.ts'
import { axis, type Chart, frame, namesAxis, timeUnit } from './chart.ts'
import { colourOf, paper } from './colours.ts'

const width = 860
const margins = { left: 74, right: 24, top: 12, bottom: 52 }

/**
 * Which core ran what.
 * @param endMs how far to the right it reaches, so that several can be compared
 */
export function ganttChart(id: string, strategy: string, gantt: Gantt, endMs: number): Chart {
  const { lanes, firstLane, bars, isCut } = gantt
  const startMs = Math.min(...bars.map(([, start]) => start))
  const unit = timeUnit(endMs)
  const laneHeight = Math.max(9, Math.min(22, 200 / lanes))
  // Names nearer to each other than this would overlap.
  const every = Math.ceil((14 * firstLane.length) / (laneHeight * lanes))
  return {
    id,
    title: `${strategy}: what ran where`,
    description: `Gantt chart of the first repetition under ${strategy}: ${lanes} cores from top to bottom, ${bars.length} bars${isCut ? '; later tasks, or engines further down, are left out' : ''}. Neighbouring tasks differ in colour, which means nothing else.`,
    size: { width, height: Math.round(margins.top + margins.bottom + lanes * laneHeight) },
    option: {
      ...frame,
      grid: margins,
      xAxis: axis(
        { name: `time, ${unit.name}`, min: startMs / unit.ms, max: endMs / unit.ms, isTight: true },
        'middle',
        30,
      ),
      yAxis: {
        ...namesAxis(
          Array.from({ length: lanes }, (_, lane) => engineText(firstLane, lane)),
          { interval: (lane: number) => firstLane.indexOf(lane) % every === 0 },
        ),
        inverse: true,
      },
      series: [
        {
          type: 'custom',
          silent: true,
          clip: true,
          encode: { x: [1, 2], y: 0 },
          data: bars.map(([lane, start, end, task]) => ({
            value: [lane, start / unit.ms, end / unit.ms],
            itemStyle: { color: colourOf(task) },
          })),
          renderItem: (params, api) => bar(params, api),
        },
      ],
    },
  }
}

function bar(_params: ECharts.CustomSeriesRenderItemParams, api: ECharts.CustomSeriesRenderItemAPI) {
  const [left = 0, middle = 0] = api.coord([api.value(1), api.value(0)])
  const [right = 0] = api.coord([api.value(2), api.value(0)])
  const size = api.size?.([0, 1])
  const height = 0.8 * (Array.isArray(size) ? (size[1] ?? 0) : (size ?? 0))
  const shape = { x: left, y: middle - height / 2, width: Math.max(0.5, right - left), height }
  return {
    type: 'rect' as const,
    shape,
    style: { fill: String(api.visual('color')), stroke: paper, lineWidth: right - left < 4 ? 0 : 0.6 },
  }
}

function engineText(firstLane: readonly number[], lane: number): string {
  const engine = firstLane.indexOf(lane)
  return engine === -1 ? '' : `engine ${engine}`
}
