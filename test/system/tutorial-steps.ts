import { expect } from 'vitest'
import type { Client } from 'yardmaster'

/** The tutorial of IPython's task interface, line by line, with four engines. */
export async function followTutorial(client: Client): Promise<void> {
  // In [3]: lview = rc[None]
  const lview = client.loadBalancedView()
  expect(client.ids).toEqual([0, 1, 2, 3])

  // In [63]–[65]: serial_result == parallel_result
  const range = Array.from({ length: 32 }, (_, i) => i)
  const serialResult = range.map((x) => x ** 10)
  const parallelResult = await lview.map((x: number) => x ** 10, range)
  expect(parallelResult).toEqual(serialResult)

  // In [10]–[11]: @lview.parallel()
  const f = lview.parallel((x: number) => 10.0 * x ** 4)
  expect(await f.map(range)).toEqual(range.map((x) => 10.0 * x ** 4))

  // Overview, steps 1 to 4: a client, a function, apply with targets=None, the results.
  const add = (a: number, b: number) => a + b
  const asyncResult = client.apply(add, [1, 2], { targets: null })
  expect(await asyncResult.get()).toBe(3)
  expect(await client.getResult(asyncResult.ids).get()).toEqual([3])
  expect(await client.view(null).apply(add, 20, 22)).toBe(42)
}
