import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { seededRandom } from '../../../core/random.ts'
import { exponential } from '../../../sim/lab/distributions.ts'
import { engines } from '../../../sim/lab/engine-spec.ts'
import { generateGraph } from '../../../sim/lab/generate/generate-graph.ts'
import {
  forkJoin,
  type GraphShape,
  layered,
  mapReduce,
  randomGraph,
  stencil,
  tree,
} from '../../../sim/lab/generate/graph-shapes.ts'
import { drawnWorkload } from '../../../sim/lab/generate/workload-generators.ts'
import { simulateWorkload } from '../../../sim/lab/simulate-workload.ts'

const small = fc.integer({ min: 1, max: 7 })
const probability = fc.double({ min: 0, max: 1, noNaN: true })
const shapes = {
  randomGraph: fc.record({ tasks: fc.integer({ min: 1, max: 40 }), probability }).map((one) => randomGraph(one)),
  layered: fc.record({ layers: small, width: small, probability }).map((one) => layered(one)),
  forkJoin: fc.record({ stages: small, width: small }).map((one) => forkJoin(one)),
  mapReduce: fc.record({ maps: small, reduces: small }).map((one) => mapReduce(one)),
  stencil: fc.record({ width: small, steps: small }).map((one) => stencil(one)),
  tree: fc
    .record({ levels: fc.integer({ min: 1, max: 4 }), arity: fc.integer({ min: 1, max: 4 }), isIn: fc.boolean() })
    .map(({ isIn, ...one }) => tree({ ...one, direction: isIn ? 'in' : 'out' })),
}
const settings = { durations: exponential(100), bytes: exponential(1e6) }

/** By task, those it needs; and how far it is from one that needs none, at most. */
function linksOf(shape: GraphShape, seed = 1) {
  const needed = shape
    .draw(seededRandom(seed).substream('links'))
    .map(({ inputs }) => [...new Set(inputs.map(([other]) => other))])
  const levels: number[] = []
  needed.forEach((others, task) => {
    levels[task] = others.reduce((most, other) => Math.max(most, 1 + (levels[other] as number)), 0)
  })
  const widths = Array.from({ length: Math.max(...levels) + 1 }, (_, level) => levels.filter((l) => l === level).length)
  const links = needed.reduce((sum, others) => sum + others.length, 0)
  return { needed, levels, widths, size: needed.length, links }
}

describe.for(Object.entries(shapes))('%s', ([, arbitrary]) => {
  test('each task comes after all that it needs, which exists', () => {
    fc.assert(
      fc.property(arbitrary, fc.nat(), (shape, seed) => {
        const tasks = shape.draw(seededRandom(seed).substream('links'))
        tasks.forEach(({ inputs }, task) => {
          for (const [other, output] of inputs) {
            expect(other).toBeLessThan(task)
            expect(output).toBeLessThan(tasks[other]?.outputs as number)
          }
        })
      }),
      { numRuns: 50 },
    )
  })

  test('the same seed gives the same workload, and it runs to its end', () => {
    fc.assert(
      fc.property(arbitrary, fc.nat(), (shape, seed) => {
        const workload = generateGraph(shape, { ...settings, seed })
        expect(generateGraph(shape, { ...settings, seed })).toEqual(workload)
        const network = { model: 'maxmin', bytesPerSecond: 1e8 } as const
        const { endMs } = simulateWorkload(workload, { engines: engines(3), network })
        expect(endMs.every((ms) => ms > 0)).toBe(true)
      }),
      { numRuns: 30 },
    )
  })
})

test('widths and numbers of links are those of each shape', () => {
  fc.assert(
    fc.property(small, small, probability, (some, other, chance) => {
      const wide = linksOf(forkJoin({ stages: some, width: other }))
      expect(wide.widths).toEqual([1, ...Array.from({ length: some }, () => [other, 1]).flat()])
      expect(wide.links).toBe(2 * some * other)
      const shuffled = linksOf(mapReduce({ maps: some, reduces: other }))
      expect([shuffled.widths, shuffled.links]).toEqual([[some, other], some * other])
      const row = linksOf(stencil({ width: some, steps: other }))
      expect(row.widths).toEqual(new Array(other).fill(some))
      expect(row.links).toBe((other - 1) * (3 * some - 2))
      const layers = linksOf(layered({ layers: some, width: other, probability: chance }))
      expect(layers.widths).toEqual(new Array(some).fill(other))
      expect(
        layers.needed.every((list, task) =>
          list.every((one) => layers.levels[one] === (layers.levels[task] as number) - 1),
        ),
      ).toBe(true)
      const arity = Math.min(other, 4)
      const widths = Array.from({ length: Math.min(some, 5) }, (_, level) => arity ** level)
      const out = linksOf(tree({ levels: widths.length, arity }))
      const into = linksOf(tree({ levels: widths.length, arity, direction: 'in' }))
      expect([out.widths, into.widths]).toEqual([widths, [...widths].reverse()])
      expect([out.links, into.links]).toEqual([out.size - 1, out.size - 1])
    }),
    { numRuns: 100 },
  )
})

