/** Nodes by number, each behind all that it waits for, else as they are numbered; or a circle, each waiting for the next. */
export type GraphOrder = { readonly order: readonly number[] } | { readonly circle: readonly number[] }

const fresh = 0
const open = 1
const done = 2

/** `waitsFor[n]`: the nodes that node n waits for. Linear in nodes and edges, at any depth. */
export function graphOrder(waitsFor: readonly (readonly number[])[]): GraphOrder {
  const order: number[] = []
  const state = new Uint8Array(waitsFor.length)
  const next = new Uint32Array(waitsFor.length)
  const path: number[] = []
  const enter = (node: number): void => {
    state[node] = open
    path.push(node)
  }
  for (let root = 0; root < waitsFor.length; root += 1) {
    if (state[root] === fresh) enter(root)
    for (let node = path.at(-1); node !== undefined; node = path.at(-1)) {
      const before = waitsFor[node]?.[next[node] as number]
      if (before === undefined) {
        state[node] = done
        order.push(node)
        path.pop()
        continue
      }
      next[node] = (next[node] as number) + 1
      if (state[before] === open) return { circle: path.slice(path.indexOf(before)) }
      if (state[before] === fresh) enter(before)
    }
  }
  return { order }
}
