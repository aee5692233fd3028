import { FakeController, turn } from './fake-controller.ts'

/** What tests of maps call, map over, and map with. */
export const double = (x: number) => x * 2
export const oddFails = (x: number) => {
  if (x % 2 === 1) throw new RangeError(`odd ${x}`)
  return x
}
export const range = (n: number) => Array.from({ length: n }, (_, i) => i)

export async function connected() {
  const controller = new FakeController()
  const client = await controller.connect()
  return { controller, client, view: client.loadBalancedView() }
}

export async function* stream<T>(items: Iterable<T>) {
  for (const item of items) {
    await turn()
    yield item
  }
}
