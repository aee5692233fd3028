import { Command } from 'commander'
import type { ConnectionFile } from '../cluster/connection-file.ts'
import type { EngineInfo, QueueStatus } from '../core/messages.ts'
import { Client } from '../views/client.ts'
import { nameOption, requireCluster } from './named-cluster.ts'
import { options } from './option-parsers.ts'
import { textTable } from './text-table.ts'

interface StatusOptions {
  readonly name: string
  readonly ssh?: string
  readonly json?: true
}

export function statusCommand(): Command {
  return new Command('status')
    .summary('show the engines and tasks of a cluster')
    .description('Shows the engines of a cluster, and how many of its tasks are in which state.')
    .addOption(options.name())
    .addOption(options.ssh())
    .addOption(options.json())
    .addHelpText(
      'after',
      `
Example:
  $ yardmaster status
  $ yardmaster status --ssh me@example.org
  $ yardmaster status --json | jq .tasks.running`,
    )
    .action(runStatus)
}

async function runStatus({ name, ssh, json }: StatusOptions): Promise<void> {
  const place = ssh === undefined ? await placeHere(name) : { ssh }
  await using client = await Client.connect(
    { cluster: name, ...(ssh === undefined ? {} : { ssh }) },
    { reconnectMs: 0 },
  )
  const { engines: loads, strategy, ...tasks } = await client.queueStatus()
  const engines = withLoads(enginesOf(client), loads)
  if (json) {
    process.stdout.write(`${JSON.stringify({ name, ...place, strategy, tasks, engines })}\n`)
    return
  }
  const where = 'ssh' in place ? `on ${place.ssh}` : `at ${place.addresses.join(', ')} (process ${place.pid})`
  process.stdout.write(`cluster '${name}' ${where}\n`)
  const counts = Object.entries(tasks).map(([status, count]) => `${count} ${status}`)
  process.stdout.write(`tasks: ${counts.join(', ')}; strategy: ${strategy}\n`)
  if ('dashboardUrl' in place) process.stdout.write(`watch: ${place.dashboardUrl}\n`)
  if ('metricsUrl' in place) process.stdout.write(`metrics: ${place.metricsUrl}\n`)
  if (engines.length === 0) {
    process.stdout.write(
      `no engines; to add one${ssh === undefined ? '' : ' there'}: yardmaster engine${nameOption(name)}\n`,
    )
    return
  }
  process.stdout.write(`\n${engineTable(engines)}`)
}

async function placeHere(name: string): Promise<Omit<ConnectionFile, 'version' | 'cluster' | 'key'>> {
  const { version: _, cluster: __, key: ___, ...place } = await requireCluster(name)
  return place
}

function enginesOf(client: Client): readonly EngineInfo[] {
  let engines: readonly EngineInfo[] = []
  // It tells what it knows at once.
  client.engines$
    .subscribe((now) => {
      engines = now
    })
    .unsubscribe()
  return engines
}

type ListedEngine = ReturnType<typeof withLoads>[number]

function engineTable(engines: readonly ListedEngine[]): string {
  const columns: Record<string, (engine: ListedEngine) => string | number> = {
    engine: ({ id }) => id,
    kind: ({ kind }) => kind ?? '',
    process: ({ pid }) => pid ?? '',
    host: ({ host }) => host ?? '',
    ...(engines.some(({ job }) => job !== undefined) ? { job: ({ job }: ListedEngine) => job ?? '' } : {}),
    name: ({ name }) => name,
    tasks: ({ load, direct }) => load + direct,
    completed: ({ completed }) => completed,
  }
  const rows = engines.map((engine) => Object.values(columns).map((cell) => cell(engine)))
  if (!engines.some(({ draining }) => draining)) return textTable(Object.keys(columns), rows)
  // Those that are to leave when nothing needs them.
  const marked = rows.map((row, i) => [...row, engines[i]?.draining ? 'leaving' : ''])
  return textTable([...Object.keys(columns), ''], marked)
}

function withLoads(engines: readonly EngineInfo[], loads: QueueStatus['engines']) {
  const byId = new Map(loads.map((load) => [load.id, load]))
  return engines.map((engine) => {
    const none: QueueStatus['engines'][number] = { id: engine.id, load: 0, direct: 0, completed: 0 }
    return { ...engine, ...(byId.get(engine.id) ?? none) }
  })
}
