import { writeFileSync } from 'node:fs'
import path from 'node:path'
import { cellKey } from '../sim/experiment/cell.ts'
import { commandLine } from '../sim/experiment/command-line.ts'
import { type ExperimentArguments, planExperiment } from '../sim/experiment/plan.ts'
import { resultsCsv, resultsJson } from '../sim/experiment/results.ts'
import type { KeyedCell, runCell } from '../sim/experiment/run-cell.ts'
import { RunLog } from '../sim/experiment/run-log.ts'
import { settingsInWords } from '../sim/experiment/settings-in-words.ts'
import { type Analysis, analyse } from '../sim/lab/compare/analyse.ts'
import { scenarioLabels } from '../sim/lab/compare/comparison.ts'
import { measureOf } from '../sim/lab/compare/measures.ts'
import { bytesText, numberText, percentText } from '../sim/report/number-text.ts'
import { renderReport } from '../sim/report/render-report.ts'
import { loadSvgDrawing } from '../sim/report/svg-drawing.ts'
import { Cluster } from '../views/cluster.ts'
import { task } from '../views/functions/module-task.ts'
import { exitCode } from './exit-code.ts'
import { onInterrupt } from './interrupts.ts'
import { oneLine } from './report-error.ts'
import { SimulateProgress } from './simulate-progress.ts'
import { textTable } from './text-table.ts'
import { version } from './version.ts'

interface Output {
  /** The folder. */
  readonly out: string
  readonly threads: number
  readonly hasReport: boolean
  /** Where the cluster that runs it can be watched; true: at a free port. */
  readonly dashboard?: true | string
}

/** Runs what has not been run yet, then tells of all. */
export async function simulateWorkloads(
  given: ExperimentArguments,
  { out, threads, hasReport, dashboard }: Output,
): Promise<void> {
  // What is missing is better said before hours of work than after them.
  if (hasReport) await loadSvgDrawing('report.html')
  const plan = await planExperiment(given)
  const log = new RunLog(out)
  const keyed = plan.cells.map((cell) => ({ cell, key: cellKey(cell, version()) }))
  const left = keyed.filter(({ key }) => log.get(key) === undefined)
  if (left.length < keyed.length) say(`${keyed.length - left.length} of ${keyed.length} runs were done before`)
  const { faults, isInterrupted } = await runAll(left, keyed.length, log, threads, dashboard)
  if (isInterrupted) {
    process.stderr.write('yardmaster: interrupted; the same command goes on from here\n')
    process.exitCode = exitCode.interrupted
    return
  }
  if (faults.length > 0) {
    for (const fault of new Set(faults)) process.stderr.write(`yardmaster: ${oneLine(fault)}\n`)
    process.stderr.write(
      `yardmaster: ${faults.length} of ${keyed.length} runs failed; the others are kept, and the same command runs only what is missing\n`,
    )
    process.exitCode = exitCode.workFailed
    return
  }
  const runs = keyed.flatMap(({ key }) => log.get(key) ?? [])
  const comparison = { strategies: plan.strategies, runs }
  const analyses = plan.measures.map((measure) => analyse(comparison, { measure }))
  const provenance = { version: version(), command: commandLine(given), settings: settingsInWords(given, plan) }
  const files: (readonly [string, string])[] = [
    ['results.json', resultsJson(comparison, analyses, provenance)],
    ['results.csv', resultsCsv(comparison)],
    ...(hasReport ? [['report.html', await renderReport(comparison, analyses, provenance)] as const] : []),
  ]
  for (const [name, text] of files) writeFileSync(path.join(out, name), text)
  tell(analyses)
  say(`written: ${files.map(([name]) => path.join(out, name)).join(', ')}`)
}

interface Ended {
  readonly faults: readonly string[]
  readonly isInterrupted: boolean
}

/** On engines that are threads. Each run that ends is kept at once. */
async function runAll(
  list: readonly KeyedCell[],
  total: number,
  log: RunLog,
  threads: number,
  dashboard: Output['dashboard'] = undefined,
): Promise<Ended> {
  const faults: string[] = []
  if (list.length === 0) return { faults, isInterrupted: false }
  const stop = new AbortController()
  const letGo = onInterrupt(
    () => stop.abort(),
    () => process.exit(exitCode.interrupted),
  )
  const run = task<typeof runCell>(new URL('../sim/experiment/run-cell.js', import.meta.url), 'runCell')
  await using cluster = await Cluster.start({
    name: 'simulate',
    engines: Math.min(threads, list.length),
    engineKind: 'thread',
    ...(dashboard === undefined ? {} : { dashboard }),
  })
  if (cluster.dashboardUrl) process.stderr.write(`dashboard: ${cluster.dashboardUrl}\n`)
  const client = await cluster.connect()
  const view = client.loadBalancedView().with({ ordered: false, chunk: 1, signal: stop.signal })
  // All side by side, in a colour of its own each.
  const strategies = new Set(list.map(({ cell }) => cell.strategy.name))
  const runAllOf = async (label: string) => {
    const cells = list.filter(({ cell }) => cell.strategy.name === label)
    for await (const outcome of view.with({ label }).imap(run, cells)) {
      if (outcome.fault === undefined) log.add(outcome.key, outcome.run)
      else faults.push(`${outcome.fault.message} [${outcome.fault.code}]`)
      progress.advance(faults.length)
    }
  }
  const progress = new SimulateProgress(total, total - list.length)
  try {
    await Promise.all([...strategies].map(runAllOf))
  } catch (error) {
    if (!stop.signal.aborted) throw error
  } finally {
    progress.stop()
    letGo()
  }
  return { faults, isInterrupted: stop.signal.aborted }
}

/** A table for each measure, scenarios beneath each other. */
function tell(analyses: readonly Analysis[]): void {
  for (const { measure, strategies, scenarios, confidence } of analyses) {
    const { says, unit } = measureOf(measure)
    const text = unit === 'bytes' ? bytesText : numberText
    const labels = scenarioLabels(scenarios.map(({ scenario }) => scenario))
    const rows = scenarios.flatMap(({ means, degradation }, i) =>
      strategies.map((name, s) => {
        const { mean = Number.NaN, halfWidth } = means[s] ?? {}
        const spread = halfWidth === undefined ? '' : `± ${text(halfWidth)}`
        const worse = percentText(degradation[s] as number)
        return [labels[i] as string, name, text(mean), spread, worse]
      }),
    )
    const heads = [
      'scenario',
      'strategy',
      unit === 'ms' ? `${says}, ms` : says,
      `${100 * confidence} %`,
      'worse than best',
    ]
    say(textTable(heads, rows))
  }
}

function say(line: string): void {
  process.stdout.write(`${line}\n`)
}
