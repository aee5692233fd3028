import { Command, Option } from 'commander'
import { connectionFilePath, readConnectionFile } from '../cluster/connection-file.ts'
import { type Engine, startEngine } from '../cluster/engine.ts'
import { threadExecutor } from '../cluster/executors/thread.ts'
import { ConfigurationError } from '../core/errors.ts'
import { exitCode } from './exit-code.ts'
import { onInterrupt } from './interrupts.ts'
import { keyFromText, takeKeyFromEnvironment } from './key.ts'
import { requireCluster } from './named-cluster.ts'
import { countFrom, options, parseClusterName } from './option-parsers.ts'

interface EngineCommandOptions {
  readonly name?: string
  readonly file?: string
  readonly address?: string
  readonly engines: number
  readonly concurrency: number
  readonly quiet?: true
}

/** Where a controller is, and the key that it asks for. */
interface Place {
  readonly address: string
  readonly key: Uint8Array
  readonly keySource: string
}

export function engineCommand(): Command {
  return new Command('engine')
    .summary('add engines to a cluster, from this machine or another')
    .description(
      'Runs engines in the foreground, until Ctrl-C or until their controller stops. Each runs tasks in a thread of its own.',
    )
    .addOption(
      new Option('--name <name>', 'join this cluster of this machine (default: "default")')
        .argParser(parseClusterName)
        .conflicts(['file', 'address']),
    )
    .option('--file <path>', 'join the cluster of this connection file, copied from the machine of its controller')
    .option(
      '--address <address>',
      'join the controller at this address, as it stands in the connection file (encrypted: wss:, tcps:); the key comes from --file or $YARDMASTER_KEY',
    )
    .option('-n, --engines <count>', 'how many engines', countFrom(1), 1)
    .addOption(options.concurrency())
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
}

async function runEngines(given: EngineCommandOptions): Promise<void> {
  const say = (text: string) => given.quiet || process.stderr.write(`${text}\n`)
  const place = await findController(given)
  const engines: Engine[] = []
  const stopAll = () => Promise.all(engines.map((engine) => engine.stop()))
  try {
    await Promise.all(
      Array.from({ length: given.engines }, async (_, index) => {
        const info = { name: `engine-${process.pid}-${index}`, kind: 'process' }
        engines.push(await startEngine({ ...place, executors: threadExecutor, concurrency: given.concurrency, info }))
      }),
    )
  } catch (error) {
    await stopAll()
    throw error
  }
  const letGo = onInterrupt(
    () => void stopAll(),
    () => process.exit(exitCode.interrupted),
  )
  say(`joined ${place.address} as engine ${engines.map((engine) => engine.id).join(', ')}; Ctrl-C leaves`)
  const ends = await Promise.all(engines.map((engine) => engine.stopped))
  letGo()
  const error = ends.find((end) => end !== undefined)
  if (error) throw error
}

async function findController({ name, file, address }: EngineCommandOptions): Promise<Place> {
  const environmentKey = takeKeyFromEnvironment()
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
