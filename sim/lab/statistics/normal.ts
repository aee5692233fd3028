import { errorFunction } from 'simple-statistics'

/** With which probability a standard normal number is at least so far from 0, on either side. Right to 7 digits after the point. */
export function normalTails(distance: number): number {
  return Math.max(0, Math.min(1, 1 - errorFunction(distance / Math.SQRT2)))
}
