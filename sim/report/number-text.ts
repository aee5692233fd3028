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
