/** What ranking gives: equal values share the mean of their ranks. */
export interface Ranks {
  /** Of each value, the smallest being 1. */
  readonly ranks: readonly number[]
  /** How many values each group of equal ones has, where that is more than one. */
  readonly ties: readonly number[]
}

export function ranksOf(values: readonly number[]): Ranks {
  const order = values.map((_, i) => i).sort((a, b) => (values[a] as number) - (values[b] as number))
  const ranks = new Array<number>(values.length)
  const ties: number[] = []
  for (let first = 0; first < order.length; ) {
    let next = first + 1
    while (next < order.length && values[order[next] as number] === values[order[first] as number]) next += 1
    for (let i = first; i < next; i += 1) ranks[order[i] as number] = (first + 1 + next) / 2
    if (next - first > 1) ties.push(next - first)
    first = next
  }
  return { ranks, ties }
}

/** Σ (t³ − t) over groups of t equal values: by this much ties lessen variances. */
export function tieCorrection(ties: readonly number[]): number {
  return ties.reduce((sum, t) => sum + t ** 3 - t, 0)
}
