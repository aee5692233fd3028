import { type ChildProcess, fork } from 'node:child_process'
import { mkdir, open, rename, rm } from 'node:fs/promises'
import { dirname } from 'node:path'
import { fileURLToPath } from 'node:url'
import { Command } from 'commander'
import { errorFromFault, YardmasterError } from '../core/errors.ts'
import type { FromBackground } from './background-main.ts'
import { exitCode } from './exit-code.ts'
import type { HostOptions } from './host-cluster.ts'
import { onInterrupt } from './interrupts.ts'
import { logFilePath, nameOption, requireFreeName } from './named-cluster.ts'
import { options } from './option-parsers.ts'

type StartOptions = HostOptions & { readonly json?: true }
type Ready = Extract<FromBackground, { type: 'ready' }>

export function startCommand(): Command {
  return new Command('start')
    .summary('start a cluster in the background')
    .description('Starts a cluster, a controller and engines, in the background. Returns when all are ready.')
    .addOption(options.name())
    .addOption(options.engines(0))
    .addOption(options.engineKind())
    .addOption(options.transport())
    .addOption(options.strategy())
    .addOption(options.hwm())
    .addOption(options.concurrency())
    .addOption(options.json())
    .addHelpText(
      'after',
      `
Programs of yours on this machine can use it until it is stopped: Client.connect(), or yardmaster map --cluster NAME.
More engines can join from anywhere: yardmaster engine --help.

Example:
  $ yardmaster start -n 4
  $ yardmaster map --cluster default ./task.js < items.jsonl
  $ yardmaster stop`,
    )
    .action(runStart)
}

async function runStart({ json, ...host }: StartOptions): Promise<void> {
  await requireFreeName(host.name)
  const logFile = logFilePath(host.name)
  // Another start of this name may be under way: the log gets its name with the cluster.
  const draft = `${logFile}.${process.pid}`
  const child = await launch(host, draft)
  const { connectionFile, addresses, engines } = await readiness(child, host, draft)
  await rename(draft, logFile)
  const pid = child.pid as number
  child.unref()
  if (json) {
    const { name } = host
    process.stdout.write(`${JSON.stringify({ name, pid, engines, addresses, connectionFile, logFile })}\n`)
    return
  }
  const option = nameOption(host.name)
  process.stdout.write(
    `cluster '${host.name}' is ready: ${engines} ${engines === 1 ? 'engine' : 'engines'} at ${addresses[0]} (process ${pid})
  use it:   Client.connect(${host.name === 'default' ? '' : `{ cluster: '${host.name}' }`}), or: yardmaster map --cluster ${host.name} MODULE < items.jsonl
  look:     yardmaster status${option}
  stop it:  yardmaster stop${option}
  log:      ${logFile}
`,
  )
}

async function launch(host: HostOptions, logFile: string): Promise<ChildProcess> {
  await mkdir(dirname(logFile), { recursive: true, mode: 0o700 })
  const log = await open(logFile, 'wx', 0o600)
  try {
    const child = fork(fileURLToPath(new URL('./background-main.js', import.meta.url)), [host.name], {
      detached: true,
      execArgv: [],
      stdio: ['ignore', log.fd, log.fd, 'ipc'],
    })
    child.send(host)
    return child
  } finally {
    await log.close()
  }
}

/** Rejects with the reason why it did not come up; then neither the process nor its log are left. */
async function readiness(child: ChildProcess, host: HostOptions, logFile: string): Promise<Ready> {
  const exited = new Promise<void>((resolve) => child.once('exit', () => resolve()))
  const end = () => child.kill('SIGKILL')
  const letGo = onInterrupt(() => {
    process.exitCode = exitCode.interrupted
    end()
  }, end)
  try {
    return await new Promise<Ready>((resolve, reject) => {
      child.once('message', (message) => {
        const heard = message as FromBackground
        if (heard.type === 'ready') resolve(heard)
        else reject(errorFromFault(heard.fault))
      })
      child.once('error', reject)
      void exited.then(() =>
        reject(
          new YardmasterError('YM_ENGINE_START', `the process of cluster '${host.name}' ended before it was ready`),
        ),
      )
    })
  } catch (error) {
    await exited
    await rm(logFile, { force: true })
    throw error
  } finally {
    letGo()
  }
}
