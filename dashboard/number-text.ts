/** Numbers as people read them. */

const whole = new Intl.NumberFormat('en')
const digits = new Intl.NumberFormat('en', { maximumSignificantDigits: 3 })

export function countText(count: number): string {
  return whole.format(Math.round(count))
}

export function rateText(perSecond: number): string {
  return perSecond >= 100 ? whole.format(Math.round(perSecond)) : digits.format(perSecond)
}

/** `-1`: unknown. */
export function durationText(ms: number): string {
  if (ms < 0) return '–'
  if (ms === 0) return '0 s'
  if (ms < 1) return `${digits.format(ms * 1_000)} µs`
  if (ms < 1_000) return `${digits.format(ms)} ms`
  if (ms < 120_000) return `${digits.format(ms / 1_000)} s`
  if (ms < 7_200_000) return `${digits.format(ms / 60_000)} min`
  return `${digits.format(ms / 3_600_000)} h`
}

export function bytesText(bytes: number): string {
  if (bytes < 1_024) return `${bytes} B`
  if (bytes < 1_024 ** 2) return `${digits.format(bytes / 1_024)} KiB`
  if (bytes < 1_024 ** 3) return `${digits.format(bytes / 1_024 ** 2)} MiB`
  return `${digits.format(bytes / 1_024 ** 3)} GiB`
}

export function shareText(share: number): string {
  return `${digits.format(share * 100)} %`
}

/** The time of day, of so many milliseconds since the epoch. */
export function clockText(at: number): string {
  return new Date(at).toLocaleTimeString('en-GB')
}
