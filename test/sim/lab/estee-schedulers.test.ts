import { describe, expect, test } from 'vitest'
import { seededRandom } from '../../../core/random.ts'
import { engines } from '../../../sim/lab/engine-spec.ts'
import { simulateWorkload } from '../../../sim/lab/simulate-workload.ts'
import type { Workload } from '../../../sim/lab/workload.ts'
import { type GreedyName, greedyMakespan } from './estee/published-greedy.ts'
import { graphsIn, type PublishedRow, publishedRows } from './estee/published-rows.ts'
import { type PublishedName, publishedMakespan, type Repair } from './estee/published-schedulers.ts'
import { fixtures, hasReference, reference } from './estee-runs.ts'

const names: readonly string[] = ['blevel', 'tlevel', 'mcp', 'etf', 'dls'] satisfies PublishedName[]
const bytesPerSecond = 256 * 2 ** 20

function rowsOf(folder: string): (PublishedRow & { readonly workload: Workload })[] {
  const graphs = graphsIn(folder)
  return publishedRows(folder, 'canonical.csv').flatMap((row) => {
    const workload = graphs.get(row.graph)
    return workload === undefined || !names.includes(row.scheduler) ? [] : [{ ...row, workload }]
  })
}

function reproduced(
  { workload, scheduler, cluster, model }: ReturnType<typeof rowsOf>[number],
  repairs: readonly Repair[] = [],
) {
  const network = { model: model as 'simple' | 'maxmin', bytesPerSecond }
  const settings = { engines: engines(Number.parseInt(cluster, 10), { cores: 4 }), network, repairs }
  return publishedMakespan(workload, scheduler as PublishedName, settings) / 1_000
}

function deviations(rows: ReturnType<typeof rowsOf>): string[] {
  return rows.flatMap((row) => {
    const seconds = reproduced(row)
    if (Math.abs(seconds / row.seconds - 1) <= 1e-6) return []
    return [`${row.graph} ${row.scheduler} ${row.model}: ${seconds} instead of ${row.seconds}`]
  })
}

describe('the list schedulers of a published simulator, with their defects', () => {
  const rows = rowsOf(fixtures)

  test('take as long as published', () => {
    expect(rows).toHaveLength(23)
    expect(deviations(rows)).toEqual([])
  })

  test('each defect is needed for that', () => {
    for (const repair of ['placement', 'running', 'queue', 'levels', 'alap'] as const) {
      const changed = rows.filter((row) => Math.abs(reproduced(row, [repair]) / row.seconds - 1) > 1e-6)
      expect(changed.length, repair).toBeGreaterThan(0)
    }
  })

  test('mended they take about as long as the strategies that the papers define', () => {
    const paper: Readonly<Record<string, string>> = { blevel: 'hlfet' }
    const repairs: readonly Repair[] = ['placement', 'running', 'queue', 'twice', 'levels', 'alap']
    for (const row of rows) {
      const run = simulateWorkload(row.workload, {
        engines: engines(8, { cores: 4 }),
        strategy: paper[row.scheduler] ?? row.scheduler,
        network: { model: row.model as 'simple' | 'maxmin', bytesPerSecond },
        rules: 'estee',
        information: 'exact',
        hwm: 0,
      })
      const ratio = Math.max(...run.endMs) / 1_000 / reproduced(row, repairs)
      expect(ratio, `${row.graph} ${row.scheduler}`).toBeGreaterThan(0.9)
      expect(ratio, `${row.graph} ${row.scheduler}`).toBeLessThan(1.1)
    }
  })
})

test('the schedulers that draw take as long as published, on the mean of ten runs', () => {
  const graphs = graphsIn(fixtures)
  const rows = publishedRows(fixtures, 'drawn.csv')
  expect(rows).toHaveLength(10)
  for (const { graph, scheduler, model, seconds } of rows) {
    let sumMs = 0
    for (let run = 0; run < 10; run += 1) {
      sumMs += greedyMakespan(graphs.get(graph) as Workload, scheduler as GreedyName, {
        engines: engines(8, { cores: 4 }),
        network: { model: model as 'simple' | 'maxmin', bytesPerSecond },
        random: seededRandom(run),
      })
    }
    expect(Math.abs(sumMs / 10_000 / seconds - 1), `${graph} ${scheduler} ${model}`).toBeLessThan(0.015)
  }
})

// Beside the repository, where they are.
describe.skipIf(!hasReference())('all that were published in the order of numbers', () => {
  test('take as long as published', () => {
    const rows = rowsOf(reference)
    expect(rows.length).toBeGreaterThan(180)
    expect(deviations(rows)).toEqual([])
  })
})
