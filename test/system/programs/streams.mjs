/** @param {number} n */
export async function* squares(n) {
  for (let i = 0; i < n; i += 1) yield i * i
}
