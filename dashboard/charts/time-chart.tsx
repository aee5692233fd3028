import { useEffect, useMemo, useRef } from 'preact/hooks'
import uPlot from 'uplot'
import { clockText } from '../number-text.ts'
import type { Palette } from '../theme.ts'

interface Line {
  readonly name: string
  readonly values: readonly (number | null)[]
  readonly colour: string
  readonly isFilled?: boolean
}

interface TimeChartProps {
  readonly title: string
  /** Milliseconds since the epoch. */
  readonly at: readonly number[]
  readonly lines: readonly Line[]
  /** Of a value, on the axis and in the legend. */
  readonly text: (value: number) => string
  /** Whether round values are powers of two. */
  readonly isBinary?: boolean
  readonly palette: Palette
}

const heightPx = 170
const powersOfTwo = Array.from({ length: 50 }, (_, power) => 2 ** power)

/** Lines over time. What they come to now is said as text, too. */
export function TimeChart({ title, at, lines, text, isBinary = false, palette }: TimeChartProps) {
  const place = useRef<HTMLDivElement>(null)
  const plot = useRef<uPlot | undefined>(undefined)
  const data = useMemo(() => [at.map((ms) => ms / 1_000), ...lines.map(({ values }) => values)], [at, lines])
  const names = lines.map(({ name }) => name).join()
  useEffect(() => {
    const element = place.current
    if (element === null) return
    const axis = { stroke: palette.muted, grid: { stroke: palette.line, width: 1 }, ticks: { stroke: palette.line } }
    const made = new uPlot(
      {
        width: element.clientWidth,
        height: heightPx,
        padding: [8, 28, 0, 0],
        cursor: { y: false, drag: { x: false, y: false } },
        scales: { y: { range: (_plot, _least, most) => [0, most > 0 ? most * 1.1 : 1] } },
        axes: [
          { ...axis, space: 90, values: (_plot, splits) => splits.map((seconds) => clockText(seconds * 1_000)) },
          {
            ...axis,
            size: 72,
            ...(isBinary ? { incrs: powersOfTwo } : {}),
            values: (_plot, splits) => splits.map((value) => text(value)),
          },
        ],
        series: [
          {
            value: (_plot, seconds) => (seconds === null ? '–' : new Date(seconds * 1_000).toLocaleTimeString('en-GB')),
          },
          ...lines.map(({ name, colour, isFilled }) => ({
            label: name,
            stroke: colour,
            width: 1.5,
            ...(isFilled ? { fill: `${colour}33` } : {}),
            points: { show: false },
            spanGaps: true,
            value: (_plot: uPlot, value: number | null) => (value === null ? '–' : text(value)),
          })),
        ],
      },
      data as uPlot.AlignedData,
      element,
    )
    plot.current = made
    const observer = new ResizeObserver(() => made.setSize({ width: element.clientWidth, height: heightPx }))
    observer.observe(element)
    return () => {
      observer.disconnect()
      made.destroy()
    }
    // A chart is built once for its lines and colours; what it shows follows below.
  }, [palette, names])
  useEffect(() => {
    const drawn = plot.current
    drawn?.setData(data as uPlot.AlignedData)
    // Where nobody points, the legend has what is now.
    if (drawn && (drawn.cursor.left ?? -1) < 0) drawn.setLegend({ idx: at.length - 1 }, false)
  }, [data])
  const now = lines.map(({ name, values }) => {
    const last = values.at(-1)
    return `${name} ${last === null || last === undefined ? 'unknown' : text(last)}`
  })
  return (
    <figure class="chart">
      <figcaption>{title}</figcaption>
      <div ref={place} role="img" aria-label={`${title}, now: ${now.join(', ')}`} />
    </figure>
  )
}
