/** Of figures that were taken in rounds: the middle one, and how far those around it lie. */
export interface Spread {
  readonly median: number
  /** The first and the third quartile: half of the rounds lie between them. */
  readonly middle: readonly [number, number]
}

/** The value below which this share of the sorted values lies. */
export function quantile(sorted: readonly number[], share: number): number {
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] as number
}

export function spreadOf(values: readonly number[]): Spread {
  const sorted = [...values].sort((a, b) => a - b)
  return { median: quantile(sorted, 0.5), middle: [quantile(sorted, 0.25), quantile(sorted, 0.75)] }
}

/** What was measured against what it is compared with, round by round: a busy moment of the machine falls on both. */
export function ratioSpread(values: readonly number[], base: readonly number[]): Spread {
  return spreadOf(values.map((value, round) => value / (base[round] as number)))
}

/** `0.62 (0.58–0.66)` */
export function spreadText({ median, middle: [low, high] }: Spread, digits = 2): string {
  return `${median.toFixed(digits)} (${low.toFixed(digits)}–${high.toFixed(digits)})`
}

/** Calls `round` until the time is up: at least 3 times, at most `most`. Resolves with how many there were. */
export async function inRounds(
  most: number,
  seconds: number,
  round: (index: number) => Promise<void>,
): Promise<number> {
  const until = performance.now() + seconds * 1000
  let index = 0
  for (; index < most && (index < 3 || performance.now() < until); index += 1) await round(index)
  return index
}

/** The list, begun at another place in each round: what follows what must not be the same each time. */
export function rotated<T>(list: readonly T[], round: number): T[] {
  const at = round % list.length
  return [...list.slice(at), ...list.slice(0, at)]
}
