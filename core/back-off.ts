import type { Random } from './random.ts'

const firstMs = 50
const longestMs = 2_000

/** How long to wait before try number `failures` (from 1): doubling, with half of it random so that peers spread out. */
export function backOffMs(failures: number, random: Random): number {
  const ceiling = Math.min(longestMs, firstMs * 2 ** Math.min(failures - 1, 16))
  return ceiling / 2 + (ceiling / 2) * random.unit()
}
