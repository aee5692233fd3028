import TinyQueue from 'tinyqueue'

/** One direction of an engine's connection, and the flows through it. */
export interface Link {
  readonly capacity: number
  readonly flows: Flow[]
  /** What is left of the capacity, and for how many flows, while shares are worked out. */
  left: number
  open: number
  /** Its share when it was last looked at; it never falls. */
  share: number
  /** Place among equals: uplinks before downlinks, lower engines before higher. */
  readonly order: number
}

export interface Flow {
  readonly uplink: Link
  readonly downlink: Link
  /** What it gets; negative while that is not known. */
  rate: number
}

/**
 * Max-min fair rates by progressive filling: of all links, the one with the least capacity for each of its flows gives each
 * that much; what they take at their other ends is taken off there; and so on with what is left. `flows` must be all flows of `links`,
 * and `links` all links of `flows`. O((flows + links) log links).
 * Source: Bertsekas, Gallager, Data Networks, 1992, section 6.5.2.
 */
export function shareFairly(links: readonly Link[], flows: readonly Flow[]): void {
  for (const flow of flows) flow.rate = -1
  for (const link of links) {
    link.left = link.capacity
    link.open = link.flows.length
    link.share = link.capacity / link.open
  }
  const queue = new TinyQueue([...links], (a, b) => a.share - b.share || a.order - b.order)
  for (let link = queue.pop(); link !== undefined; link = queue.pop()) {
    if (link.open === 0) continue
    const share = Math.max(0, link.left / link.open)
    if (share > link.share) {
      // Flows that were fixed elsewhere left more for the others. Shares never fall, so none before it was passed over.
      link.share = share
      queue.push(link)
      continue
    }
    for (const flow of link.flows) if (flow.rate < 0) fix(flow, link.share)
  }
}

function fix(flow: Flow, rate: number): void {
  flow.rate = rate
  for (const link of [flow.uplink, flow.downlink]) {
    link.left -= rate
    link.open -= 1
  }
}
