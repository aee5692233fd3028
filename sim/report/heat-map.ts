import type { Analysis } from '../lab/compare/analyse.ts'
import { scenarioLabels } from '../lab/compare/comparison.ts'
import { type Chart, frame, namesAxis } from './chart.ts'
import { heat, ink, paper } from './colours.ts'
import { percentText } from './number-text.ts'

const rowHeight = 30
/** Characters. */
const labelMax = 40
const tail = 26

/** How much worse than the best each strategy was, by scenario. */
export function heatMap(id: string, { strategies, scenarios }: Analysis): Chart {
  const labels = scenarioLabels(scenarios.map(({ scenario }) => scenario)).map(shortened)
  const cells = scenarios.flatMap(({ degradation }, row) =>
    degradation.map((share, column) => ({ row, column, share: share ?? Number.POSITIVE_INFINITY })),
  )
  const margin = 24 + 7 * Math.max(...labels.map(({ length }) => length))
  const most = Math.max(...cells.map(({ share }) => share).filter(Number.isFinite), 0.01)
  return {
    id,
    title: 'Degradation from the best',
    description:
      'For each scenario, a row, and each strategy, a column: by how many per cent it was worse than the best strategy of the same repetition, on average. The fainter, the better; the shade goes by the logarithm.',
    size: { width: 860, height: 60 + rowHeight * scenarios.length },
    option: {
      ...frame,
      grid: { left: margin, right: 16, top: 44, bottom: 8 },
      xAxis: {
        ...namesAxis(strategies, {
          color: ink,
          interval: 0,
          width: (830 - margin) / strategies.length,
          overflow: 'truncate',
        }),
        position: 'top',
      },
      yAxis: { ...namesAxis(labels, { color: ink, interval: 0 }), inverse: true },
      series: [
        {
          type: 'custom',
          silent: true,
          encode: { x: 0, y: 1 },
          data: cells.map(({ row, column, share }) => [column, row, share]),
          renderItem: (_params, api) => {
            const [x = 0, y = 0] = api.coord([api.value(0), api.value(1)])
            const size = api.size?.([1, 1])
            const [width = 0, height = 0] = Array.isArray(size) ? size : []
            const share = Number(api.value(2))
            const shade = Math.min(1, Math.log1p(100 * share) / Math.log1p(100 * most))
            return {
              type: 'group',
              children: [
                {
                  type: 'rect',
                  shape: { x: x - width / 2, y: y - height / 2, width, height },
                  style: { fill: heat, opacity: 0.04 + 0.62 * shade, stroke: paper, lineWidth: 2 },
                },
                {
                  type: 'text',
                  style: {
                    text: share === 0 ? 'best' : percentText(share),
                    x,
                    y,
                    fill: ink,
                    fontSize: 12,
                    fontFamily: 'system-ui, sans-serif',
                    align: 'center',
                    verticalAlign: 'middle',
                  },
                },
              ],
            }
          },
        },
      ],
    },
  }
}

/** Both ends stay: names begin alike, and what varies in a place stands last. */
function shortened(label: string): string {
  return label.length <= labelMax ? label : `${label.slice(0, labelMax - tail - 1)}…${label.slice(-tail)}`
}
