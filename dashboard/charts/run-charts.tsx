import { useMemo, useState } from 'preact/hooks'
import type { Point, Run } from '../../cluster/dashboard/feed/run.ts'
import { labelColour } from '../label-colours.ts'
import { bytesText, countText, durationText, rateText } from '../number-text.ts'
import { ratesOf } from '../rates.ts'
import type { Palette } from '../theme.ts'
import { TimeChart } from './time-chart.tsx'

const spans = [
  { ms: Number.POSITIVE_INFINITY, name: 'whole run' },
  { ms: 300_000, name: 'last 5 minutes' },
  { ms: 60_000, name: 'last minute' },
] as const

const known = (ms: number) => (ms < 0 ? null : ms)

/** How the run went over time. */
export function RunCharts({ run, palette }: { readonly run: Run; readonly palette: Palette }) {
  const [span, setSpan] = useState(0)
  const { startedAt } = run
  const points = useMemo(() => {
    const from = (run.points.at(-1)?.at ?? 0) - (spans[span]?.ms ?? 0)
    return run.points.filter(({ at }) => at >= from)
  }, [run.points, span])
  const colour = (i: number) => labelColour(i, palette.isDark)
  const charts = useMemo(() => {
    const column = (value: (point: Point) => number | null) => points.map(value)
    return {
      at: points.map(({ at }) => startedAt + at),
      rates: [
        { name: 'ended', values: ratesOf(points), colour: colour(0), isFilled: true },
        { name: 'failed', values: ratesOf(points, ({ failed }) => failed), colour: palette.bad },
      ],
      queue: [
        { name: 'waiting', values: column(({ waiting }) => waiting), colour: colour(2) },
        { name: 'ready', values: column(({ ready }) => ready), colour: colour(3), isFilled: true },
        { name: 'at engines', values: column(({ assigned, running }) => assigned + running), colour: colour(1) },
      ],
      latency: [
        { name: 'latency, 95 %', values: column(({ latencyMs }) => known(latencyMs[1])), colour: colour(0) },
        { name: 'latency, median', values: column(({ latencyMs }) => known(latencyMs[0])), colour: colour(4) },
        { name: 'wait, 95 %', values: column(({ waitMs }) => known(waitMs[1])), colour: colour(5) },
        { name: 'wait, median', values: column(({ waitMs }) => known(waitMs[0])), colour: colour(3) },
      ],
      memory: [
        { name: 'process', values: column(({ memory }) => memory.resident), colour: colour(0) },
        { name: 'heap', values: column(({ memory }) => memory.heap), colour: colour(1), isFilled: true },
        { name: 'live tasks', values: column(({ memory }) => memory.queued), colour: colour(3) },
        { name: 'kept results', values: column(({ memory }) => memory.kept), colour: colour(2) },
      ],
    }
  }, [points, startedAt, palette])
  const common = { at: charts.at, palette }
  return (
    <section class="panel wide" aria-labelledby="over-time">
      <div class="panel-head">
        <h2 id="over-time">Over time</h2>
        <label class="buttons">
          <span class="hidden">Time that is shown</span>
          <select value={span} onChange={(event) => setSpan(Number(event.currentTarget.value))}>
            {spans.map(({ name }, i) => (
              <option key={name} value={i}>
                {name}
              </option>
            ))}
          </select>
        </label>
      </div>
      <div class="charts">
        <TimeChart title="Tasks a second" lines={charts.rates} text={rateText} {...common} />
        <TimeChart title="Tasks by state" lines={charts.queue} text={countText} {...common} />
        <TimeChart title="Latency and wait" lines={charts.latency} text={durationText} {...common} />
        <TimeChart title="Memory of the controller" lines={charts.memory} text={bytesText} isBinary {...common} />
      </div>
    </section>
  )
}
