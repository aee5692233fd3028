import { availableParallelism } from 'node:os'
import { Command, InvalidArgumentError, Option } from 'commander'
import { ConfigurationError } from '../core/errors.ts'
import { measures } from '../sim/lab/compare/measures.ts'
import type { WarmUp } from '../sim/lab/compare/run-result.ts'
import { distributionForms } from '../sim/lab/generate/spec-parameters.ts'
import { workloadForms } from '../sim/lab/generate/workload-generators.ts'
import type { InformationMode } from '../sim/lab/information.ts'
import { countFrom, options as shared } from './option-parsers.ts'
import { type FaultOptions, simulateFaults } from './simulate-faults.ts'
import { simulateWorkloads } from './simulate-workloads.ts'

interface SimulateOptions extends FaultOptions {
  readonly workload?: readonly string[]
  readonly strategies?: readonly string[]
  readonly engines?: readonly string[]
  readonly network: readonly string[]
  readonly loads?: readonly number[]
  readonly repeat: number
  readonly hwm: number | 'cores'
  readonly information?: InformationMode
  readonly decisionDelay: number
  readonly decisionInterval: number
  readonly warmUp?: WarmUp
  readonly measures?: readonly string[]
  readonly out: string
  readonly report: boolean
  readonly dashboard?: true | string
  readonly faults?: true
}

export function simulateCommand(): Command {
  const threads = availableParallelism()
  return new Command('simulate')
    .summary('compare strategies on workloads, or try a cluster while everything goes wrong, in virtual time')
    .description(
      'With --workload: compares scheduling strategies. Each runs every workload, again and again, on engines that are simulated; in a repetition all of them meet the same tasks. Writes report.html, results.json and results.csv. What was interrupted goes on where it was, by the same command.\n\nWith --faults: runs controller, engines and clients as they are over a simulated network, disk and clock, in which processes are killed and stopped, links are cut, blocked and slow, clocks jump and writes fail: all drawn from a seed. Then everything is healed, and every task must end as it may. A seed gives the same run each time.',
    )
    .optionsGroup('Comparing strategies:')
    .addOption(
      new Option(
        '--workload <workload...>',
        'files, or what to draw, as in batch:tasks=100,durations=exponential:50; NAME=… gives one a name',
      ),
    )
    .addOption(
      new Option('--strategies <list>', 'names, or files that export one: leastload,powerOf2,./mine.ts').argParser(
        list,
      ),
    )
    .addOption(
      new Option(
        '--engines <list>',
        'COUNT, COUNTxCORES, COUNTxCORES@SPEED or COUNTxCORES@SPEED:MEMORY, joined by + where they differ; several clusters by commas (default: 8)',
      ).argParser(list),
    )
    .addOption(
      new Option(
        '--network <list>',
        'instant, simple:BANDWIDTH or maxmin:BANDWIDTH, as in maxmin:32MiB; several by commas',
      )
        .argParser(list)
        .default(['instant'], 'instant'),
    )
    .addOption(
      new Option(
        '--loads <list>',
        'stretch the times of arrival, so that so much of what the engines can do arrives: 0.5,0.7,0.9',
      ).argParser(loads),
    )
    .addOption(new Option('--repeat <count>', 'how often').default(20).argParser(countFrom(1)))
    .addOption(
      new Option('--information <mode>', 'what strategies that ask for it may know of durations').choices([
        'exact',
        'user',
        'mean',
        'blind',
      ]),
    )
    .addOption(
      new Option('--hwm <count>', "how many tasks may be at an engine: a number, 0 for no limit, or 'cores'")
        .default('cores')
        .argParser(highWaterMark),
    )
    .addOption(new Option('--decision-delay <ms>', 'how long a decision takes').default(0).argParser(milliseconds))
    .addOption(
      new Option('--decision-interval <ms>', 'the least time between decisions').default(0).argParser(milliseconds),
    )
    .addOption(
      new Option(
        '--warm-up <rule>',
        'what to leave out at the beginning: mser (MSER-5), or a share of the tasks (default: mser for arrivals that are drawn, else 0)',
      ).argParser(warmUp),
    )
    .addOption(
      new Option(
        '--measures <list>',
        `what to compare by: ${measures.map(({ name }) => name).join(', ')} (default: response of what arrives over time, makespan of the rest)`,
      ).argParser(list),
    )
    .addOption(new Option('--out <folder>', 'where to write').default('simulation'))
    .addOption(shared.dashboard())
    .addOption(new Option('--no-report', 'write no report.html (which needs the package echarts)'))
    .optionsGroup('Faults:')
    .addOption(new Option('--faults', 'let things go wrong').conflicts(['workload', 'strategies']))
    .addOption(new Option('--seeds <count>', 'simulate so many seeds').argParser(countFrom(1)))
    .addOption(new Option('--from <number>', 'the first of several seeds').default(1).argParser(countFrom(0)))
    .addOption(new Option('--story', 'print what happened, of a seed in which nothing was found, too'))
    .addOption(new Option('--messages', 'let the story tell of every message'))
    .addOption(new Option('--json', 'print one line of JSON for each seed, for programs'))
    .optionsGroup('Both:')
    .addOption(
      new Option('--seed <number>', 'that all is drawn from (default: 1)').argParser(countFrom(0)).conflicts('seeds'),
    )
    .addOption(
      new Option('-n, --threads <count>', 'on how many threads to simulate')
        .default(threads, `one for each CPU: ${threads}`)
        .argParser(countFrom(1)),
    )
    .addHelpText(
      'after',
      `
What to draw, durations in milliseconds:
${workloadForms.map((form) => `  ${form}\n`).join('')}  DISTRIBUTION: ${distributionForms.join(', ')}

Examples:
  $ yardmaster simulate --workload graph.json --strategies leastload,lru --engines 8x4 --network maxmin:32MiB
  $ yardmaster simulate --workload web=poisson:perSecond=80,tasks=50000,durations=exponential:100 \\
      --strategies plainrandom,powerOf2,./mine.ts --engines 10 --hwm 0 --loads 0.5,0.7,0.9 --out web
  $ yardmaster simulate --faults --seeds 1000
  $ yardmaster simulate --faults --seed 38 --story --messages`,
    )
    .action(runSimulate)
}

