import { type Flow, type Link, shareFairly } from './fair-shares.ts'
import { IndexedHeap } from './indexed-heap.ts'
import type { Network, Transfer } from './network.ts'

/**
 * A transfer is over when no more than this is left (2·10⁻⁶ MiB), so that ends which differ by rounding only fall together. The
 * same as Estee's.
 */
const restBytesMax = 2.097152

/** What flows from one engine to another. Its transfers share its rate evenly. */
interface Pair extends Flow {
  readonly key: number
  readonly transfers: Running[]
  /** When what is left of its transfers was last worked out, and the rate of each since then, in bytes a second. */
  updatedMs: number
  each: number
  /** When the first of its transfers ends, at this rate. */
  endMs: number
  /** The same, less what rounding may do: pairs are in order of this. */
  urgencyMs: number
  place: number
  /** In which round of sharing it was last met. */
  round: number
  isChanged: boolean
}

interface Running {
  readonly transfer: Transfer
  readonly order: number
  leftBytes: number
}

/**
 * Every engine has an uplink and a downlink, of equal bandwidth, and nothing else limits. The pairs of engines between which anything
 * is under way share them max-min fairly; a pair's transfers share what it gets evenly. When a pair comes or goes, only those are
 * worked out anew that share a link with it, directly or through others: the rates of all others are what they were.
 */
export class MaxMinNetwork implements Network {
  readonly #uplinks: Link[] = []
  readonly #downlinks: Link[] = []
  readonly #pairs = new Map<number, Pair>()
  readonly #byEnd = new IndexedHeap<Pair>((a, b) => a.urgencyMs < b.urgencyMs)
  /** Links that a pair has come to, or left, since the last sharing; pairs whose transfers have changed. */
  #links: Link[] = []
  #changed: Pair[] = []
  #round = 0
  #order = 0

  constructor(bytesPerSecond: number, engines: number) {
    const link = (order: number): Link => ({ capacity: bytesPerSecond, flows: [], left: 0, open: 0, share: 0, order })
    for (let engine = 0; engine < engines; engine += 1) {
      this.#uplinks.push(link(engine))
      this.#downlinks.push(link(engines + engine))
    }
  }

  get nextEndMs(): number {
    return this.#byEnd.first?.endMs ?? Number.POSITIVE_INFINITY
  }

  /** Bytes a second from one engine to another; 0 where nothing is under way. Valid after `settle`. */
  rate(source: number, target: number): number {
    return this.#pairs.get(this.#keyOf(source, target))?.rate ?? 0
  }

  start(transfer: Transfer, nowMs: number): void {
    const { source, target, bytes } = transfer
    const key = this.#keyOf(source, target)
    let pair = this.#pairs.get(key)
    if (pair === undefined) {
      const uplink = this.#uplinks[source] as Link
      const downlink = this.#downlinks[target] as Link
      pair = newPair(key, uplink, downlink, nowMs)
      this.#pairs.set(key, pair)
      uplink.flows.push(pair)
      downlink.flows.push(pair)
      this.#links.push(uplink, downlink)
    }
    progress(pair, nowMs)
    pair.transfers.push({ transfer, order: this.#order, leftBytes: bytes })
    this.#order += 1
    this.#change(pair)
  }

  take(nowMs: number): readonly Transfer[] {
    const ended: Running[] = []
    for (let pair = this.#byEnd.first; pair !== undefined && pair.urgencyMs <= nowMs; pair = this.#byEnd.first) {
      progress(pair, nowMs)
      const left: Running[] = []
      for (const running of pair.transfers) {
        if (restEndsMs(running.leftBytes, pair.each, nowMs) <= nowMs) ended.push(running)
        else left.push(running)
      }
      if (left.length === pair.transfers.length) {
        estimate(pair, nowMs)
        this.#byEnd.changed(pair)
        continue
      }
      pair.transfers.splice(0, pair.transfers.length, ...left)
      this.#byEnd.remove(pair)
      if (left.length === 0) this.#end(pair)
      else this.#change(pair)
    }
    return ended.sort((a, b) => a.order - b.order).map(({ transfer }) => transfer)
  }

  settle(nowMs: number): void {
    if (this.#links.length > 0) this.#share(nowMs)
    for (const pair of this.#changed) {
      if (pair.isChanged && pair.transfers.length > 0) this.#update(pair, nowMs)
      pair.isChanged = false
    }
    this.#changed = []
  }

  /** Rates anew for all that the changed links can reach. */
  #share(nowMs: number): void {
    this.#round += 1
    const links = new Set(this.#links)
    const pairs: Pair[] = []
    const before: number[] = []
    for (const link of links) {
      for (const flow of link.flows) {
        const pair = flow as Pair
        if (pair.round === this.#round) continue
        pair.round = this.#round
        pairs.push(pair)
        before.push(pair.rate)
        links.add(pair.uplink).add(pair.downlink)
      }
    }
    shareFairly([...links], pairs)
    pairs.forEach((pair, i) => {
      if (pair.rate !== before[i]) this.#update(pair, nowMs)
    })
    this.#links = []
  }

  /** Its rate or its transfers have changed. */
  #update(pair: Pair, nowMs: number): void {
    progress(pair, nowMs)
    pair.each = pair.rate / pair.transfers.length
    pair.isChanged = false
    estimate(pair, nowMs)
    if (pair.place < 0) this.#byEnd.add(pair)
    else this.#byEnd.changed(pair)
  }

  #change(pair: Pair): void {
    if (pair.isChanged) return
    pair.isChanged = true
    this.#changed.push(pair)
  }

  #end(pair: Pair): void {
    this.#pairs.delete(pair.key)
    for (const link of [pair.uplink, pair.downlink]) {
      link.flows.splice(link.flows.indexOf(pair), 1)
      this.#links.push(link)
    }
  }

  #keyOf(source: number, target: number): number {
    return source * this.#uplinks.length + target
  }
}

function newPair(key: number, uplink: Link, downlink: Link, nowMs: number): Pair {
  return {
    key,
    uplink,
    downlink,
    rate: 0,
    transfers: [],
    updatedMs: nowMs,
    each: 0,
    endMs: Number.POSITIVE_INFINITY,
    urgencyMs: Number.POSITIVE_INFINITY,
    place: -1,
    round: 0,
    isChanged: false,
  }
}

/** What is left of each of its transfers by now. */
function progress(pair: Pair, nowMs: number): void {
  if (nowMs === pair.updatedMs) return
  const bytes = ((nowMs - pair.updatedMs) / 1_000) * pair.each
  for (const running of pair.transfers) running.leftBytes -= bytes
  pair.updatedMs = nowMs
}

function estimate(pair: Pair, nowMs: number): void {
  let leastBytes = Number.POSITIVE_INFINITY
  for (const { leftBytes } of pair.transfers) if (leftBytes < leastBytes) leastBytes = leftBytes
  pair.endMs = nowMs + (Math.max(0, leastBytes) / pair.each) * 1_000
  pair.urgencyMs = restEndsMs(leastBytes, pair.each, nowMs)
}

/** From when on so little is left that it is over; also where what is left takes no time that a number can tell. */
function restEndsMs(leftBytes: number, bytesPerSecond: number, nowMs: number): number {
  return nowMs + (Math.max(0, leftBytes - restBytesMax) / bytesPerSecond) * 1_000
}
