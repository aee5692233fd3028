import { createReadStream } from 'node:fs'
import { availableParallelism } from 'node:os'
import type { Readable } from 'node:stream'
import { Command, Option } from 'commander'
import type { EngineKind, TransportName } from '../cluster/cluster.ts'
import { ConfigurationError } from '../core/errors.ts'
import { Client } from '../views/client.ts'
import { Cluster } from '../views/cluster.ts'
import { exitCode } from './exit-code.ts'
import { type InputFormat, InputItems } from './input-items.ts'
import { onInterrupt } from './interrupts.ts'
import { MapProgress } from './map-progress.ts'
import { MapReport } from './map-report.ts'
import { mapStream } from './map-stream.ts'
import { moduleTask } from './module-argument.ts'
import { nameOption, requireCluster } from './named-cluster.ts'
import { countFrom, options, parseClusterName } from './option-parsers.ts'
import { OutputClosed, ResultWriter } from './result-writer.ts'

interface MapOptions {
  readonly engines?: number
  readonly engineKind?: EngineKind
  readonly transport?: TransportName
  readonly cluster?: string
  readonly file?: string
  readonly input?: InputFormat
  readonly unordered?: true
  readonly chunk?: number
  readonly retries: number
}

export function mapCommand(): Command {
  return new Command('map')
    .description('Call a module’s function with every line of the input, on all engines. Results are JSON, one a line.')
    .argument('<module>', 'MODULE[#export]: a .js, .mjs or .ts file; without #export its default export')
    .addOption(
      new Option('-n, --engines <count>', `how many engines to start (default: ${availableParallelism()})`).argParser(
        countFrom(1),
      ),
    )
    .addOption(options.engineKind())
    .addOption(
      new Option('--transport <name>', 'the link to these engines').choices([
        'memory',
        'threads',
        'zeromq',
        'websocket',
      ]),
    )
    .addOption(
      new Option('--cluster <name>', 'use this running cluster instead of starting engines')
        .argParser(parseClusterName)
        .conflicts(['engines', 'engineKind', 'transport']),
    )
    .option('--file <path>', 'read items from a file instead of standard input')
    .addOption(
      new Option('--input <format>', 'what a line is; without it the first line tells').choices(['json', 'text']),
    )
    .option('--unordered', 'write results as they come, each as {"index":…,"value":…}')
    .option('--chunk <count>', 'items in one task; without it, as many as make some milliseconds of work', countFrom(1))
    .option('--retries <count>', 'further attempts for a task of which an item failed', countFrom(0), 0)
    .addHelpText(
      'after',
      `
It starts engines of its own, and stops them at the end, unless --cluster names one that runs.
A failed item is told on standard error and leaves {"error":…} in its place; the exit code is then 1.

Examples:
  $ yardmaster map ./task.js < items.jsonl > results.jsonl
  $ ls *.txt | yardmaster map ./words.ts#count -n 8 --unordered`,
    )
    .action(runMap)
}

/** What a map runs on, and how to leave it. */
interface Place {
  readonly client: Client
  leave(): Promise<void>
}

async function runMap(argument: string, given: MapOptions): Promise<void> {
  const callable = moduleTask(argument)
  const stream = await openInput(given.file)
  const stop = new AbortController()
  const interrupted = new Promise<'interrupted'>((resolve) => {
    stop.signal.addEventListener('abort', () => resolve('interrupted'))
  })
  const letGo = onInterrupt(
    () => stop.abort(),
    () => process.exit(exitCode.interrupted),
  )
  const progress = new MapProgress()
  const report = new MapReport(new ResultWriter(process.stdout), progress, !given.unordered)
  let place: Place | undefined
  try {
    place = await findPlace(given)
    const { client } = place
    const view = client
      .loadBalancedView()
      .with({ returnExceptions: true, retries: given.retries, signal: stop.signal, label: argument.slice(0, 1_024) })
    if (given.cluster !== undefined && client.ids.length === 0) {
      progress.say(
        `cluster '${given.cluster}' has no engines: waiting for one. To add one: yardmaster engine${nameOption(given.cluster)}`,
      )
    }
    progress.start()
    const work = mapStream({
      items: new InputItems(stream, given.input),
      chunk: given.chunk,
      ordered: !given.unordered,
      engines: () => client.ids.length,
      submit(values) {
        progress.read(values.length)
        return view.with({ chunk: values.length }).map(callable, values)
      },
      // What ends because this ends is no result.
      write: async (outcomes) => {
        if (!stop.signal.aborted) await report.write(outcomes)
      },
    })
    if ((await Promise.race([work, interrupted])) === 'interrupted') process.exitCode = exitCode.interrupted
  } catch (error) {
    // Whoever reads the results has enough: so have we.
    if (!(error instanceof OutputClosed)) throw error
  } finally {
    progress.stop()
    report.end()
    stop.abort()
    stream.destroy()
    await place?.leave()
    letGo()
  }
  if (report.failed > 0) process.exitCode ??= exitCode.workFailed
}

async function findPlace({ cluster: name, engines, engineKind, transport }: MapOptions): Promise<Place> {
  if (name !== undefined) {
    await requireCluster(name)
    const client = await Client.connect({ cluster: name })
    return { client, leave: () => client.close() }
  }
  const isWire = transport === 'zeromq' || transport === 'websocket'
  const kind = engineKind ?? (isWire ? 'process' : 'thread')
  const cluster = await Cluster.start({
    engines: engines ?? availableParallelism(),
    engineKind: kind,
    ...(transport === undefined ? {} : { transport }),
  })
  return { client: await cluster.connect(), leave: () => cluster.stop() }
}

/** @throws ConfigurationError where the file cannot be read */
async function openInput(file: string | undefined): Promise<Readable> {
  if (file === undefined) {
    if (process.stdin.isTTY) process.stderr.write('reading items from the terminal, one a line; Ctrl-D ends\n')
    return process.stdin
  }
  const stream = createReadStream(file)
  await new Promise<void>((resolve, reject) => {
    stream.once('open', () => resolve())
    stream.once('error', (error) =>
      reject(new ConfigurationError(`the input cannot be read: ${error.message}`, { cause: error })),
    )
  })
  return stream
}