test('a random graph has as many links as its probability says, each as often as any other', () => {
  expect(linksOf(randomGraph({ tasks: 30, probability: 1 })).links).toBe(435)
  expect(linksOf(randomGraph({ tasks: 30, probability: 0 })).links).toBe(0)
  const times = Array.from({ length: 10 }, () => new Array<number>(10).fill(0))
  const draws = 4_000
  for (let seed = 0; seed < draws; seed += 1) {
    const { needed } = linksOf(randomGraph({ tasks: 10, probability: 0.3 }), seed)
    needed.forEach((others, task) => {
      for (const other of others) (times[task] as number[])[other] = ((times[task] as number[])[other] as number) + 1
    })
  }
  // Five standard deviations of a binomial count: 45 of them stay within for about all seeds, and these are fixed.
  const spread = 5 * Math.sqrt(draws * 0.3 * 0.7)
  for (let task = 1; task < 10; task += 1) {
    for (let other = 0; other < task; other += 1) {
      expect(Math.abs((times[task]?.[other] as number) - draws * 0.3)).toBeLessThan(spread)
    }
  }
})

test('in layers each task has at least one it needs, and as many as the probability says', () => {
  expect(linksOf(layered({ layers: 4, width: 9, probability: 0 })).links).toBe(27)
  expect(linksOf(layered({ layers: 4, width: 9, probability: 1 })).links).toBe(243)
})

test('links, durations and sizes are drawn from streams of their own', () => {
  const make = (chance: number, seed = 3) =>
    generateGraph(randomGraph({ tasks: 50, probability: chance }), { ...settings, seed })
  expect(make(0.1).durationMs).toEqual(make(0.9).durationMs)
  expect(make(0.1).data?.bytes).toEqual(make(0.9).data?.bytes)
  expect(make(0.1).data?.inputs).not.toEqual(make(0.1, 4).data?.inputs)
  expect(make(0.1).durationMs).not.toEqual(make(0.1, 4).durationMs)
})

test('each has a specification', () => {
  for (const [spec, shape] of [
    ['random:tasks=20,probability=0.2', randomGraph({ tasks: 20, probability: 0.2 })],
    ['layered:layers=3,width=4,probability=0.5', layered({ layers: 3, width: 4, probability: 0.5 })],
    ['forkJoin:stages=2,width=3', forkJoin({ stages: 2, width: 3 })],
    ['mapReduce:maps=3,reduces=2', mapReduce({ maps: 3, reduces: 2 })],
    ['stencil:width=4,steps=3', stencil({ width: 4, steps: 3 })],
    ['outTree:levels=3,arity=2', tree({ levels: 3, arity: 2 })],
    ['inTree:levels=3,arity=2', tree({ levels: 3, arity: 2, direction: 'in' })],
  ] as const) {
    const drawn = drawnWorkload(`${spec},durations=exponential:100,bytes=exponential:1e6`).draw(5)
    expect(drawn).toEqual(generateGraph(shape, { ...settings, seed: 5 }))
  }
})

test.for([
  [() => randomGraph({ tasks: 0, probability: 1 }), 'tasks must be a whole number from 1 on, not 0'],
  [() => randomGraph({ tasks: 9, probability: 1.1 }), 'probability must be a number from 0 to 1, not 1.1'],
  [() => randomGraph({ tasks: 1e6, probability: 0.5 }), 'not about 249999750000 dependencies'],
  [() => tree({ levels: 30, arity: 10 }), 'a graph has at most 16777216 tasks'],
  [() => stencil({ width: 1.5, steps: 2 }), 'width must be a whole number from 1 on, not 1.5'],
  [() => drawnWorkload('random:tasks=5,probability=2,durations=exponential:1'), 'It is written random:tasks=COUNT,'],
] as const)('what cannot be is named: %#', ([make, message]) => {
  expect(make).toThrow(expect.objectContaining({ code: 'YM_CONFIGURATION', message: expect.stringContaining(message) }))
})
