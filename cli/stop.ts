import { Command } from 'commander'
import { type ConnectionFile, connectionFilePath } from '../cluster/connection-file.ts'
import { isYardmaster, waitForEnd } from '../cluster/process-alive.ts'
import { ConfigurationError, ConnectionLostError, TimeoutError, UnreachableError } from '../core/errors.ts'
import { Client } from '../views/client.ts'
import { nameOption, removeRemains, requireCluster } from './named-cluster.ts'
import { countFrom, options } from './option-parsers.ts'
import { endRemains } from './remains.ts'

interface StopOptions {
  readonly name: string
  readonly ssh?: string
  readonly now?: true
  readonly timeout: number
}

export function stopCommand(): Command {
  return new Command('stop')
    .summary('stop a cluster')
    .description('Stops a cluster: it takes no more tasks, finishes those it has, and ends. Returns when it is gone.')
    .addOption(options.name())
    .addOption(options.ssh().conflicts('now'))
    .option('--now', 'drop the tasks that it has: end its process at once')
    .option('--timeout <milliseconds>', 'how long to wait for it; it goes on ending after that', countFrom(1), 30_000)
    .addHelpText(
      'after',
      `
Example:
  $ yardmaster stop
  $ yardmaster stop --name nightly --now`,
    )
    .action(runStop)
}

async function runStop({ name, ssh, now, timeout }: StopOptions): Promise<void> {
  if (ssh !== undefined) return stopThere(ssh, name, timeout)
  const file = await requireCluster(name).catch(async (error: unknown) => {
    const ended = await endRemains(name)
    if (ended.length === 0) throw error
    process.stdout.write(`cluster '${name}' had died; ended what it left: ${ended.join(', ')}\n`)
  })
  if (!file) return
  const ended = waitForEnd(file.pid, timeout)
  if (now) await kill(file)
  // It answers when its tasks have ended, which may be later than anyone wants to wait.
  else await Promise.race([shutDown(file), ended])
  if (!(await ended)) {
    throw new TimeoutError(
      `cluster '${name}' (process ${file.pid}) has not ended within ${timeout} ms. It takes no more tasks and goes on with those it has; to end it anyway: yardmaster stop${nameOption(name)} --now`,
    )
  }
  // A process that was killed could not do it itself.
  await removeRemains(file)
  await endRemains(name)
  process.stdout.write(`cluster '${name}' has stopped\n`)
}

async function stopThere(ssh: string, name: string, timeout: number): Promise<void> {
  await using client = await Client.connect({ ssh, cluster: name }, { reconnectMs: 0 })
  const hasStopped = client.shutdown().then(() => true)
  const isLate = new Promise<false>((resolve) => setTimeout(resolve, timeout, false).unref())
  if (!(await Promise.race([hasStopped, isLate]))) {
    throw new TimeoutError(
      `cluster '${name}' on ${ssh} has not ended within ${timeout} ms. It takes no more tasks and goes on with those it has`,
    )
  }
  process.stdout.write(`cluster '${name}' on ${ssh} has stopped\n`)
}

async function shutDown({ cluster, pid }: ConnectionFile): Promise<void> {
  try {
    const client = await Client.connect({ cluster }, { reconnectMs: 0 })
    await client.shutdown()
  } catch (error) {
    // It can be gone before it answered.
    if (error instanceof ConnectionLostError) return
    if (!(error instanceof UnreachableError)) throw error
    throw new UnreachableError(
      `cluster '${cluster}' (process ${pid}) does not answer: ${error.message}. To end it anyway: yardmaster stop${nameOption(cluster)} --now`,
      { cause: error },
    )
  }
}

async function kill({ cluster, pid }: ConnectionFile): Promise<void> {
  if (!(await isYardmaster(pid))) {
    const path = connectionFilePath(cluster)
    throw new ConfigurationError(
      `process ${pid} is not Yardmaster’s, so that cluster '${cluster}' must have ended without a word: remove ${path}`,
    )
  }
  // Its engines end with it: their channel to it closes.
  process.kill(pid, 'SIGKILL')
}
