import type * as ECharts from 'echarts'
import { ConfigurationError } from '../../core/errors.ts'

export interface Size {
  readonly width: number
  readonly height: number
}

/** Draws a chart as the text of an SVG. */
export type DrawSvg = (option: ECharts.EChartsOption, size: Size) => string

/** All of it in one file: the six hundred modules of its main entry take half a second to load. */
const wholeECharts: string = 'echarts/dist/echarts.esm.min.mjs'

/**
 * ECharts, without a browser.
 * @param wanted what needs it, for the message
 * @throws ConfigurationError where ECharts, which is optional, is not installed
 */
export async function loadSvgDrawing(wanted: string): Promise<DrawSvg> {
  let echarts: typeof ECharts
  try {
    echarts = (await import(wholeECharts)) as typeof ECharts
  } catch (cause) {
    throw new ConfigurationError(`${wanted} needs the package echarts, which is not installed: npm install echarts`, {
      cause,
    })
  }
  return (option, size) => {
    const chart = echarts.init(null, null, { renderer: 'svg', ssr: true, ...size })
    try {
      chart.setOption({ animation: false, ...option })
      return chart.renderToSVGString()
    } finally {
      chart.dispose()
    }
  }
}
