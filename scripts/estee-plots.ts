import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { type EChartsOption, init } from 'echarts'
import type { Cell } from './estee-cells.ts'
import { rankingOf, type Stage, stages } from './estee-ranking.ts'

/** Okabe and Ito's colours, which people who confuse red and green can tell apart. */
const colours = ['#d55e00', '#e69f00', '#56b4e9', '#009e73', '#0072b2']
const names = [
  'blevel',
  'tlevel',
  'mcp',
  'etf',
  'dls',
  'heft',
  'cpop',
  'blevel-gt',
  'tlevel-gt',
  'mcp-gt',
  'ws',
  'random',
  'single',
]

export async function drawPlots(cells: readonly Cell[], target: string): Promise<void> {
  const ranking = new Map(stages.map((stage) => [stage, rankingOf(cells, stage)]))
  const standing = (stage: Stage, name: string) => ranking.get(stage)?.get(name)
  const isListed = (name: string) => name in { blevel: 1, tlevel: 1, mcp: 1, etf: 1, dls: 1 }
  write('estee-makespans', {
    title: title('What each step of mending changes: makespan over the best known (geometric mean)'),
    legend: { top: 40, right: 16, itemGap: 24 },
    grid: { left: 64, right: 16, top: 84, bottom: 48 },
    xAxis: { type: 'category', data: names, axisLabel: { interval: 0 } },
    yAxis: {
      type: 'log',
      min: 1,
      name: 'times the best',
      axisLabel: { formatter: '{value}' },
      splitLine: { lineStyle: { color: '#e4e4e4' } },
    },
    series: stages.map((stage, i) => ({
      name: stage,
      type: 'bar' as const,
      color: colours[i] as string,
      barGap: '5%',
      label: valueLabel,
      data: names.map((name) => {
        // What is not mended is the same in all stages, and shown once.
        const isShown = isListed(name) || (name === 'heft' || name === 'cpop' ? i === stages.length - 1 : i === 0)
        return isShown ? Number(standing(stage, name)?.ratio.toFixed(3)) : '-'
      }),
    })),
  })
  write('estee-ranks', {
    title: title('Mean rank among the eleven published schedulers; 1 is the best'),
    legend: { type: 'plain', orient: 'vertical', right: 16, top: 72 },
    grid: { left: 64, right: 140, top: 72, bottom: 48 },
    xAxis: { type: 'category', boundaryGap: false, data: stages.slice(0, -1) },
    yAxis: {
      type: 'value',
      inverse: true,
      min: 1,
      max: 11,
      name: 'rank',
      nameLocation: 'start',
      splitLine: { lineStyle: { color: '#e4e4e4' } },
    },
    series: names
      .filter((name) => standing('published', name) !== undefined)
      .map((name, i) => ({
        name,
        type: 'line' as const,
        symbolSize: 7,
        color: [...colours, '#cc79a7', '#5b4b8a', '#4d4d4d', '#8c6d31', '#999999', '#000000'][i] as string,
        lineStyle: { width: isListed(name) ? 3 : 1.5, type: isListed(name) ? ('solid' as const) : ('dashed' as const) },
        data: stages.slice(0, -1).map((stage) => Number(standing(stage, name)?.rank.toFixed(2))),
      })),
  })
  write('estee-graphs', {
    title: title('etf on 8 engines of 4 cores, max-min network: makespan over the best known, by graph'),
    legend: { top: 40, right: 16, itemGap: 24 },
    grid: { left: 64, right: 16, top: 84, bottom: 96 },
    xAxis: { type: 'category', data: graphs(cells), axisLabel: { interval: 0, rotate: 45 } },
    yAxis: { type: 'log', min: 1, name: 'times the best', splitLine: { lineStyle: { color: '#e4e4e4' } } },
    series: ['published etf', 'published etf+fix', '1–3 mended etf', 'here etf'].map((column, i) => ({
      name: column,
      type: 'bar' as const,
      color: [colours[0], colours[1], colours[2], colours[4]][i] as string,
      data: graphs(cells).map((graph) => {
        const cell = cells.find((one) => one.graph === graph && one.cluster === '8x4' && one.model === 'maxmin')
        const value = cell?.seconds.get(column)
        return cell === undefined || value === undefined
          ? '-'
          : Number((value / Math.min(...cell.seconds.values())).toFixed(3))
      }),
    })),
  })

  function write(name: string, option: EChartsOption): void {
    const chart = init(null, null, { renderer: 'svg', ssr: true, width: 960, height: 480 })
    try {
      chart.setOption({
        animation: false,
        backgroundColor: '#ffffff',
        textStyle: { fontFamily: 'sans-serif' },
        ...option,
      })
      writeFileSync(join(target, `${name}.svg`), `${chart.renderToSVGString()}\n`)
    } finally {
      chart.dispose()
    }
  }
}

/** Upright, above its bar. */
const valueLabel = {
  show: true,
  position: 'top',
  rotate: 90,
  align: 'left',
  verticalAlign: 'middle',
  fontSize: 10,
} as const

function title(text: string) {
  return { text, left: 16, top: 12, textStyle: { fontSize: 15 } }
}

function graphs(cells: readonly Cell[]): string[] {
  return [...new Set(cells.map(({ graph }) => graph))]
}
