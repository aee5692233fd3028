import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import { closeSync, existsSync, openSync } from 'node:fs'
import { mkdir, rename, rm } from 'node:fs/promises'
import { dirname } from 'node:path'
import { fileURLToPath } from 'node:url'
import { Command } from 'commander'
import { connectionFilePath } from '../cluster/connection-file.ts'
import { errorFromFault, YardmasterError } from '../core/errors.ts'
import type { FromBackground } from './background-main.ts'
import { withLog } from './command-log.ts'
import { exitCode } from './exit-code.ts'
import type { HostOptions } from './host-cluster.ts'
import { onInterrupt } from './interrupts.ts'
import { takeKeyFromEnvironment } from './key.ts'
import { printPreview } from './launch-preview.ts'
import { withLauncher } from './launcher-options.ts'
import { withLimits } from './limit-options.ts'
import { logFilePath, nameOption, requireFreeName } from './named-cluster.ts'
import { options } from './option-parsers.ts'

type StartOptions = HostOptions & { readonly json?: true; readonly dryRun?: true }
type Ready = Extract<FromBackground, { type: 'ready' }>

export function startCommand(): Command {
  const command = new Command('start')
    .summary('start a cluster in the background')
    .description(
      'Starts a cluster, a controller and engines, in the background. Returns when all are ready; where they wait in a queue, when that has them.',
    )
    .addOption(options.name())
    .addOption(options.engines(0))
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
    .option('--dry-run', 'start nothing, and print what the launcher would give its system: a job’s script, manifests')
    .addOption(options.json())
    .addHelpText(
      'after',
      `
Programs of yours on this machine can use it until it is stopped: Client.connect(), or yardmaster map --cluster NAME.
More engines can join from anywhere: yardmaster engine --help.
The log of a cluster that was killed is kept as NAME.log.old when the next one of its name has started.

Example:
  $ yardmaster start -n 4
  $ yardmaster start --launcher ssh --hosts me@one me@two --adapt 0:16
  $ yardmaster start --launcher slurm -n 64 --launcher-option partition=main
  $ yardmaster map --cluster default ./task.js < items.jsonl
  $ yardmaster stop`,
    )
    .action(runStart)
  return withLimits(withLauncher(withLog(command)))
}

async function runStart({ json, dryRun, ...given }: StartOptions, command: Command): Promise<void> {
  // With a range, it says how many to begin with.
  const isCounted = given.adapt === undefined || command.getOptionValueSource('engines') !== 'default'
  const host = isCounted ? given : { ...given, engines: given.adapt?.min ?? 0 }
  if (dryRun) return printPreview(host)
  await requireFreeName(host.name)
  const logFile = logFilePath(host.name)
  // Another start of this name may be under way: the log gets its name with the cluster.
  const draft = `${logFile}.${process.pid}`
  // Whoever ends in order takes this file along.
  const hasDied = existsSync(connectionFilePath(host.name))
  const started = await launch(host, draft)
  if (!started) return
  // It may be what tells how that came about.
  if (hasDied && existsSync(logFile)) await rename(logFile, `${logFile}.old`)
  await rename(draft, logFile)
  const { child, ready } = started
  const { connectionFile, addresses, engines, metricsUrl, dashboardUrl } = ready
  const pid = child.pid as number
  child.unref()
  if (json) {
    const { name } = host
    const started = { name, pid, engines, addresses, connectionFile, logFile, metricsUrl, dashboardUrl }
    process.stdout.write(`${JSON.stringify(started)}\n`)
    return
  }
  const option = nameOption(host.name)
  process.stdout.write(
    `cluster '${host.name}' is ready: ${counted(engines, host.engines)} at ${addresses[0]} (process ${pid})
  use it:   Client.connect(${host.name === 'default' ? '' : `{ cluster: '${host.name}' }`}), or: yardmaster map --cluster ${host.name} MODULE < items.jsonl
  look:     yardmaster status${option}
  stop it:  yardmaster stop${option}
  log:      ${logFile}
${dashboardUrl === undefined ? '' : `  watch:    ${dashboardUrl}\n`}${metricsUrl === undefined ? '' : `  metrics:  ${metricsUrl}\n`}`,
  )
}

function counted(ready: number, asked: number): string {
  const engines = `${asked} ${asked === 1 ? 'engine' : 'engines'}`
  return ready === asked ? engines : `${ready} of ${engines}, the others to come,`
}

/**
 * Its process, and what that says when it is ready; undefined when it was interrupted. Rejects with the reason why it did not come up.
 * Unless it is ready no process is left, and its log only where nothing else tells the reason.
 */
async function launch(host: HostOptions, logFile: string): Promise<{ child: ChildProcess; ready: Ready } | undefined> {
  let child: ChildProcess | undefined
  let isInterrupted = false
  // From before there is a process: one whose parent a signal ended would stay.
  const letGo = onInterrupt(
    () => {
      isInterrupted = true
      child?.kill('SIGTERM')
    },
    () => child?.kill('SIGKILL'),
  )
  try {
    child = await spawnHost(host, logFile)
    const heard = firstMessage(child)
    if (isInterrupted) child.kill('SIGTERM')
    const answer = await Promise.race([heard, exit(child)])
    if (answer?.type === 'ready' && !isInterrupted) return { child, ready: answer }
    await exit(child)
    if (answer === undefined && !isInterrupted) {
      throw new YardmasterError(
        'YM_ENGINE_START',
        `the process of cluster '${host.name}' ended before it was ready. What it said last stands in ${logFile}`,
      )
    }
    await rm(logFile, { force: true })
    if (answer?.type === 'failed') throw errorFromFault(answer.fault)
    process.exitCode = exitCode.interrupted
    return undefined
  } finally {
    letGo()
  }
}

async function spawnHost(host: HostOptions, logFile: string): Promise<ChildProcess> {
  // It goes through the channel: the environment of a process can be read for as long as that lives.
  const key = takeKeyFromEnvironment()
  await mkdir(dirname(logFile), { recursive: true, mode: 0o700 })
  const log = openSync(logFile, 'wx', 0o600)
  try {
    const child = fork(fileURLToPath(new URL('./background-main.js', import.meta.url)), [host.name], {
      detached: true,
      // A controller's garbage is young: what a task leaves behind dies soon. V8's 16 MiB for it cost half of the scheduler's speed.
      execArgv: ['--max-semi-space-size=128'],
      stdio: ['ignore', log, log, 'ipc'],
    })
    // Where it cannot be told, it has ended: that says so by itself, and better.
    child.send({ ...host, key } satisfies HostOptions, () => {})
    return child
  } finally {
    closeSync(log)
  }
}

function firstMessage(child: ChildProcess): Promise<FromBackground> {
  return new Promise((resolve) => child.once('message', (message) => resolve(message as FromBackground)))
}

/** Rejects where it could not be started. */
async function exit(child: ChildProcess): Promise<undefined> {
  if (child.exitCode !== null || child.signalCode !== null) return
  await once(child, 'exit')
}
