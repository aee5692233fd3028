/** What Estee's tables say, and its graphs. */
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { readEsteeGraph } from '../../../../sim/lab/read-estee-graph.ts'
import type { Workload } from '../../../../sim/lab/workload.ts'

export interface PublishedRow {
  readonly graph: string
  readonly scheduler: string
  readonly cluster: string
  readonly model: string
  readonly seconds: number
}

/** The rows that are comparable. */
export function publishedRows(folder: string, file: string): PublishedRow[] {
  const [head = '', ...lines] = readFileSync(join(folder, file), 'utf8').trim().split('\n')
  const columns = head.split(',')
  return lines
    .map((line) => Object.fromEntries(line.split(',').map((value, i) => [columns[i] as string, value])))
    .filter((row) => row.bandwidth === '256' && row.imode === 'exact')
    .filter((row) => row.min_sched_interval === '0' && row.sched_time === '0')
    .map((row) => ({
      graph: row.graph_name ?? '',
      scheduler: row.scheduler ?? '',
      cluster: row.cluster ?? '',
      model: row.netmodel ?? '',
      seconds: Number(row.mean),
    }))
}

export function graphsIn(folder: string): Map<string, Workload> {
  const found = new Map<string, Workload>()
  for (const set of ['elementary', 'pegasus', 'irw']) {
    const files = join(folder, 'graphs', set)
    if (!existsSync(files)) continue
    for (const file of readdirSync(files)) {
      const name = file.replace(/-[0-9a-f-]{36}\.json$/, '')
      found.set(name, readEsteeGraph(readFileSync(join(files, file), 'utf8'), file))
    }
  }
  return found
}
