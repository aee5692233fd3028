import { quantileOf } from '../../cluster/dashboard/feed/histogram.ts'
import type { Run } from '../../cluster/dashboard/feed/run.ts'
import { bytesText, countText, durationText, rateText } from '../number-text.ts'
import { lastRate } from '../rates.ts'

/** The few numbers that tell how it goes. */
export function Figures({ run }: { readonly run: Run }) {
  const { counts, engines, memory, histograms } = run
  const here = engines.filter(({ left }) => !left)
  const busy = here.filter(({ load, direct }) => load + direct > 0).length
  const ended = counts.succeeded + counts.failed + counts.aborted + counts.timedOut + counts.impossible
  const bad = counts.failed + counts.timedOut + counts.impossible
  return (
    <section aria-label="Figures" class="wide">
      <dl class="figures">
        <Figure name="Engines" value={countText(here.length)} more={`${countText(busy)} busy`} id="engines" />
        <Figure name="Waiting" value={countText(counts.waiting)} more="for other tasks" id="waiting" />
        <Figure name="Ready" value={countText(counts.ready)} more="in the queue" id="ready" />
        <Figure
          name="At engines"
          value={countText(counts.assigned + counts.running)}
          more={`${countText(counts.running)} known to run`}
          id="at-engines"
        />
        <Figure name="Ended" value={countText(ended)} more={`of ${countText(run.submitted)} submitted`} id="ended" />
        <Figure
          name="Failed"
          value={countText(bad)}
          more={counts.aborted > 0 ? `and ${countText(counts.aborted)} aborted` : 'by error or timeout'}
          id="failed"
          isBad={bad > 0}
        />
        <Figure name="Throughput" value={rateText(lastRate(run.points))} more="tasks/s" id="throughput" />
        <Figure
          name="Latency"
          value={durationText(quantileOf(histograms.latency, 0.5))}
          more={`95 %: ${durationText(quantileOf(histograms.latency, 0.95))}`}
          id="latency"
        />
        <Figure name="Memory" value={bytesText(memory.resident)} more="controller's process" id="memory" />
      </dl>
    </section>
  )
}

interface FigureProps {
  readonly name: string
  readonly value: string
  readonly more: string
  readonly id: string
  readonly isBad?: boolean
}

function Figure({ name, value, more, id, isBad = false }: FigureProps) {
  return (
    <div class={isBad ? 'figure bad' : 'figure'} data-figure={id}>
      <dt>{name}</dt>
      <dd class="value">{value}</dd>
      <dd class="more">{more}</dd>
    </div>
  )
}
