/**
 * With which probability |T| is at most `t`, T having Student's distribution with a whole number of degrees of freedom. Exact.
 * Source: Abramowitz, Stegun, Handbook of Mathematical Functions, 26.7.3 and 26.7.4.
 */
function studentWithin(t: number, freedom: number): number {
  const angle = Math.atan(t / Math.sqrt(freedom))
  const [sine, cosine] = [Math.sin(angle), Math.cos(angle)]
  const isOdd = freedom % 2 === 1
  let term = isOdd ? cosine : 1
  let sum = freedom === 1 ? 0 : term
  for (let power = isOdd ? 3 : 2; power <= freedom - 2; power += 2) {
    term *= (cosine ** 2 * (power - 1)) / power
    sum += term
  }
  return isOdd ? (2 / Math.PI) * (angle + sine * sum) : sine * sum
}

/** The t that |T| does not exceed with probability `confidence`, 0 < confidence < 1: half the width of intervals, in standard errors. */
export function studentCritical(confidence: number, freedom: number): number {
  let [low, high] = [0, 1]
  while (studentWithin(high, freedom) < confidence) [low, high] = [high, 2 * high]
  for (let middle = (low + high) / 2; low < middle && middle < high; middle = (low + high) / 2) {
    if (studentWithin(middle, freedom) < confidence) low = middle
    else high = middle
  }
  return high
}
