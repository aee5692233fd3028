import type { runSeed, SeedReport } from '../sim/run-seed.ts'
import { Cluster } from '../views/cluster.ts'
import { task } from '../views/functions/module-task.ts'
import { exitCode } from './exit-code.ts'
import { textTable } from './text-table.ts'

export interface FaultOptions {
  readonly seed?: number
  readonly seeds?: number
  readonly from: number
  readonly story?: true
  readonly messages?: true
  readonly json?: true
  readonly threads: number
}

/** Whole clusters in virtual time, while everything goes wrong. */
export async function simulateFaults(options: FaultOptions): Promise<void> {
  const { seed, seeds = 1, from, messages = false, story = false } = options
  const list = seed === undefined ? Array.from({ length: seeds }, (_, i) => from + i) : [seed]
  const run = task<typeof runSeed>(new URL('../sim/run-seed.js', import.meta.url), 'runSeed')
  const startedAt = performance.now()
  const reports: SeedReport[] = []
  await using cluster = await Cluster.start({ engines: Math.min(options.threads, list.length), engineKind: 'thread' })
  const client = await cluster.connect()
  const view = client.loadBalancedView().with({ ordered: false, chunk: 1 })
  for await (const report of view.map(
    run,
    list,
    list.map(() => ({ messages, story })),
  )) {
    reports.push(report)
    if (options.json) process.stdout.write(`${JSON.stringify(report)}\n`)
    else tell(report)
  }
  if (!options.json) summarise(reports, (performance.now() - startedAt) / 1_000)
  if (reports.some(({ finding }) => finding !== undefined)) process.exitCode = exitCode.workFailed
}

function tell({ seed, finding, story }: SeedReport): void {
  if (story.length > 0) process.stdout.write(`${story.join('\n')}\n`)
  if (finding === undefined) return
  process.stdout.write(
    `seed ${seed}: ${finding}\nto see it again: yardmaster simulate --faults --seed ${seed} --messages\n`,
  )
}

function summarise(reports: readonly SeedReport[], seconds: number): void {
  const paces = [...new Set(reports.map(({ pace }) => pace))].sort()
  const rows = paces.map((pace) => {
    const those = reports.filter((report) => report.pace === pace)
    const hours = sum(those, ({ simulatedMs }) => simulatedMs) / 3_600_000
    return [pace, those.length, Number(hours.toFixed(1)), sum(those, ({ events }) => events)]
  })
  const found = reports.filter(({ finding }) => finding !== undefined)
  const hours = sum(reports, ({ simulatedMs }) => simulatedMs) / 3_600_000
  const perSecond = (reports.length / seconds).toFixed(1)
  const perMinute = ((60 * hours) / seconds).toFixed(0)
  write(
    textTable(
      ['fault', 'injected'],
      totals(reports, ({ faults }) => faults),
    ),
  )
  const repeats = totals(reports, ({ repeats }) => repeats)
  if (repeats.length > 0) write(textTable(['came again', 'times'], repeats))
  write(textTable(['pace', 'seeds', 'simulated hours', 'events'], rows))
  write(
    `${reports.length} seeds in ${seconds.toFixed(1)} s (${perSecond} a second): ${hours.toFixed(1)} simulated hours (${perMinute} a minute), ${sum(reports, ({ tasks }) => tasks)} tasks finished, ${found.length} violations`,
  )
  if (found.length > 0) write(`violated with the seeds ${found.map(({ seed }) => seed).join(', ')}`)
}

function sum(reports: readonly SeedReport[], of: (report: SeedReport) => number): number {
  return reports.reduce((total, report) => total + of(report), 0)
}

/** By kind, the most frequent first. */
function totals(
  reports: readonly SeedReport[],
  of: (report: SeedReport) => readonly (readonly [string, number])[],
): (readonly [string, number])[] {
  const counts = new Map<string, number>()
  for (const report of reports)
    for (const [kind, count] of of(report)) counts.set(kind, (counts.get(kind) ?? 0) + count)
  return [...counts].sort(([, a], [, b]) => b - a)
}

function write(text: string): void {
  process.stdout.write(`${text}\n`)
}
