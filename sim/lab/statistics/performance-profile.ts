/**
 * A performance profile: for each solver the share of the problems on which it is within a factor of the best.
 * Source: Dolan, Moré, Benchmarking optimization software with performance profiles, Mathematical Programming 91, 2002.
 *
 * @param problems each with the cost of each solver, from 0 on
 * @returns of each solver its steps, ascending: from `factor` on, `share` of the problems
 */
export function performanceProfile(
  problems: readonly (readonly number[])[],
): readonly (readonly { readonly factor: number; readonly share: number }[])[] {
  const factors = problems.map(factorsOfBest)
  return (problems[0] ?? []).map((_, solver) => {
    const sorted = factors.map((those) => those[solver] as number).sort((a, b) => a - b)
    return sorted.flatMap((factor, i) =>
      factor === sorted[i + 1] || factor === Number.POSITIVE_INFINITY
        ? []
        : [{ factor, share: (i + 1) / sorted.length }],
    )
  })
}

/** How often each cost is the least of them; of costs with 0 among them, 1 for 0 and Infinity else. */
export function factorsOfBest(costs: readonly number[]): readonly number[] {
  const best = Math.min(...costs)
  return costs.map((cost) => (cost === best ? 1 : cost / best))
}
