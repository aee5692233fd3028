/**
 * The list schedulers beside those of a published simulator, on its graphs: `npm run lab:estee -- <folder of its results> [folder to write to]`.
 * Prints what docs/LAB.md tells, and writes all cells as CSV, and the plots.
 */
import { existsSync, mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { engines } from '../sim/lab/engine-spec.ts'
import { graphsIn, publishedRows } from '../test/sim/lab/estee/published-rows.ts'
import { publishedMakespan } from '../test/sim/lab/estee/published-schedulers.ts'
import { type Cell, cellsOf, listNames, paperOf } from './estee-cells.ts'
import { drawPlots } from './estee-plots.ts'
import { geometricMean, rankingOf, type Stage, type Standing, stages } from './estee-ranking.ts'

const [folder, target = join(import.meta.dirname, '..', 'docs', 'lab')] = process.argv.slice(2)
if (folder === undefined || !existsSync(join(folder, 'variants.csv'))) {
  console.error(
    'Say where the results of the published simulator are (graphs/, elementary.csv, pegasus.csv, variants.csv, canonical.csv):',
  )
  console.error('npm run lab:estee -- <folder>')
  process.exit(2)
}

const startedAt = performance.now()
const cells = cellsOf(folder, (graph) => console.error(`${graph} done`))
reproduced(folder)
deviations(cells)
ranking(cells)
mkdirSync(target, { recursive: true })
writeCells(cells)
await drawPlots(cells, target)
console.log(
  `\n${cells.length} cells in ${((performance.now() - startedAt) / 1_000).toFixed(0)} s; written to ${target}`,
)

/** The schedulers of Estee, written again from their description, against what it says itself, order for order. */
function reproduced(from: string): void {
  const graphs = graphsIn(from)
  let equal = 0
  let all = 0
  for (const { graph, scheduler, cluster, model, seconds } of publishedRows(from, 'canonical.csv')) {
    const workload = graphs.get(graph)
    const name = listNames.find((one) => one === scheduler)
    if (workload === undefined || name === undefined) continue
    const network = { model: model as Cell['model'], bytesPerSecond: 256 * 2 ** 20 }
    const settings = { engines: engines(Number.parseInt(cluster, 10), { cores: 4 }), network }
    all += 1
    if (Math.abs(publishedMakespan(workload, name, settings) / 1_000 / seconds - 1) <= 1e-6) equal += 1
  }
  console.log(
    `Its schedulers, reproduced here with all their defects: ${equal} of ${all} makespans equal to 1e-6 (canonical.csv).\n`,
  )
}

function deviations(from: readonly Cell[]): void {
  const pairs: readonly (readonly [here: string, there: string])[] = [
    ['here single', 'published single'],
    ['here random', 'published random'],
    ['reproduced ws', 'published ws'],
    ['reproduced blevel-gt', 'published blevel-gt'],
    ...listNames.map((name) => [`1, 2 mended ${name}`, `published ${name}+fix`] as const),
    ...listNames.map((name) => [`here ${paperOf[name]}`, `published ${name}+fix`] as const),
    ...listNames.map((name) => [`here ${paperOf[name]}`, `1–6 mended ${name}`] as const),
    ['here heft', 'published blevel-gt'],
    ['here cpop', 'published blevel-gt'],
    ['here workStealing', 'published ws'],
    ['here plainrandom', 'published random'],
    ['here locality', 'published blevel-gt'],
    ['here leastload', 'published blevel-gt'],
  ]
  console.log(
    '| makespans of         | divided by those of  | cells | geometric mean | least | greatest | within 1 % | within 5 % |',
  )
  console.log(
    '| -------------------- | -------------------- | ----- | -------------- | ----- | -------- | ---------- | ---------- |',
  )
  for (const [here, there] of pairs) {
    const found = from.flatMap((cell) => {
      const [a, b] = [cell.seconds.get(here), cell.seconds.get(there)]
      return a === undefined || b === undefined ? [] : [{ cell, ratio: a / b }]
    })
    found.sort((a, b) => a.ratio - b.ratio)
    const ratios = found.map(({ ratio }) => ratio)
    const shown = (one: (typeof found)[number] | undefined) => `${one?.ratio.toFixed(3)} (${one?.cell.graph})`
    const within = (share: number) => `${ratios.filter((ratio) => Math.abs(ratio - 1) <= share).length}`
    const columns = [
      here,
      there,
      `${ratios.length}`,
      geometricMean(ratios).toFixed(3),
      shown(found[0]),
      shown(found.at(-1)),
      within(0.01),
      within(0.05),
    ]
    console.log(`| ${columns.join(' | ')} |`)
  }
}

function ranking(from: readonly Cell[]): void {
  const shown = ({ ratio, rank }: Standing) => `${ratio.toFixed(2)} (${rank.toFixed(1)})`
  const found = new Map(stages.map((stage): [Stage, Map<string, Standing>] => [stage, rankingOf(from, stage)]))
  const names = [...new Set([...found.values()].flatMap((standings) => [...standings.keys()]))]
  const last = found.get(stages.at(-1) as Stage)
  names.sort((a, b) => (last?.get(a)?.ratio ?? Infinity) - (last?.get(b)?.ratio ?? Infinity))
  console.log(
    '\nMakespan over the best known, geometric mean over all cells (mean rank among the schedulers of the column):\n',
  )
  console.log(`| scheduler | ${stages.join(' | ')} |`)
  console.log(`| --- | ${stages.map(() => '---').join(' | ')} |`)
  for (const name of names) {
    const row = stages.map((stage) => {
      const standing = found.get(stage)?.get(name)
      return standing === undefined ? '' : shown(standing)
    })
    console.log(`| ${name} | ${row.join(' | ')} |`)
  }
}

function writeCells(from: readonly Cell[]): void {
  const columns = [...new Set(from.flatMap(({ seconds }) => [...seconds.keys()]))]
  const lines = from.map(({ graph, cluster, model, seconds }) =>
    [graph, cluster, model, ...columns.map((column) => seconds.get(column)?.toFixed(3) ?? '')].join(','),
  )
  const head = ['graph', 'cluster', 'network', ...columns.map((column) => `"${column}"`)].join(',')
  writeFileSync(join(target, 'estee.csv'), `${[head, ...lines].join('\n')}\n`)
}
