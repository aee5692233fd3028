/**
 * Chances that were found together, adjusted so that with those below α that are kept, the chance to keep even one wrongly is at most α.
 * In the order given.
 * Source: Holm, A simple sequentially rejective multiple test procedure, Scandinavian Journal of Statistics 6, 1979.
 */
export function holm(pValues: readonly number[]): readonly number[] {
  const order = pValues.map((_, i) => i).sort((a, b) => (pValues[a] as number) - (pValues[b] as number))
  const adjusted = new Array<number>(pValues.length)
  let least = 0
  order.forEach((place, i) => {
    least = Math.max(least, Math.min(1, (pValues.length - i) * (pValues[place] as number)))
    adjusted[place] = least
  })
  return adjusted
}
