import { Argument, Command, Option } from 'commander'
import type { CommandOptions } from '../benchmarks/command.ts'
import { isSuiteName, suiteNames, suites, suitesWithTargets } from '../benchmarks/suites.ts'
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
  readonly read?: string
  readonly json?: string
  readonly plots?: string
  readonly compare?: string
  readonly markdown?: string
  readonly tolerance: number
}

/** No suite, but a table of several. */
const targets = 'targets'

export function benchCommand(): Command {
  const width = Math.max(...suiteNames.map((name) => name.length), targets.length)
  const list = [
    ...suiteNames.map((name) => [name, suites[name].description] as const),
    [targets, 'what is promised beside what is measured, in one table: only what that takes'] as const,
  ]
    .map(([name, description]) => `  ${name.padEnd(width)}  ${description}\n`)
    .join('')
  return new Command('bench')
    .summary('measure speed and memory, beside something to compare with')
    .description(
      'Measures in rounds, in which what is compared takes turns: machines and their moods differ, so what counts are ratios within a run.',
    )
    .addArgument(new Argument('[suites...]', 'what to measure (default: all)').choices([...suiteNames, targets]))
    .addOption(new Option('--quick', 'a short look: few rounds of little each'))
    .addOption(new Option('--least', 'the least of everything, only to see that it runs').conflicts('quick'))
    .addOption(new Option('--rounds <count>', 'keep so many rounds, however long they take').argParser(countFrom(1)))
    .addOption(new Option('--only <text>', 'only tables with this text in the name above them'))
    .addOption(new Option('--transport <module>', 'a module that registers a transport of your own, for transports'))
    .addOption(new Option('--address <address>', 'where to measure that, as in mine://127.0.0.1:0'))
    .addOption(new Option('--read <file>', 'tell of the run that wrote this with --json, instead of measuring'))
    .addOption(new Option('--json <file>', 'write the machine’s description and every sample there'))
    .addOption(new Option('--plots <folder>', 'draw plots as SVG there (needs the package echarts)'))
    .addOption(
      new Option('--compare <file>', 'say what has changed, beyond noise, since the run that wrote this with --json'),
    )
    .addOption(new Option('--markdown <file>', 'write the table of targets there, as Markdown'))
    .addOption(
      new Option('--tolerance <percent>', 'with --compare: smaller changes are noise')
        .default(5)
        .argParser(countFrom(0)),
    )
    .addHelpText(
      'after',
      `\nSuites:\n${list}\nExample:\n  $ yardmaster bench transports --quick --json before.json\n  $ yardmaster bench targets --markdown targets.md`,
    )
    .action(runBench)
}

async function runBench(names: readonly string[], options: Options): Promise<void> {
  // Only who measures pays for loading what measures.
  const { runCommand } = await import('../benchmarks/command.ts')
  const { rounds, only, read, json, plots, compare, markdown, tolerance } = options
  const isForTargets = names.includes(targets)
  const named = names.filter(isSuiteName)
  const all = isForTargets ? suitesWithTargets : suiteNames
  await runCommand({
    suites: named.length === 0 ? all : named,
    isForTargets,
    size: options.least ? 'least' : options.quick ? 'quick' : 'full',
    transport: ownTransport(options),
    ...{ rounds, only, read, json, plots, compare, markdown },
    tolerance: tolerance / 100,
  })
}

function ownTransport({ transport, address }: Options): CommandOptions['transport'] {
  if (transport === undefined && address === undefined) return undefined
  if (transport === undefined || address === undefined)
    throw new ConfigurationError('--transport and --address go together: a module, and an address of its scheme')
  return { module: modulePath(transport), address }
}
