import { useEffect, useRef } from 'preact/hooks'
import { bucketStart, type Histogram, quantileOf } from '../../cluster/dashboard/feed/histogram.ts'
import type { Run } from '../../cluster/dashboard/feed/run.ts'
import { fitCanvas } from '../canvas.ts'
import { labelColour } from '../label-colours.ts'
import { countText, durationText } from '../number-text.ts'
import { ScrollRegion } from '../parts/scroll-region.tsx'
import type { Palette } from '../theme.ts'

const shares = [0.5, 0.9, 0.95, 0.99, 1] as const
const kinds = [
  { key: 'wait', name: 'Wait', what: 'from submission to start' },
  { key: 'run', name: 'Run', what: 'from start to end' },
  { key: 'latency', name: 'Latency', what: 'from submission to end' },
] as const

/** How long tasks waited and ran, of the whole run. */
export function Distributions({
  run: { histograms, nowMs },
  palette,
}: {
  readonly run: Run
  readonly palette: Palette
}) {
  const all = kinds.map(({ key }) => histograms[key])
  const used = all.flatMap((counts) => counts.flatMap((count, bucket) => (count > 0 ? [bucket] : [])))
  const range = used.length === 0 ? ([40, 80] as const) : ([Math.min(...used) - 1, Math.max(...used) + 2] as const)
  return (
    <section class="panel" aria-labelledby="distributions">
      <h2 id="distributions">Latency and wait</h2>
      {kinds.map(({ key, name }, i) => (
        <Bars
          key={key}
          name={name}
          counts={histograms[key]}
          range={range}
          colour={labelColour([3, 1, 0][i] as number, palette.isDark)}
          palette={palette}
          nowMs={nowMs}
        />
      ))}
      <ScrollRegion name="Distributions as a table">
        <table>
          <caption class="hidden">Durations that a share of the tasks stays below, of the whole run</caption>
          <thead>
            <tr>
              <th scope="col">Duration</th>
              <th scope="col">Tasks</th>
              {shares.map((share) => (
                <th scope="col" key={share}>
                  {share === 1 ? 'all' : `${share * 100} %`}
                </th>
              ))}
            </tr>
          </thead>
          <tbody>
            {kinds.map(({ key, name, what }) => (
              <tr key={key}>
                <th scope="row">
                  {name} <span class="more">{what}</span>
                </th>
                <td>{countText(sumOf(histograms[key]))}</td>
                {shares.map((share) => (
                  <td key={share}>{durationText(quantileOf(histograms[key], share))}</td>
                ))}
              </tr>
            ))}
          </tbody>
        </table>
      </ScrollRegion>
    </section>
  )
}

interface BarsProps {
  readonly name: string
  readonly counts: Histogram
  readonly range: readonly [from: number, to: number]
  readonly colour: string
  readonly palette: Palette
  /** Counts change in place: this tells when. */
  readonly nowMs: number
}

const axisPx = 16

function Bars({ name, counts, range: [from, to], colour, palette, nowMs }: BarsProps) {
  const place = useRef<HTMLCanvasElement>(null)
  useEffect(() => {
    const canvas = place.current
    if (canvas === null) return
    const { context, width, height } = fitCanvas(canvas)
    const most = Math.max(1, ...counts)
    const step = width / Math.max(1, to - from)
    context.fillStyle = colour
    for (let bucket = Math.max(0, from); bucket < to; bucket += 1) {
      const count = counts[bucket] ?? 0
      if (count === 0) continue
      const tall = Math.max(1.5, (count / most) * (height - axisPx - 4))
      context.fillRect((bucket - from) * step, height - axisPx - tall, Math.max(1, step - 1), tall)
    }
    context.fillStyle = palette.line
    context.fillRect(0, height - axisPx, width, 1)
    context.fillStyle = palette.muted
    context.font = '11px system-ui, sans-serif'
    const every = Math.max(1, Math.round((to - from) / Math.max(2, Math.floor(width / 90))))
    for (let bucket = from + 1; bucket < to; bucket += every) {
      if ((bucket - from) * step > width - 50) break
      context.fillText(durationText(bucketStart(Math.max(0, bucket))), (bucket - from) * step, height - 3)
    }
  }, [counts, from, to, colour, palette, nowMs])
  const median = durationText(quantileOf(counts, 0.5))
  return (
    <figure class="chart">
      <figcaption>{name}</figcaption>
      <canvas
        ref={place}
        class="bars"
        role="img"
        aria-label={`${name}: distribution, median ${median}; the table below has the numbers`}
      />
    </figure>
  )
}

function sumOf(counts: Histogram): number {
  return counts.reduce((sum, count) => sum + count, 0)
}
