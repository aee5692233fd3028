/** What it costs to make ready a function that was submitted before: it depends on what may have changed since. */
import { performance } from 'node:perf_hooks'
import { shipFunction } from '../views/functions/ship-function.ts'
import { decimals, table } from './table.ts'

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

/** Microseconds a call, the median of the rounds. */
function measure(next: Next, calls: number, rounds: number): number {
  const times: number[] = []
  for (let round = 0; round <= rounds; round += 1) {
    const start = performance.now()
    for (let i = 0; i < calls; i += 1) shipFunction(next())
    // The first one warms up.
    if (round > 0) times.push(((performance.now() - start) * 1_000) / calls)
  }
  return times.sort((a, b) => a - b)[Math.floor(rounds / 2)] as number
}

export function benchFunctions(): void {
  const rows = Object.entries(kinds).map(([name, next]) => [name, decimals(measure(next, 2_000, 7), 1)])
  table(['a function that', 'µs a submission'], rows)
}
