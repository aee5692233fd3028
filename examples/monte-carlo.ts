/**
 * The price of a European call option by simulation, with its confidence interval, beside the formula of Black and Scholes.
 * Run: `npx tsx examples/monte-carlo.ts [paths] [--transport zeromq|websocket]`, after `npm run build`.
 */
import { uniformFloat64 } from 'pure-rand/distribution/uniformFloat64'
import { mersenne } from 'pure-rand/generator/mersenne'
import type { Client } from 'yardmaster'
import { onACluster } from './on-a-cluster.ts'

export interface Option {
  readonly spot: number
  readonly strike: number
  /** A year; without dividends. */
  readonly rate: number
  readonly volatility: number
  readonly years: number
}

export interface Estimate {
  readonly price: number
  /** Half the width of the 99 % confidence interval. */
  readonly margin: number
}

/** Sums over the discounted payoffs of one batch. */
interface Batch {
  readonly paths: number
  readonly sum: number
  readonly sumOfSquares: number
}

export const option: Option = { spot: 100, strike: 105, rate: 0.03, volatility: 0.2, years: 1 }

/** Box and Muller's two normal numbers of two uniform ones; the same for the same seed, wherever it runs. */
function simulateBatch(option: Option, seed: number, paths: number): Batch {
  const { spot, strike, rate, volatility, years } = option
  const random = mersenne(seed)
  const drift = (rate - volatility ** 2 / 2) * years
  const spread = volatility * Math.sqrt(years)
  const discount = Math.exp(-rate * years)
  let [sum, sumOfSquares] = [0, 0]
  for (let path = 0; path < paths; path += 2) {
    const radius = Math.sqrt(-2 * Math.log(1 - uniformFloat64(random)))
    const angle = 2 * Math.PI * uniformFloat64(random)
    for (const normal of [radius * Math.cos(angle), radius * Math.sin(angle)]) {
      const payoff = discount * Math.max(0, spot * Math.exp(drift + spread * normal) - strike)
      sum += payoff
      sumOfSquares += payoff ** 2
    }
  }
  return { paths, sum, sumOfSquares }
}

function combined(batches: readonly Batch[]): Estimate {
  const total = (of: (batch: Batch) => number) => batches.reduce((sum, batch) => sum + of(batch), 0)
  const paths = total((batch) => batch.paths)
  const price = total((batch) => batch.sum) / paths
  const variance = total((batch) => batch.sumOfSquares) / paths - price ** 2
  return { price, margin: 2.5758 * Math.sqrt(variance / paths) }
}

const seeds = (batches: number) => Array.from({ length: batches }, (_, seed) => seed + 1)

/** `batches` tasks of `paths` paths each, an even number. */
export async function simulated(client: Client, option: Option, batches: number, paths: number): Promise<Estimate> {
  const lview = client.loadBalancedView()
  return combined(await lview.map((seed: number) => simulateBatch(option, seed, paths), seeds(batches)))
}

export function simulatedSerially(option: Option, batches: number, paths: number): Estimate {
  return combined(seeds(batches).map((seed) => simulateBatch(option, seed, paths)))
}

export function blackScholes({ spot, strike, rate, volatility, years }: Option): number {
  const spread = volatility * Math.sqrt(years)
  const d1 = (Math.log(spot / strike) + (rate + volatility ** 2 / 2) * years) / spread
  return spot * normalBelow(d1) - strike * Math.exp(-rate * years) * normalBelow(d1 - spread)
}

/** Abramowitz and Stegun, 26.2.17; off by less than 1e-7. */
function normalBelow(x: number): number {
  if (x < 0) return 1 - normalBelow(-x)
  const t = 1 / (1 + 0.2316419 * x)
  const tail = [1.330274429, -1.821255978, 1.781477937, -0.356563782, 0.31938153].reduce((sum, b) => (sum + b) * t, 0)
  return 1 - (Math.exp(-(x ** 2) / 2) / Math.sqrt(2 * Math.PI)) * tail
}

if (process.argv[1] === import.meta.filename) {
  await onACluster(async (client, [paths = '4000000']) => {
    const { price, margin } = await simulated(client, option, 100, 2 * Math.ceil(Number(paths) / 200))
    const exact = blackScholes(option)
    console.log(`simulated ${price.toFixed(4)} ± ${margin.toFixed(4)} (99 %), Black and Scholes ${exact.toFixed(4)}`)
    // Four times the standard error: a fair simulation is off by more once in 15,000 times.
    if (Math.abs(price - exact) > (margin / 2.5758) * 4) process.exitCode = 1
  })
}
