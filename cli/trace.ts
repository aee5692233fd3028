import { readFile, writeFile } from 'node:fs/promises'
import { Command, Option } from 'commander'
import { pageOf } from '../cluster/dashboard/page.ts'
import { ConfigurationError } from '../core/errors.ts'
import { readTrace, type Trace } from '../sim/trace/read-trace.ts'
import { toPerfetto } from '../sim/trace/to-perfetto.ts'
import { toRun } from '../sim/trace/to-run.ts'
import { toWfFormat } from '../sim/trace/to-wfformat.ts'

const formats = {
  perfetto: (trace: Trace) => JSON.stringify(toPerfetto(trace)),
  wfformat: (trace: Trace) => JSON.stringify(toWfFormat(trace)),
  page: (trace: Trace) => pageOf(toRun(trace)),
} as const

interface TraceOptions {
  readonly to: keyof typeof formats
  readonly output?: string
}

export function traceCommand(): Command {
  return new Command('trace')
    .summary('turn the recording of a run into what other tools read')
    .description(
      'Reads what a cluster wrote that was started with --record, also while it runs, and writes it as JSON in the trace event format, for ui.perfetto.dev, in WfFormat 1.5, or as a page that shows it as a dashboard does.',
    )
    .argument('<file>', 'the recording')
    .addOption(new Option('--to <format>', 'what to write').choices(Object.keys(formats)).makeOptionMandatory())
    .addOption(new Option('--output <file>', 'a new file to write to (default: standard output)'))
    .addHelpText(
      'after',
      `
Example:
  $ yardmaster start --record run.jsonl
  $ yardmaster map --cluster default ./task.js < items.jsonl
  $ yardmaster stop
  $ yardmaster trace run.jsonl --to perfetto --output run.json`,
    )
    .action(runTrace)
}

async function runTrace(file: string, { to, output }: TraceOptions): Promise<void> {
  const trace = readTrace(await textOf(file), file)
  tellLacks(trace)
  const text = `${formats[to](trace)}\n`
  if (output === undefined) {
    process.stdout.write(text)
    return
  }
  try {
    await writeFile(output, text, { flag: 'wx' })
  } catch (error) {
    throw new ConfigurationError(`--output: ${error instanceof Error ? error.message : error}`, { cause: error })
  }
}

async function textOf(file: string): Promise<string> {
  try {
    return await readFile(file, 'utf8')
  } catch (error) {
    throw new ConfigurationError(`the recording cannot be read: ${error instanceof Error ? error.message : error}`, {
      cause: error,
    })
  }
}

function tellLacks({ isCut, missing }: Trace): void {
  if (isCut) process.stderr.write('the recording does not end with the stop of its controller\n')
  if (missing > 0) process.stderr.write(`${missing} lines are missing: the disk was too slow for them\n`)
}
