export const triple = (x) => 3 * x
export default (x) => x + 1
