/** Names those of `suspects` without which a node cannot come to run, supposing that all others end as it asks. */
export type Lacking<Node> = (node: Node, suspects: ReadonlySet<Node>) => readonly Node[]

/** Nodes that wait, each with those that it waits for. */
export type Stuck<Node> = ReadonlyMap<Node, readonly Node[]>

/** Those of `among` that wait for each other, or for such: supposing that all others end as asked, none of them comes to run. */
export function stuckAmong<Node>(among: Iterable<Node>, lacking: Lacking<Node>): Stuck<Node> {
  const suspects = new Set(among)
  for (let left = -1; left !== suspects.size; ) {
    left = suspects.size
    for (const node of suspects) if (lacking(node, suspects).length === 0) suspects.delete(node)
  }
  return new Map([...suspects].map((node) => [node, lacking(node, suspects)]))
}

/** It is one of a circle that nothing outside of the circle can release. */
export function isInCircle<Node>(node: Node, stuck: Stuck<Node>, lacking: Lacking<Node>): boolean {
  const reached = reachable(node, stuck)
  if (!reached.has(node)) return false
  const circle = [...reached].filter((other) => reachable(other, stuck).has(node))
  const within = stuckAmong(circle, lacking)
  return within.has(node) && (within.size === stuck.size || isInCircle(node, within, lacking))
}

/** Those that wait for themselves, by way of whatever others. */
export function inCircles<Node>(waiting: Stuck<Node>): Node[] {
  return [...waiting.keys()].filter((node) => reachable(node, waiting).has(node))
}

function reachable<Node>(from: Node, stuck: Stuck<Node>): Set<Node> {
  const reached = new Set<Node>()
  const next = [...(stuck.get(from) ?? [])]
  for (let node = next.pop(); node !== undefined; node = next.pop()) {
    if (reached.has(node)) continue
    reached.add(node)
    next.push(...(stuck.get(node) ?? []))
  }
  return reached
}
