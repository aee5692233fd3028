const batchSize = 5

/**
 * How many values at the beginning to leave out, because the system began empty: MSER-5. Of the means of batches of 5 values that many
 * are left out with which the standard error of the mean of the rest is least; at most half of them, and what is left over at the
 * end counts for nothing. Where the least lies at that half, or beyond, the run is too short to tell: undefined.
 * Source: White, Cobb, Spratt, A Comparison of Five Steady-State Truncation Heuristics for Simulation, Winter Simulation Conference, 2000.
 */
export function warmUpLength(values: ArrayLike<number>): number | undefined {
  const batches = Math.floor(values.length / batchSize)
  let [sum, squares, least, found] = [0, 0, Number.POSITIVE_INFINITY, 0]
  // Deviations from a value nearby, or squares of large numbers would swallow them.
  const origin = values[values.length - 1] ?? 0
  for (let batch = batches - 1; batch >= 0; batch -= 1) {
    let mean = -origin
    for (let i = 0; i < batchSize; i += 1) mean += (values[batch * batchSize + i] as number) / batchSize
    sum += mean
    squares += mean ** 2
    const kept = batches - batch
    const statistic = (squares - sum ** 2 / kept) / kept ** 2
    // The last few are alike by chance.
    if (kept >= batchSize && statistic <= least) [least, found] = [statistic, batch]
  }
  return found <= batches / 2 ? found * batchSize : undefined
}
