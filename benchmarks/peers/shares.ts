/** Longest first, each to the worker that has least: within a few per cent of the best there is. */
export function shares(ms: readonly number[], workers: number): number[][] {
  const parts = Array.from({ length: workers }, () => ({ sum: 0, list: [] as number[] }))
  for (const one of ms.toSorted((a, b) => b - a)) {
    const least = parts.reduce((found, part) => (part.sum < found.sum ? part : found))
    least.sum += one
    least.list.push(one)
  }
  return parts.map(({ list }) => list)
}
