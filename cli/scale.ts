import { Command } from 'commander'
import { Client } from '../views/client.ts'
import { requireCluster } from './named-cluster.ts'
import { countFrom, options } from './option-parsers.ts'

interface ScaleOptions {
  readonly name: string
  readonly ssh?: string
}

export function scaleCommand(): Command {
  return new Command('scale')
    .summary('change the number of engines of a cluster')
    .description(
      'Brings the engines that a cluster has started to this number. Those that are too many take no more tasks, finish what runs, and leave. Returns when that is done.',
    )
    .argument('<count>', 'how many engines there shall be', countFrom(0))
    .addOption(options.name())
    .addOption(options.ssh())
    .addHelpText(
      'after',
      `
Example:
  $ yardmaster start -n 4
  $ yardmaster scale 8`,
    )
    .action(runScale)
}

async function runScale(count: number, { name, ssh }: ScaleOptions): Promise<void> {
  if (ssh === undefined) await requireCluster(name)
  const place = { cluster: name, ...(ssh === undefined ? {} : { ssh }) }
  await using client = await Client.connect(place, { reconnectMs: 0 })
  await client.scale(count)
  const { engines } = await client.queueStatus()
  process.stdout.write(`cluster '${name}' has ${engines.length} ${engines.length === 1 ? 'engine' : 'engines'}\n`)
}
