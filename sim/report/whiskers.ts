import type * as ECharts from 'echarts'

export type Interval = readonly [x: number, low: number, high: number]

/** Intervals, as upright lines with a bar at each end. */
export function whiskers(intervals: readonly Interval[], color: string): ECharts.SeriesOption[] {
  if (intervals.length === 0) return []
  return [
    {
      type: 'custom',
      silent: true,
      z: 5,
      encode: { x: 0, y: [1, 2] },
      data: intervals.map((interval) => [...interval]),
      renderItem: (_params, api) => {
        const [middle = 0, low = 0] = api.coord([api.value(0), api.value(1)])
        const [, high = 0] = api.coord([api.value(0), api.value(2)])
        const style = { stroke: color, lineWidth: 1.3, fill: 'none' }
        const segment = (x1: number, y1: number, x2: number, y2: number) => ({
          type: 'line' as const,
          shape: { x1, y1, x2, y2 },
          style,
        })
        return {
          type: 'group',
          children: [
            segment(middle, low, middle, high),
            segment(middle - 5, low, middle + 5, low),
            segment(middle - 5, high, middle + 5, high),
          ],
        }
      },
    },
  ]
}
