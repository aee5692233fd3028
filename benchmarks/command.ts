/** What the command does: measures, or reads what was measured before, and tells of it. */
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { ConfigurationError } from '../core/errors.ts'
import { type BenchOptions, bench } from './bench.ts'
import { compare } from './compare.ts'
import { loadDrawing } from './draw-plot.ts'
import { plotsOf } from './plots.ts'
import { comparisonText } from './print-comparison.ts'
import { reportText } from './print-report.ts'
import { readReport } from './report.ts'
import { targetMarkdown, targetText } from './target-table.ts'

export interface CommandOptions extends Omit<BenchOptions, 'onSuite'> {
  /** A file of an earlier run, to tell of instead of measuring. */
  readonly read?: string | undefined
  /** A file to write the report to. */
  readonly json?: string | undefined
  /** A folder to draw plots in. */
  readonly plots?: string | undefined
  /** A file of an earlier run. */
  readonly compare?: string | undefined
  /** A file to write the table of targets to, as Markdown. */
  readonly markdown?: string | undefined
  /** Changes by a smaller share are noise. */
  readonly tolerance: number
}

/** @throws what the first of the suites failed with, when all else is told */
export async function runCommand(options: CommandOptions): Promise<void> {
  const { read, json, plots, markdown, isForTargets, tolerance } = options
  // Whatever is needed afterwards must be there before minutes are spent on measuring.
  const draw = plots === undefined ? undefined : await loadDrawing()
  const before = options.compare === undefined ? undefined : readReport(options.compare)
  const { report, failures } =
    read === undefined
      ? await bench({ ...options, onSuite: (name) => process.stderr.write(`measuring ${name} …\n`) })
      : { report: readReport(read), failures: [] }
  if (read === undefined && failures.length === 0 && report.suites.every(({ measures }) => measures.length === 0)) {
    const what = options.only === undefined ? 'a target at this size' : `'${options.only}' in the name above it`
    throw new ConfigurationError(`nothing was measured: no table of ${options.suites.join(', ')} has ${what}`)
  }
  if (json !== undefined) writeFileSync(json, `${JSON.stringify(report, null, 1)}\n`)
  if (markdown !== undefined) writeFileSync(markdown, targetMarkdown(report))
  if (report.suites.length > 0) process.stdout.write(isForTargets ? targetText(report) : reportText(report))
  if (before) process.stdout.write(`\n${comparisonText(compare(before, report, tolerance))}`)
  if (draw && plots !== undefined) {
    mkdirSync(plots, { recursive: true })
    for (const plot of plotsOf(report)) writeFileSync(join(plots, `${plot.name}.svg`), draw(plot))
  }
  const [first, ...others] = failures
  for (const { message } of others) process.stderr.write(`yardmaster: ${message}\n`)
  if (first) throw first
}
