/** What it costs to make ready a function that was submitted before: it depends on what may have changed since. */
import { shipFunction } from '../../views/functions/ship-function.ts'
import type { Case, Suite } from '../suite.ts'

type Next = () => (x: number) => unknown

const factor = 2
const data = { list: [1, 2, 3], name: 'small' }
let level = 1
level += 1
let count = 0
const nothing = (x: number) => x + 1
const constant = (x: number) => x * factor
const small = (x: number) => data.list[x]
const variable = (x: number) => x + level
const counting = (x: number) => x + count

const kinds: Record<string, Next> = {
  'captures nothing': () => nothing,
  'captures nothing, written inline in a loop': () => (x) => x + 1,
  'captures a constant': () => constant,
  'captures small data': () => small,
  'captures a `let`': () => variable,
  'captures a `let` that changes each time': () => {
    count += 1
    return counting
  },
}

/** Microseconds a call. */
function cost(next: Next, calls: number): number {
  const start = performance.now()
  for (let i = 0; i < calls; i += 1) shipFunction(next())
  return ((performance.now() - start) * 1_000) / calls
}

export const functions: Suite = {
  async open({ size }) {
    const calls = { least: 10, quick: 200, full: 2_000 }[size]
    const cases = Object.entries(kinds).map(
      ([subject, next]): Case => ({ subject, take: () => ({ cost: cost(next, calls) }) }),
    )
    const figures = { cost: { unit: 'µs', better: 'lower' } } as const
    return { measures: [{ name: 'submitting a function again', figures, cases }], close: async () => {} }
  },
}
