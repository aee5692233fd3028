/** Makespans on the benchmark graphs of Estee: as published, as its schedulers are reproduced and mended here, and as ours are. */
import { seededRandom } from '../core/random.ts'
import { engines } from '../sim/lab/engine-spec.ts'
import { simulatePlan } from '../sim/lab/simulate-plan.ts'
import { simulateWorkload } from '../sim/lab/simulate-workload.ts'
import type { Workload } from '../sim/lab/workload.ts'
import { greedyMakespan } from '../test/sim/lab/estee/published-greedy.ts'
import { linksOf, publishedBottomLevels } from '../test/sim/lab/estee/published-levels.ts'
import { graphsIn, publishedRows } from '../test/sim/lab/estee/published-rows.ts'
import { type PublishedName, publishedMakespan, type Repair } from '../test/sim/lab/estee/published-schedulers.ts'

/** One graph on one cluster over one network, at 256 MiB/s; every duration and size is known, decisions take no time. */
export interface Cell {
  readonly graph: string
  readonly cluster: '8x4' | '32x4'
  readonly model: 'simple' | 'maxmin'
  /** Makespans in seconds, by column. */
  readonly seconds: Map<string, number>
}

export const listNames: readonly PublishedName[] = ['blevel', 'tlevel', 'mcp', 'etf', 'dls']
/** The strategy that is each of them, as its paper defines it. */
export const paperOf: Readonly<Record<PublishedName, string>> = {
  blevel: 'hlfet',
  tlevel: 'tlevel',
  mcp: 'mcp',
  etf: 'etf',
  dls: 'dls',
}
/** What is mended, step by step, in columns of their own. */
const steps: readonly (readonly [column: string, repairs: readonly Repair[]])[] = [
  ['as published', []],
  ['1, 2 mended', ['placement', 'running']],
  ['1–3 mended', ['placement', 'running', 'queue']],
  ['1–6 mended', ['placement', 'running', 'queue', 'twice', 'levels', 'alap']],
]

const bytesPerSecond = 256 * 2 ** 20
/** Of what draws. */
const runs = 10

/** All cells that were published, with every column. `told` is called after each graph. */
export function cellsOf(folder: string, told: (graph: string) => void): Cell[] {
  const rows = ['elementary.csv', 'pegasus.csv', 'variants.csv'].flatMap((file) => publishedRows(folder, file))
  const cells: Cell[] = []
  for (const [graph, workload] of graphsIn(folder)) {
    for (const cluster of ['8x4', '32x4'] as const) {
      for (const model of ['simple', 'maxmin'] as const) {
        const published = rows.filter((row) => row.graph === graph && row.cluster === cluster && row.model === model)
        // Without data the two networks are one, and only one was published.
        if (published.length === 0 || (workload.data === undefined && model === 'simple')) continue
        const seconds = new Map(published.map((row) => [`published ${row.scheduler}`, row.seconds]))
        for (const [column, ms] of makespansMs(workload, cluster, model)) seconds.set(column, ms / 1_000)
        cells.push({ graph, cluster, model, seconds })
      }
    }
    told(graph)
  }
  return cells
}

function* makespansMs(workload: Workload, cluster: Cell['cluster'], model: Cell['model']): Iterable<[string, number]> {
  const count = Number.parseInt(cluster, 10)
  const settings = {
    engines: engines(count, { cores: 4 }),
    network: { model, bytesPerSecond },
    rules: 'estee',
  } as const
  for (const name of listNames) {
    for (const [column, repairs] of steps) {
      yield [`${column} ${name}`, publishedMakespan(workload, name, { ...settings, repairs })]
    }
  }
  for (const strategy of ['hlfet', 'tlevel', 'mcp', 'etf', 'dls', 'heft', 'cpop']) {
    const { endMs } = simulateWorkload(workload, { ...settings, strategy, information: 'exact', hwm: 0 })
    yield [`here ${strategy}`, endMs.reduce((last, ms) => Math.max(last, ms), 0)]
  }
  for (const [strategy, hwm] of [
    ['workStealing', 0],
    ['plainrandom', 0],
    ['locality', 'cores'],
    ['leastload', 'cores'],
  ] as const) {
    let sumMs = 0
    for (let seed = 0; seed < runs; seed += 1) {
      const { endMs } = simulateWorkload(workload, { ...settings, strategy, information: 'exact', hwm, seed })
      sumMs += endMs.reduce((last, ms) => Math.max(last, ms), 0)
    }
    yield [`here ${strategy}`, sumMs / runs]
  }
  for (const name of ['blevel-gt', 'ws'] as const) {
    let sumMs = 0
    for (let run = 0; run < runs; run += 1) {
      sumMs += greedyMakespan(workload, name, { ...settings, random: seededRandom(`greedy ${run}`) })
    }
    yield [`reproduced ${name}`, sumMs / runs]
  }
  const size = { length: workload.size }
  const priority = publishedBottomLevels(workload, linksOf(workload), false)
  yield ['here single', simulatePlan(workload, { engine: Array.from(size, () => 0), priority }, settings).makespanMs]
  let sumMs = 0
  for (let plan = 0; plan < runs; plan += 1) {
    const random = seededRandom(`plan ${plan}`)
    const engine = Array.from(size, () => random.below(count))
    const ties = random.substream('ties')
    sumMs += simulatePlan(workload, { engine }, { ...settings, ties }).makespanMs
  }
  yield ['here random', sumMs / runs]
}
