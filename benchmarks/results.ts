/** What the client keeps of a map of many items, whole and read as it goes. */
import { Cluster } from 'yardmaster'
import { decimals, table } from './table.ts'

const count = 1_000_000

/** Held while measured: what only a stack reaches may be collected. */
const kept: { value?: unknown } = {}

function heapBytes(): number {
  globalThis.gc?.()
  return process.memoryUsage().heapUsed
}

export async function benchResults(): Promise<void> {
  await using cluster = await Cluster.start({ engines: 2 })
  const client = await cluster.connect()
  const view = client.loadBalancedView()
  const square = (x: number) => x * x
  await view.map(square, Array(10_000).keys())
  const before = heapBytes()
  const whole = view.map(square, Array(count).keys())
  kept.value = whole
  await whole.wait()
  const afterMap = heapBytes()
  kept.value = undefined
  const between = heapBytes()
  let sum = 0
  let most = 0
  for await (const item of view.imap(square, Array(count).keys())) {
    sum += item
    if (item === (count / 2) ** 2) most = heapBytes()
  }
  const mebibytes = (bytes: number) => `${decimals(bytes / 2 ** 20, 1)} MiB`
  table(
    ['a map of a million numbers', 'more heap'],
    [
      ['`map`, held when it has ended', mebibytes(afterMap - before)],
      ['`imap`, half-way', mebibytes(most - between)],
    ],
  )
  if (sum === 0) throw new Error('nothing was computed')
}
