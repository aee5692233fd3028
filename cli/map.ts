import { createReadStream } from 'node:fs'
import type { Readable } from 'node:stream'
import { Command, Option } from 'commander'
import type { EngineKind, TransportName } from '../cluster/launchers/local.ts'
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
  readonly engines: number
  readonly engineKind?: EngineKind
  readonly transport?: TransportName
  readonly cluster?: string
  readonly ssh?: string
  readonly file?: string
  readonly input?: InputFormat
  readonly unordered?: true
  readonly chunk?: number
  readonly retries: number
}

export function mapCommand(): Command {
  return new Command('map')
    .summary('call a function with each line of the input, in parallel')
    .description(
      'Calls a function with each line of the input, on many engines, and writes each result as a line of JSON.',
    )
    .argument('<module>', 'file of the function, .js, .mjs or .ts; FILE#NAME for an export that is not the default one')
    .addOption(options.engines(1))
    .addOption(
      new Option(
        '--engine-kind <kind>',
        'what each engine is; without it, a thread unless the transport is for processes',
      ).choices(['thread', 'process']),
    )
    .addOption(
      new Option(
        '--transport <name>',
        'what links the engines to the controller; without it, memory or, to processes, websocket',
      ).choices(['memory', 'threads', 'websocket', 'zeromq']),
    )
    .addOption(
      new Option('--cluster <name>', 'use this running cluster instead of starting engines')
        .argParser(parseClusterName)
        .conflicts(['engines', 'engineKind', 'transport']),
    )
    .addOption(options.ssh().conflicts(['engines', 'engineKind', 'transport']))
    .option('--file <path>', 'read items from a file instead of standard input')
    .addOption(
      new Option('--input <format>', 'what a line is; without it, json if the first line is').choices(['json', 'text']),
    )
    .option('--unordered', 'write results as they come, each as {"index":…,"value":…}; the first item has index 0')
    .option(
      '--chunk <count>',
      'how many items make one task; without it, as many as take some milliseconds',
      countFrom(1),
    )
    .option('--retries <count>', 'how often a task is tried again when an item of it fails', countFrom(0), 0)
    .addHelpText(
      'after',
      `
The engines are started for this and stopped at the end, unless --cluster names a cluster that runs. With --ssh it runs
on another machine ('default' without --cluster), and so does the module: it has to be there, at the same path.
An item that fails leaves {"error":…} in its place; standard error tells its line, and the exit code is 1.
A .ts file needs tsx beside it (npm install tsx), or a Node that loads TypeScript by itself.

Examples:
  $ cat square.js
  export default (x) => x * x
  $ seq 1000 | yardmaster map ./square.js
  $ ls *.txt | yardmaster map ./words.ts#count -n 8 --unordered > counts.jsonl`,
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
    const name = given.cluster ?? (given.ssh === undefined ? undefined : 'default')
    if (name !== undefined && client.ids.length === 0) {
      const there = given.ssh === undefined ? '' : ' there'
      progress.say(
        `cluster '${name}' has no engines: waiting for one. To add one${there}: yardmaster engine${nameOption(name)}`,
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

async function findPlace({ cluster: name, ssh, engines, engineKind, transport }: MapOptions): Promise<Place> {
  if (ssh !== undefined) {
    const client = await Client.connect({ ssh, cluster: name ?? 'default' })
    return { client, leave: () => client.close() }
  }
  if (name !== undefined) {
    await requireCluster(name)
    const client = await Client.connect({ cluster: name })
    return { client, leave: () => client.close() }
  }
  const isWire = transport === 'zeromq' || transport === 'websocket'
  const kind = engineKind ?? (isWire ? 'process' : 'thread')
  const cluster = await Cluster.start({
    engines,
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
