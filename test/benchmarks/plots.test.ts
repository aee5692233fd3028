import { expect, test } from 'vitest'
import { loadDrawing } from '../../benchmarks/draw-plot.ts'
import { plotsOf } from '../../benchmarks/plots.ts'
import type { MeasureReport } from '../../benchmarks/report.ts'
import { madeMeasure, madeReport } from './made-report.ts'

const about = (median: number) => [0.9, 0.95, 0.98, 1, 1.02, 1.05, 1.1].map((factor) => factor * median)

const bySize = madeMeasure(
  'sent, by size',
  [64, 4_096].flatMap((at) => [
    { subject: 'raw', at, samples: about(at) },
    { subject: 'ours', at, reference: 'raw', samples: about(2 * at) },
  ]),
  'size',
)
const alone = madeMeasure('opened', [
  { subject: 'raw', samples: about(1) },
  { subject: 'ours <&>', reference: 'raw', samples: about(2) },
])
const distributed: MeasureReport = {
  ...madeMeasure('round trip', [{ subject: 'ours', samples: about(5) }]),
  cases: madeMeasure('round trip', [{ subject: 'ours', samples: about(5) }]).cases.map((one) => ({
    ...one,
    distribution: [0, 50, 90, 99, 100].map((percent) => ({ percent, us: 1 + percent })),
  })),
}

test('what has a parameter is drawn over it, what has a distribution by its percentiles, the rest as bars', () => {
  const plots = plotsOf(madeReport([bySize, alone, distributed]))
  expect(plots.map(({ name, kind, x, y }) => [name, kind, x.scale, y.scale])).toEqual([
    ['made-sent-by-size-time', 'lines', 'logarithmic', 'logarithmic'],
    ['made-opened-time', 'bars', 'names', 'linear'],
    ['made-round-trip-distribution', 'lines', 'percentile', 'logarithmic'],
  ])
  const [curves] = plots
  expect(curves?.series.map(({ name, family, isReference }) => [name, family, isReference])).toEqual([
    ['raw', 'ours', true],
    ['ours', 'ours', false],
  ])
  expect(curves?.series[1]?.points.map(({ x, y }) => [x, y])).toEqual([
    [64, 128],
    [4_096, 8_192],
  ])
})

test('a size of nothing stands left of all others, which are on a logarithmic scale', async () => {
  const sizes = madeMeasure(
    'there and back',
    [0, 1_000, 64_000_000].map((at) => ({ subject: 'ours', at, samples: about(1 + at) })),
    'size',
  )
  const [plot] = plotsOf(madeReport([sizes]))
  expect(plot?.x.scale).toBe('logarithmic from zero')
  const svg = (await loadDrawing())(plot as NonNullable<typeof plot>)
  const labels = [...svg.matchAll(/<text[^>]*>([^<]*)<\/text>/g)].map(([, text]) => text)
  const fromZero = labels.slice(labels.indexOf('0'))
  expect(fromZero.slice(0, 7)).toEqual(['0', '1K', '10K', '100K', '1M', '10M', '100M'])
})

test('each plot becomes an SVG with its title, its names and a line or bar for each series', async () => {
  const draw = await loadDrawing()
  for (const plot of plotsOf(madeReport([bySize, alone, distributed]))) {
    const svg = draw(plot)
    expect(svg).toMatch(/^<svg [^>]*xmlns="http:\/\/www.w3.org\/2000\/svg".*<\/svg>\s*$/s)
    expect(svg).toContain(`>${plot.title}<`)
    expect(svg).not.toContain('NaN')
    for (const { name } of plot.series) expect(svg).toContain(`>${name.replace('<&>', '&lt;&amp;&gt;')}<`)
    // The first family's colour, in a line or a bar.
    expect(svg.toLowerCase()).toContain('#0072b2')
  }
})
