import type { Analysis } from '../lab/compare/analyse.ts'
import { type Chart, chartSize, lineOption } from './chart.ts'

/** Dolan and Moré's performance profile. */
export function profileChart(id: string, { strategies, profile, blocks }: Analysis): Chart {
  const last = Math.max(...profile.flat().map(({ factor }) => factor), 1)
  const end = last === 1 ? 1.1 : last * 1.02
  const isLogarithmic = end > 8
  return {
    id,
    title: 'Performance profile',
    description: `For each strategy the share of the ${blocks} blocks, upwards, in which it is at most so many times as bad as the best strategy there. At 1, on the left, stands how often it is itself the best; the higher a line, the better.`,
    size: chartSize,
    option: lineOption({
      x: { name: 'times the best', isLogarithmic, min: 1, max: end, isTight: true },
      y: { name: 'share of the blocks', isPercent: true, min: 0, max: 1 },
      isStepped: true,
      lines: strategies.map((name, s) => {
        const steps = (profile[s] ?? []).map(({ factor, share }) => [factor, share] as const)
        const start = steps[0]?.[0] === 1 ? [] : [[1, 0] as const]
        return { name, points: [...start, ...steps, [end, steps.at(-1)?.[1] ?? 0] as const] }
      }),
    }),
  }
}
