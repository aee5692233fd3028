import { rmSync } from 'node:fs'
import { Command } from 'commander'
import type { LogFields } from '../core/log.ts'
import { openLog, withLog } from './command-log.ts'
import { exitCode } from './exit-code.ts'
import { type HostOptions, hostCluster } from './host-cluster.ts'
import { onInterrupt } from './interrupts.ts'
import { withLauncher } from './launcher-options.ts'
import { withLimits } from './limit-options.ts'
import { nameOption } from './named-cluster.ts'
import { countFrom, options } from './option-parsers.ts'

type ControllerCommandOptions = HostOptions & { readonly quiet?: true }

export function controllerCommand(): Command {
  const command = new Command('controller')
    .summary('run a controller in the foreground; engines join it')
    .description(
      'Runs a controller in the foreground, until Ctrl-C, which lets it finish the tasks that it has. A second Ctrl-C ends it at once.',
    )
    .addOption(options.name())
    .option('-n, --engines <count>', 'how many engines to start with it', countFrom(0), 0)
    .addOption(options.engineKind())
    .addOption(options.listen())
    .addOption(options.transport().conflicts('listen'))
    .addOption(options.strategy())
    .addOption(options.hwm())
    .addOption(options.concurrency())
    .addOption(options.store())
    .addOption(options.record())
    .addOption(options.metrics())
    .addOption(options.tracing())
    .addOption(options.dashboard())
    .addOption(options.dashboardHost())
    .addOption(options.origin())
    .addOption(options.insecure())
    .option('--quiet', 'print nothing about what joins and leaves')
    .addHelpText(
      'after',
      `
Clients and engines need its key: $YARDMASTER_KEY if that is set, otherwise a new one. The connection file, which only
you can read, holds the addresses and the key.

Example, with engines on another machine:
  here   $ yardmaster controller --listen ws://192.168.1.16:10101
  there  $ yardmaster engine --file default.json -n 8              (a copy of the connection file, mode 600)`,
    )
    .action(runController)
  return withLimits(withLauncher(withLog(command)))
}

async function runController({ quiet, ...host }: ControllerCommandOptions): Promise<void> {
  const log = await openLog(quiet ? { ...host, logLevel: 'silent' } : host, process.stderr, { cluster: host.name })
  const say = (text: string, fields?: LogFields) => log('info', text, fields)
  const { cluster, connectionFile, drain, stop, ended } = await hostCluster(host, log)
  const letGo = onInterrupt(
    () => {
      say('stopping when the tasks that are here have ended; Ctrl-C again: at once')
      drain().catch(() => stop())
    },
    () => {
      process.exitCode = exitCode.interrupted
      // If stopping in order takes long, it may not be the last word.
      setTimeout(() => {
        rmSync(connectionFile, { force: true })
        process.exit()
      }, 2_000).unref()
      void stop()
    },
  )
  const addresses = cluster.addresses.join(', ')
  say(`controller '${cluster.name}' listens at ${addresses}`, { addresses })
  say(`connection file: ${connectionFile}`, { connectionFile })
  const { metricsUrl, dashboardUrl } = cluster
  if (metricsUrl) say(`metrics: ${metricsUrl}`, { metricsUrl })
  // It lets one in: it is for who started this, and no line of the log.
  if (dashboardUrl) process.stderr.write(`dashboard: ${dashboardUrl}\n`)
  say(`more engines: yardmaster engine${nameOption(cluster.name)}`)
  await ended.finally(letGo)
}
