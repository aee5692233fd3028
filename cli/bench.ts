import { writeFileSync } from 'node:fs'
import { Argument, Command, Option } from 'commander'
import type { BenchOptions } from '../benchmarks/bench.ts'
import { isSuiteName, suiteNames, suites } from '../benchmarks/suites.ts'
import { ConfigurationError } from '../core/errors.ts'
import { modulePath } from './module-argument.ts'
import { countFrom } from './option-parsers.ts'

interface Options {
  readonly quick?: true
  readonly least?: true
  readonly rounds?: number
  readonly only?: string
  readonly transport?: string
  readonly address?: string
  readonly json?: string
}

export function benchCommand(): Command {
  const width = Math.max(...suiteNames.map((name) => name.length))
  const list = suiteNames.map((name) => `  ${name.padEnd(width)}  ${suites[name].description}\n`).join('')
  return new Command('bench')
    .summary('measure speed and memory, beside something to compare with')
    .description(
      'Measures in rounds, in which what is compared takes turns: machines and their moods differ, so what counts are ratios within a run.',
    )
    .addArgument(new Argument('[suites...]', 'what to measure (default: all)').choices(suiteNames))
    .addOption(new Option('--quick', 'a minute in all, for a look'))
    .addOption(new Option('--least', 'the least of everything, only to see that it runs').conflicts('quick'))
    .addOption(new Option('--rounds <count>', 'keep so many rounds, however long they take').argParser(countFrom(1)))
    .addOption(new Option('--only <text>', 'what has this text in its name alone'))
    .addOption(new Option('--transport <module>', 'a module that registers a transport of your own, for transports'))
    .addOption(new Option('--address <address>', 'where to measure that, as in mine://127.0.0.1:0'))
    .addOption(new Option('--json <file>', 'write the machine’s description and every sample there'))
    .addHelpText('after', `\nSuites:\n${list}\nExample:\n  $ yardmaster bench transports --quick --json before.json`)
    .action(runBench)
}

async function runBench(names: readonly string[], options: Options): Promise<void> {
  // Only who measures pays for loading what measures.
  const { bench } = await import('../benchmarks/bench.ts')
  const { reportText } = await import('../benchmarks/print-report.ts')
  const chosen = names.length === 0 ? suiteNames : names.filter(isSuiteName)
  const report = await bench({
    suites: chosen,
    size: options.least ? 'least' : options.quick ? 'quick' : 'full',
    rounds: options.rounds,
    only: options.only,
    transport: ownTransport(options),
    onSuite: (name) => process.stderr.write(`measuring ${name} …\n`),
  })
  process.stdout.write(reportText(report))
  if (options.json !== undefined) writeFileSync(options.json, `${JSON.stringify(report, null, 1)}\n`)
}

function ownTransport({ transport, address }: Options): BenchOptions['transport'] {
  if (transport === undefined && address === undefined) return undefined
  if (transport === undefined || address === undefined)
    throw new ConfigurationError('--transport and --address go together: a module, and an address of its scheme')
  return { module: modulePath(transport), address }
}
