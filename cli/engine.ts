import { text } from 'node:stream/consumers'
import { Command, Option } from 'commander'
import { connectionFilePath, parseConnectionFile, readConnectionFile } from '../cluster/connection-file.ts'
import { type Engine, startEngine } from '../cluster/engine.ts'
import { threadExecutor } from '../cluster/executors/thread.ts'
import { terminatedCode } from '../cluster/launchers/terminated-code.ts'
import { ConfigurationError } from '../core/errors.ts'
import { type LogFlags, openLog, withLog } from './command-log.ts'
import { exitCode } from './exit-code.ts'
import { onInterrupt } from './interrupts.ts'
import { keyFromText, takeKeyFromEnvironment } from './key.ts'
import { requireCluster } from './named-cluster.ts'
import { countFrom, options, parseClusterName } from './option-parsers.ts'

interface EngineCommandOptions extends LogFlags {
  readonly name?: string
  readonly file?: string
  readonly address?: string
  readonly engines: number
  readonly concurrency: number
  readonly tracing?: true | string
  readonly quiet?: true
  readonly launch?: string
  readonly job?: string
  readonly host?: string
  readonly kind: string
  readonly engineName?: string
  readonly reconnect: number
}

/** Where a controller is, and the key that it asks for. */
interface Place {
  readonly address: string
  readonly key: Uint8Array
  readonly keySource: string
}

export function engineCommand(): Command {
  const command = new Command('engine')
    .summary('add engines to a cluster, from this machine or another')
    .description(
      'Runs engines in the foreground, until Ctrl-C or until their controller stops. Each runs tasks in a thread of its own.',
    )
    .addOption(
      new Option('--name <name>', 'join this cluster of this machine (default: "default")')
        .argParser(parseClusterName)
        .conflicts(['file', 'address']),
    )
    .option(
      '--file <path>',
      'join the cluster of this connection file, copied from the machine of its controller; - reads it from stdin',
    )
    .option(
      '--address <address>',
      'join the controller at this address, as it stands in the connection file (encrypted: wss:, tcps:); the key comes from --file or $YARDMASTER_KEY',
    )
    .option('-n, --engines <count>', 'how many engines', countFrom(1), 1)
    .addOption(options.concurrency())
    .option('--reconnect <milliseconds>', 'how long to seek a lost controller before it leaves', countFrom(0), 30_000)
    .addOption(options.tracing())
    .option('--quiet', 'print nothing')
    .addHelpText(
      'after',
      `
Examples:
  $ yardmaster engine -n 2
  $ yardmaster engine --file default.json -n 8
  $ YARDMASTER_KEY=… yardmaster engine --address wss://192.168.1.16:10101`,
    )
    .action(runEngines)
  for (const option of forLaunchers()) command.addOption(option.helpGroup('For launchers:'))
  return withLog(command)
}

/** What is shown of it where engines are shown, and by what its launcher knows it. */
function forLaunchers(): Option[] {
  return [
    new Option('--kind <word>', 'of which kind it is').default('process'),
    new Option('--engine-name <name>', 'its name'),
    new Option('--host <name>', 'what its machine is called (default: its host name)'),
    new Option('--job <text>', 'what the system that runs it calls it: a job, a pod'),
    new Option('--launch <text>', 'which start of a launcher this is; for one engine'),
  ]
}

async function runEngines(given: EngineCommandOptions): Promise<void> {
  const { launch, job, host, kind, engineName } = given
  if (launch !== undefined && given.engines !== 1) {
    throw new ConfigurationError(`--launch is for one engine, and -n is ${given.engines}`)
  }
  const log = await openLog(given.quiet ? { ...given, logLevel: 'silent' } : given, process.stderr)
  const place = await findController(given)
  const { concurrency, tracing = false } = given
  const engines: Engine[] = []
  const stopAll = () => Promise.all(engines.map((engine) => engine.stop()))
  try {
    await Promise.all(
      Array.from({ length: given.engines }, async (_, index) => {
        const name = engineName === undefined ? `engine-${process.pid}` : engineName
        const info = {
          name: engineName !== undefined && given.engines === 1 ? name : `${name}-${index}`,
          kind,
          ...(host === undefined ? {} : { host }),
          ...(job === undefined ? {} : { job }),
          ...(launch === undefined ? {} : { launch }),
        }
        const { reconnect } = given
        engines.push(
          await startEngine({
            ...place,
            executors: threadExecutor,
            concurrency,
            reconnectMs: reconnect,
            tracing,
            info,
          }),
        )
      }),
    )
  } catch (error) {
    await stopAll()
    throw error
  }
  // It leaves in order, but its launcher did not ask for it.
  if (launch !== undefined) {
    process.on('SIGTERM', () => {
      process.exitCode = terminatedCode
    })
  }
  const letGo = onInterrupt(
    () => void stopAll(),
    () => process.exit(exitCode.interrupted),
  )
  const ids = engines.map((engine) => engine.id).join(', ')
  log('info', `joined ${place.address} as engine ${ids}; Ctrl-C leaves`, { address: place.address, engines: ids })
  const ends = await Promise.all(engines.map((engine) => engine.stopped))
  letGo()
  const error = ends.find((end) => end !== undefined)
  if (error) throw error
}

async function findController({ name, file, address }: EngineCommandOptions): Promise<Place> {
  const environmentKey = takeKeyFromEnvironment()
  if (file === '-') {
    const found = parseConnectionFile(await text(process.stdin), 'stdin')
    return { address: address ?? (found.addresses[0] as string), key: keyFromText(found.key), keySource: 'stdin' }
  }
  if (address === undefined) {
    const path = file ?? connectionFilePath(name)
    const found = file === undefined ? await requireCluster(name ?? 'default') : await readConnectionFile(file)
    return { address: found.addresses[0] as string, key: keyFromText(found.key), keySource: path }
  }
  if (file !== undefined) return { address, key: keyFromText((await readConnectionFile(file)).key), keySource: file }
  if (environmentKey) return { address, key: keyFromText(environmentKey), keySource: '$YARDMASTER_KEY' }
  throw new ConfigurationError(
    'the key of the cluster is needed: set $YARDMASTER_KEY, or name a copy of its connection file with --file',
  )
}
