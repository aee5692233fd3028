import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { faultKinds, simulate } from 'yardmaster/testing'

// From here on docs/SIMULATION.md shows it.

test('every order is billed, whatever fails', async () => {
  await simulate({ seed: 7, engines: 3, faultsMs: 30_000 }, async ({ cluster, note }) => {
    const client = await cluster.connect(cluster.program)
    const orders = Array.from({ length: 40 }, (_, order) => order)
    const bill = async (order: number) => {
      await new Promise((resolve) => setTimeout(resolve, 1_000 * (order % 5)))
      return order * 100
    }
    const bills = await client.loadBalancedView().map(bill, orders)
    note(`${bills.length} orders are billed`)
    expect(bills).toEqual(orders.map((order) => order * 100))
  })
})

// Up to here.

test('the guide shows this example, and names every fault', () => {
  const [guide, example] = ['../../docs/SIMULATION.md', 'simulation-example.test.ts'].map((path) =>
    readFileSync(new URL(path, import.meta.url), 'utf8'),
  ) as [string, string]
  expect(guide).toContain(example.slice(example.indexOf("test('every"), example.indexOf('// Up to here.')).trim())
  for (const kind of faultKinds) expect(guide).toContain(`\`${kind}\``)
})