async function runSimulate(options: SimulateOptions): Promise<void> {
  const { faults, engines, threads, workload, strategies, seed = 1, network, out, dashboard } = options
  if (faults) return simulateFaults({ ...options, threads: engines === undefined ? threads : threadsFrom(engines) })
  if (workload === undefined) {
    throw new ConfigurationError(
      'say what to simulate: yardmaster simulate --workload, or yardmaster simulate --faults',
    )
  }
  if (strategies === undefined) {
    throw new ConfigurationError('say what to compare: --strategies leastload,powerOf2,./mine.ts')
  }
  const { loads, measures, information, warmUp, repeat, hwm, decisionDelay, decisionInterval } = options
  await simulateWorkloads(
    {
      workloads: workload,
      strategies,
      engines: engines ?? ['8'],
      networks: network,
      repeat,
      ...(loads ? { loads } : {}),
      ...(measures ? { measures } : {}),
      settings: {
        seed,
        hwm,
        decisionDelayMs: decisionDelay,
        decisionIntervalMs: decisionInterval,
        ...(information === undefined ? {} : { information }),
        ...(warmUp === undefined ? {} : { warmUp }),
      },
    },
    { out, threads, hasReport: options.report, ...(dashboard === undefined ? {} : { dashboard }) },
  )
}

/** `--engines` is what `--threads` is, where no engines are simulated that one could count. */
function threadsFrom(engines: readonly string[]): number {
  const [count] = engines
  if (engines.length === 1 && /^[1-9]\d*$/.test(count ?? '')) return Number(count)
  throw new ConfigurationError(
    'with --faults the engines are drawn: say with --threads how many seeds to run at a time',
  )
}

function list(text: string): readonly string[] {
  const parts = text.split(',').map((part) => part.trim())
  if (parts.includes('')) throw new InvalidArgumentError('It must be a list with commas.')
  return parts
}

function loads(text: string): readonly number[] {
  return list(text).map((part) => {
    const load = Number(part)
    if (!(load > 0 && load < Number.POSITIVE_INFINITY)) throw new InvalidArgumentError('Loads must be numbers above 0.')
    return load
  })
}

function milliseconds(text: string): number {
  const ms = Number(text)
  if (text.trim() !== '' && ms >= 0 && ms < Number.POSITIVE_INFINITY) return ms
  throw new InvalidArgumentError('It must be a number of milliseconds, 0 or more.')
}

function highWaterMark(text: string): number | 'cores' {
  if (text === 'cores') return text
  if (/^\d+$/.test(text)) return Number(text)
  throw new InvalidArgumentError("It must be 'cores' or a whole number, 0 for no limit.")
}

function warmUp(text: string): WarmUp {
  const share = Number(text)
  if (text === 'mser') return text
  if (text.trim() !== '' && share >= 0 && share < 1) return share
  throw new InvalidArgumentError("It must be 'mser' or a number from 0 to below 1.")
}
