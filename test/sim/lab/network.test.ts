import fc from 'fast-check'
import { expect, test } from 'vitest'
import { MaxMinNetwork } from '../../../sim/lab/maxmin-network.ts'
import { createNetwork, downloadLimits, type Transfer } from '../../../sim/lab/network.ts'

const engineCount = 6
const bandwidth = 1_000

interface Flow {
  readonly source: number
  readonly target: number
}

/**
 * The rates of pairs by the definition: all grow alike until a link is full, whose flows then stop. No code is shared, and no
 * order of links plays a part.
 */
function ratesByDefinition(flows: readonly Flow[]): number[] {
  const rates = flows.map(() => 0)
  const growing = new Set(flows.keys())
  const links = Array.from({ length: engineCount }).flatMap((_, engine) => [
    flows.flatMap((flow, i) => (flow.source === engine ? [i] : [])),
    flows.flatMap((flow, i) => (flow.target === engine ? [i] : [])),
  ])
  while (growing.size > 0) {
    const room = links.map((link) => {
      const count = link.filter((i) => growing.has(i)).length
      const used = link.reduce((sum, i) => sum + (rates[i] as number), 0)
      return count > 0 ? (bandwidth - used) / count : Number.POSITIVE_INFINITY
    })
    const step = Math.min(...room)
    for (const i of growing) rates[i] = (rates[i] as number) + step
    links.forEach((link, l) => {
      if ((room[l] as number) <= step + 1e-9) for (const i of link) growing.delete(i)
    })
  }
  return rates
}

const flow = fc
  .record({
    source: fc.nat(engineCount - 1),
    target: fc.nat(engineCount - 1),
    bytes: fc.integer({ min: 1, max: 9_000 }),
  })
  .filter(({ source, target }) => source !== target)

const transferOf = ({ source, target, bytes }: Flow & { bytes: number }): Transfer => ({
  object: 0,
  source,
  target,
  bytes,
})

const keyOf = ({ source, target }: Flow) => source * engineCount + target

function pairsOf(transfers: readonly Flow[]): Flow[] {
  return [...new Map(transfers.map((one) => [keyOf(one), one])).values()]
}

test('max-min: after whatever comes and goes, each rate is as if worked out from nothing', () => {
  const change = fc.record({ starting: fc.array(flow, { maxLength: 4 }), waitMs: fc.integer({ min: 0, max: 4_000 }) })
  fc.assert(
    fc.property(fc.array(change, { minLength: 1, maxLength: 20 }), (changes) => {
      const network = new MaxMinNetwork(bandwidth, engineCount)
      let running: Transfer[] = []
      let nowMs = 0
      for (const { starting, waitMs } of changes) {
        const untilMs = nowMs + waitMs
        while (network.nextEndMs <= untilMs) {
          nowMs = network.nextEndMs
          const ended = network.take(nowMs)
          running = running.filter((one) => !ended.includes(one))
          network.settle(nowMs)
        }
        nowMs = untilMs
        for (const one of starting.map(transferOf)) {
          running.push(one)
          network.start(one, nowMs)
        }
        network.settle(nowMs)
        const pairs = pairsOf(running)
        const expected = ratesByDefinition(pairs)
        pairs.forEach(({ source, target }, i) => {
          expect(network.rate(source, target)).toBeCloseTo(expected[i] as number, 6)
        })
      }
    }),
    { numRuns: 200 },
  )
})

test('max-min: transfers between two engines share evenly, and what ends leaves its part to the other', () => {
  const network = new MaxMinNetwork(1_000, 2)
  const small = transferOf({ source: 0, target: 1, bytes: 1_000 })
  const large = transferOf({ source: 0, target: 1, bytes: 2_000 })
  network.start(large, 0)
  network.start(small, 0)
  network.settle(0)
  expect(network.nextEndMs).toBe(2_000)
  expect(network.take(2_000)).toEqual([small])
  network.settle(2_000)
  expect(network.nextEndMs).toBe(3_000)
  expect(network.take(3_000)).toEqual([large])
  network.settle(3_000)
  expect(network.nextEndMs).toBe(Number.POSITIVE_INFINITY)
})

test('max-min: what differs by rounding only ends together, in the order in which it began', () => {
  const network = new MaxMinNetwork(1_000, 4)
  const first = transferOf({ source: 0, target: 1, bytes: 1_000 })
  const second = transferOf({ source: 2, target: 3, bytes: 999 })
  network.start(first, 0)
  network.start(second, 0)
  network.settle(0)
  expect(network.take(network.nextEndMs)).toEqual([first, second])
})

test('max-min: it ends, even where no time can pass for what is left', () => {
  const network = new MaxMinNetwork(1e15, 2)
  const nowMs = 1e12
  network.start(transferOf({ source: 0, target: 1, bytes: 1e9 }), nowMs)
  network.settle(nowMs)
  expect(network.take(network.nextEndMs)).toHaveLength(1)
})

test('simple: each takes its own time, whatever else is under way', () => {
  const network = createNetwork({ model: 'simple', bytesPerSecond: 1_000 }, 2)
  const [slow, quick] = [4_000, 1_000].map((bytes) => transferOf({ source: 0, target: 1, bytes })) as [
    Transfer,
    Transfer,
  ]
  network.start(slow, 0)
  network.start(quick, 500)
  expect(network.nextEndMs).toBe(1_500)
  expect(network.take(1_500)).toEqual([quick])
  expect(network.take(4_000)).toEqual([slow])
})

test('a network that cannot be is refused', () => {
  expect(() => createNetwork({ model: 'simple', bytesPerSecond: 0 }, 2)).toThrow('network.bytesPerSecond must be')
  expect(() => downloadLimits({ model: 'maxmin', bytesPerSecond: 1, downloadsMax: 0 })).toThrow('network.downloadsMax')
  const unknown: Parameters<typeof createNetwork>[0] = JSON.parse('{"model":"carrier pigeon","bytesPerSecond":1}')
  expect(() => createNetwork(unknown, 2)).toThrow("must be 'instant', 'simple' or 'maxmin'")
})
