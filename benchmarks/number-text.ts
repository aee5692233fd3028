/** Numbers for people: three digits that count, thousands set apart. */
import type { Estimate } from './statistics.ts'

export function valueText(value: number | null): string {
  if (value === null || !Number.isFinite(value)) return '–'
  if (value === 0) return '0'
  if (Math.abs(value) >= 100 || Number.isInteger(value)) return Math.round(value).toLocaleString('en')
  return value.toLocaleString('en', { maximumSignificantDigits: 3 })
}

/** `0.62 (0.58–0.66)`, or `0.62` of rounds that are too few. */
export function estimateText({ median, interval }: Estimate): string {
  return interval ? `${valueText(median)} (${valueText(interval[0])}–${valueText(interval[1])})` : valueText(median)
}
