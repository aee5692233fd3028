import type { Analysis, ScenarioAnalysis } from '../lab/compare/analyse.ts'
import { measureOf } from '../lab/compare/measures.ts'
import { type Chart, chartSize, lineOption, spansMagnitudes, timeUnit } from './chart.ts'

/** The measure against the load, with intervals: a chart for each workload that was run at several loads. */
export function loadCharts(id: string, { strategies, scenarios, measure, confidence }: Analysis): Chart[] {
  const groups = new Map<string, ScenarioAnalysis[]>()
  for (const one of scenarios) {
    const { workload, engines, network, load } = one.scenario
    if (load === undefined) continue
    const key = `${workload}, ${engines} engines, ${network}`
    groups.set(key, [...(groups.get(key) ?? []), one])
  }
  const { says, unit } = measureOf(measure)
  return [...groups]
    .filter(([, those]) => those.length > 1)
    .map(([place, those], number) => {
      const sorted = those.toSorted((a, b) => (a.scenario.load ?? 0) - (b.scenario.load ?? 0))
      const means = sorted.flatMap((one) => one.means.map(({ mean }) => mean))
      const time = timeUnit(Math.max(...means))
      const [divisor, unitName] = unit === 'ms' ? [time.ms, time.name] : [1, unit]
      const isLogarithmic = spansMagnitudes(means)
      return {
        id: `${id}-${number}`,
        title: `Load and ${says}: ${place}`,
        description: `The ${says} of each strategy, upwards, at each load, with the interval that holds the true mean with a confidence of ${100 * confidence} %.${isLogarithmic ? ' The upward axis is logarithmic, and has no place for 0.' : ''}`,
        size: chartSize,
        option: lineOption({
          x: { name: 'load: what arrives, as a part of what the engines can do', min: 0 },
          y: { name: unitName === '' ? says : `${says}, ${unitName}`, isLogarithmic },
          hasMarks: true,
          lines: strategies.map((name, s) => {
            const points = sorted.flatMap(({ scenario, means }) => {
              const { mean = 0, halfWidth } = means[s] ?? {}
              // A logarithmic axis has no place for what is not positive.
              if (isLogarithmic && mean <= 0) return []
              const low = isLogarithmic ? Math.max(mean - (halfWidth ?? 0), mean / 10) : mean - (halfWidth ?? 0)
              const interval = [low / divisor, (mean + (halfWidth ?? 0)) / divisor] as const
              const point = [scenario.load as number, mean / divisor] as const
              return [{ point, interval: halfWidth === undefined ? undefined : interval }]
            })
            return {
              name,
              points: points.map(({ point }) => point),
              intervals: points.map(({ interval }) => interval),
            }
          }),
        }),
      }
    })
}
