const plain = new Intl.NumberFormat('en', { maximumSignificantDigits: 4, useGrouping: true })
const large = new Intl.NumberFormat('en', { maximumFractionDigits: 0 })

/** A number for people: four digits, or all before the point. */
export function numberText(value: number | null): string {
  // JSON has no infinity.
  if (value === null || value === Number.POSITIVE_INFINITY) return '∞'
  if (Number.isNaN(value)) return '–'
  const size = Math.abs(value)
  if (size !== 0 && size < 1e-4) return value.toExponential(1)
  return size >= 1_000 ? large.format(value) : plain.format(value)
}

/** A chance, with no more digits than it has. */
export function chanceText(chance: number): string {
  return chance < 0.0001 ? '< 0.0001' : chance.toFixed(4)
}

const compact = new Intl.NumberFormat('en', { notation: 'compact', maximumSignificantDigits: 3 })

/** `2.5k`: for the ticks of an axis. */
export function axisNumber(value: number): string {
  const size = Math.abs(value)
  if (size >= 1_000) return compact.format(value)
  return size !== 0 && size < 1e-3 ? value.toExponential(0) : String(Number(value.toPrecision(6)))
}

/** `4.2 %`; what is next to nothing is said so. */
export function percentText(share: number): string {
  const size = Math.abs(share)
  if (size > 0 && size < 1e-4) return '< 0.01 %'
  return `${size < 10 ? Number((100 * share).toPrecision(3)) : numberText(100 * share)} %`
}

/** `6.27 GB` */
export function bytesText(bytes: number): string {
  const units = ['B', 'kB', 'MB', 'GB', 'TB', 'PB']
  const step = bytes < 1 ? 0 : Math.min(units.length - 1, Math.floor(Math.log10(bytes) / 3))
  return `${Number((bytes / 1_000 ** step).toPrecision(3))} ${units[step]}`
}
