import type { ComparedRun } from '../lab/compare/comparison.ts'
import { quantileShares } from '../lab/compare/run-result.ts'
import { type Chart, chartSize, lineOption, spansMagnitudes, timeUnit } from './chart.ts'

const columns = {
  response: { title: 'Response times', of: (run: ComparedRun) => run.responseQuantilesMs },
  wait: { title: 'Waits', of: (run: ComparedRun) => run.waitQuantilesMs },
}

/** Which share of the tasks took at most how long: each quantile is the mean of those of the repetitions. Undefined where no task waits. */
export function distributionChart(
  id: string,
  column: keyof typeof columns,
  strategies: readonly string[],
  runs: readonly ComparedRun[],
): Chart | undefined {
  const { title, of } = columns[column]
  const curves = strategies.map((name) => {
    const own = runs.filter(({ strategy }) => strategy === name).map(of)
    return quantileShares.map((_, i) => own.reduce((sum, quantiles) => sum + (quantiles[i] as number), 0) / own.length)
  })
  const all = curves.flat()
  const most = Math.max(...all)
  if (!(most > 0)) return undefined
  const unit = timeUnit(most)
  // Below a thousandth of the longest the axis would show mostly what does not count.
  const isLogarithmic = spansMagnitudes(all)
  const least = isLogarithmic ? most / 10_000 : Number.NEGATIVE_INFINITY
  return {
    id,
    title,
    description: `Cumulative distribution: the share of the tasks, upwards, whose ${column} was at most so long. The further left and up a line, the better.${isLogarithmic ? ' The axis is logarithmic, and shorter ones lie left of it.' : ''}`,
    size: chartSize,
    option: lineOption({
      x: { name: `${column}, ${unit.name}`, isLogarithmic },
      y: { name: 'share of the tasks', isPercent: true, min: 0, max: 1 },
      lines: strategies.map((name, s) => ({ name, points: pointsOf(curves[s] ?? [], least, unit.ms) })),
    }),
  }
}

/** What is below `least` counts at its place: there the line begins. */
function pointsOf(curve: readonly number[], least: number, unitMs: number): (readonly [number, number])[] {
  const below = curve.findLastIndex((ms) => ms < least)
  const start = below === -1 ? [] : [[least / unitMs, quantileShares[below] as number] as const]
  const shown = curve.slice(below + 1).map((ms, i) => [ms / unitMs, quantileShares[below + 1 + i] as number] as const)
  return [...start, ...shown]
}
