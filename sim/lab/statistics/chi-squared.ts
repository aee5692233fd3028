import { normalTails } from './normal.ts'

/**
 * With which probability the sum of the squares of so many standard normal numbers, a whole number of them, is above x.
 * Source: Abramowitz, Stegun, Handbook of Mathematical Functions, 26.4.4 and 26.4.5.
 */
export function chiSquaredTail(x: number, freedom: number): number {
  const isOdd = freedom % 2 === 1
  let term = isOdd ? Math.sqrt((2 * x) / Math.PI) * Math.exp(-x / 2) : Math.exp(-x / 2)
  let sum = isOdd ? normalTails(Math.sqrt(x)) : 0
  for (let r = isOdd ? 3 : 2; r <= freedom; r += 2) {
    sum += term
    term *= x / r
  }
  return sum
}
