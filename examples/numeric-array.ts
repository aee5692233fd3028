/**
 * A long array, standardized in parts: scattered over the engines, worked on where it lies, and gathered again.
 * Run: `npx tsx examples/numeric-array.ts [length] [--transport zeromq|websocket]`, after `npm run build`.
 */
import type { Client } from 'yardmaster'
import { currentTask } from 'yardmaster/engine'
import { onACluster } from './on-a-cluster.ts'

export interface Standardized {
  readonly mean: number
  readonly deviation: number
  /** `(value - mean) / deviation`, for each value. */
  readonly scores: Float64Array
}

/** Values that look random, the same at each call. */
export function waves(length: number): Float64Array {
  return Float64Array.from({ length }, (_, i) => Math.sin(i) * 100 + (i % 17))
}

const sumOf = (values: Float64Array) => values.reduce((sum, value) => sum + value, 0)
const squaresOf = (values: Float64Array, mean: number) => values.reduce((sum, value) => sum + (value - mean) ** 2, 0)
const scoresOf = (values: Float64Array, mean: number, deviation: number) =>
  values.map((value) => (value - mean) / deviation)

export function standardizedSerially(values: Float64Array): Standardized {
  const mean = sumOf(values) / values.length
  const deviation = Math.sqrt(squaresOf(values, mean) / values.length)
  return { mean, deviation, scores: scoresOf(values, mean, deviation) }
}

/** The part of the array that lies on this engine. */
const here = () => currentTask().namespace.values as Float64Array
const total = (parts: readonly number[]) => parts.reduce((sum, part) => sum + part, 0)

export async function standardized(client: Client, values: Float64Array): Promise<Standardized> {
  const view = client.directView(client.ids)
  await view.scatter('values', values)
  const mean = total(await view.apply(() => sumOf(here()))) / values.length
  const squares = await view.apply((mean: number) => squaresOf(here(), mean), mean)
  const deviation = Math.sqrt(total(squares) / values.length)
  // These two are only submitted: each engine takes its calls in their order.
  view.push({ mean, deviation })
  // The names of the block are its own, and quick; those of the namespace are looked up each time.
  view.execute('{ const [m, d] = [mean, deviation]; scores = values.map((value) => (value - m) / d) }')
  return { mean, deviation, scores: await view.gather<Float64Array>('scores') }
}

/** The largest difference between two runs, relative to the size of the numbers: sums in parts are rounded otherwise. */
export function difference(a: Standardized, b: Standardized): number {
  const relative = (x: number, y: number) => Math.abs(x - y) / Math.max(1, Math.abs(y))
  let largest = Math.max(relative(a.mean, b.mean), relative(a.deviation, b.deviation))
  a.scores.forEach((score, i) => {
    largest = Math.max(largest, relative(score, b.scores[i] ?? Number.NaN))
  })
  return largest
}

if (process.argv[1] === import.meta.filename) {
  await onACluster(async (client, given) => {
    const values = waves(Number(given[0] ?? 1_000_000))
    const startedAt = performance.now()
    const result = await standardized(client, values)
    const ms = Math.round(performance.now() - startedAt)
    const off = difference(result, standardizedSerially(values))
    console.log(`${values.length} values on engines ${client.ids.join(', ')} in ${ms} ms`)
    console.log(
      `mean ${result.mean.toFixed(6)}, deviation ${result.deviation.toFixed(6)}; off by ${off.toExponential(1)}`,
    )
    if (!(off < 1e-9)) process.exitCode = 1
  })
}
